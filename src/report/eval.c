#define _GNU_SOURCE
#include "report/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text_form.h"
#include "gppi/gppi.h"
#include "scan/format.h"

#define INDEX_MAX 1e6 /* no scan has more slices: a larger number is a typing error and is rejected */

const int eval_limit[3] = { 1, 3, 5 };

struct entry {
	char *name;   /* as in the table, without what eval_key() leaves out */
	char *key;    /* what it is compared by */
	double index; /* NAN: empty cell */
	size_t line;
	size_t row;
};

/* The name in a cell: without the ' that keeps a spreadsheet from calculating, and without the ending of a scan's
 * file (.nii.gz, .ISQ;1 ...). */
static char *name_in(char *cell)
{
	char *name = cell + (cell[0] == '\'' && cell[1] && strchr("=+-@\t ", cell[1]));
	size_t n = format_name_length(name);

	if (n > 0)
		name[n] = 0;
	return name;
}

/* What all spellings of a name have in common: letters with marks are single characters, and what gppi keeps out of
 * names is replaced as it does. The caller frees it; NULL: out of memory. */
static char *key_of(const char *name)
{
	char *key = text_composed(name);

	for (char *c = key; c && *c; c++)
		if (strchr("/\\:*?\"<>|^", *c))
			*c = '_';
	return key;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->key, y->key);
	return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

static int by_row(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* NAN for an empty cell and for what is no index. A comma is the decimal point of half of Europe, but before three
 * digits in a table of commas it may be there for thousands: that is no index. */
static double parse_index(const char *cell, char separator)
{
	const char *comma = separator == ',' ? strchr(cell, ',') : NULL;
	double value;

	if (comma && strspn(comma + 1, "0123456789") == 3 && !comma[4])
		return NAN;
	return number_parse(cell, &value) && fabs(value) <= INDEX_MAX ? value : NAN;
}

/* What is wrong with a row, or 0. */
static int check_entry(const struct entry *e, const char *path, const char *cell, bool is_truth,
		       struct gppi_error *err)
{
	if (!*e->name)
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu names no bone", path, e->line);
	if (is_truth && !*cell)
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu: the slice index of %.80s is missing",
			       path, e->line, e->name);
	if (*cell && isnan(e->index))
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu: \"%.40s\" is not a slice index",
			       path, e->line, cell);
	return 0;
}

static int fill_entries(const char *path, bool is_truth, const struct csv *csv, struct entry *e,
			struct gppi_error *err)
{
	int name = csv_column(csv, "Image Name"), index = csv_column(csv, "Growth Plate Index");

	if (name < 0 || index < 0) {
		err_set(err, GPPI_E_FORMAT, "%s: has no column \"%s\"; the first line must name the "
			"columns Image Name and Growth Plate Index", path,
			name < 0 ? "Image Name" : "Growth Plate Index");
		return GPPI_E_FORMAT;
	}
	for (size_t i = 0; i < csv->nrows; i++) {
		const char *cell = csv_cell(csv, i, index);
		char *text = name_in(csv->cell[i * csv->ncols + (size_t)name]);
		e[i] = (struct entry){ text, key_of(text), parse_index(cell, csv->separator), csv->line[i], i };
		if (!e[i].key)
			return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		int rc = check_entry(&e[i], path, cell, is_truth, err);
		if (rc)
			return rc;
	}
	qsort(e, csv->nrows, sizeof *e, by_name);
	for (size_t i = 1; i < csv->nrows; i++)
		if (strcmp(e[i].key, e[i - 1].key) == 0)
			return err_set(err, GPPI_E_FORMAT, "%s: %.80s appears twice, on lines %zu and %zu",
				       path, e[i].name, e[i - 1].line, e[i].line);
	return 0;
}

static void free_entries(struct entry *e, size_t n)
{
	for (size_t i = 0; e && i < n; i++)
		free(e[i].key);
	free(e);
}

/* A table, of a file or (text not NULL) in memory. */
struct table {
	const char *path, *text;
	size_t size;
};

/* Reads a table into entries sorted by name (caller frees them: free_entries()); NULL and *rc on failure. */
static struct entry *read_entries(const struct table *table, bool is_truth, struct csv *csv, int *rc,
				  struct gppi_error *err)
{
	const char *path = table->path;

	*rc = table->text ? csv_parse(table->text, table->size, path, csv, err) : csv_read(path, csv, err);
	if (*rc)
		return NULL;
	struct entry *e = calloc(csv->nrows ? csv->nrows : 1, sizeof *e);
	if (!e) {
		*rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		return NULL;
	}
	*rc = fill_entries(path, is_truth, csv, e, err);
	if (*rc) {
		free_entries(e, csv->nrows);
		return NULL;
	}
	return e;
}

/* Error, score and the sums over all matched bones. */
static void figures(struct eval *eval)
{
	double n = 0, sum_abs = 0, sum = 0, score = 0, square = 0, within[3] = { 0 };

	for (size_t i = 0; i < eval->nbones; i++) {
		struct eval_bone *b = &eval->bone[i];
		b->error = b->predicted - b->truth;
		b->score = NAN;
		if (isnan(b->error))
			continue;
		b->score = gppi_score(b->predicted, b->truth);
		n++;
		sum_abs += fabs(b->error);
		sum += b->error;
		score += b->score;
		for (int k = 0; k < 3; k++)
			within[k] += fabs(b->error) <= eval_limit[k];
	}
	eval->nmatched = (size_t)n;
	eval->mae = sum_abs / n; /* 0 / 0 is NAN, which every writer shows as unknown */
	eval->bias = sum / n;
	eval->score_sum = n > 0 ? score : NAN;
	eval->score_mean = score / n;
	for (size_t i = 0; i < eval->nbones; i++)
		if (!isnan(eval->bone[i].score))
			square += pow(eval->bone[i].score - eval->score_mean, 2);
	eval->score_sd = sqrt(square / n);
	for (int k = 0; k < 3; k++)
		eval->within[k] = within[k] / n;
}

static int join(const char *truth_path, const struct table *predictions, struct eval *out, struct gppi_error *err)
{
	const struct table known = { .path = truth_path };
	struct entry *truth, *predicted = NULL;
	size_t nhit = 0;
	int rc;

	*out = (struct eval){ 0 };
	truth = read_entries(&known, true, &out->truth_csv, &rc, err);
	if (truth)
		predicted = read_entries(predictions, false, &out->predicted_csv, &rc, err);
	if (!truth || !predicted)
		goto done;
	size_t n = out->truth_csv.nrows, m = out->predicted_csv.nrows;
	if (n == 0) {
		rc = err_set(err, GPPI_E_FORMAT, "%s: lists no bones", truth_path);
		goto done;
	}
	out->bone = calloc(n, sizeof *out->bone);
	if (!out->bone) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", truth_path);
		goto done;
	}
	qsort(truth, n, sizeof *truth, by_row);
	for (size_t i = 0; i < n; i++) {
		const char *key = truth[i].key;
		size_t lo = 0, hi = m;
		while (lo < hi) { /* first prediction whose name is not before this one */
			size_t mid = lo + (hi - lo) / 2;
			if (strcmp(predicted[mid].key, key) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		bool hit = lo < m && strcmp(predicted[lo].key, key) == 0;
		nhit += hit;
		out->bone[i] = (struct eval_bone){ .name = truth[i].name, .truth = truth[i].index,
						   .predicted = hit ? predicted[lo].index : NAN };
	}
	out->nbones = n;
	out->nunknown = m - nhit;
	figures(out);
done:
	free_entries(truth, out->truth_csv.nrows);
	free_entries(predicted, out->predicted_csv.nrows);
	if (rc)
		eval_free(out);
	return rc;
}

int eval_files(const char *truth_path, const char *predicted_path, struct eval *out, struct gppi_error *err)
{
	return join(truth_path, &(struct table){ .path = predicted_path }, out, err);
}

int eval_predictions(const char *truth_path, const char *label, const char *text, size_t size, struct eval *out,
		     struct gppi_error *err)
{
	return join(truth_path, &(struct table){ label, text, size }, out, err);
}

void eval_free(struct eval *eval)
{
	free(eval->bone);
	csv_free(&eval->truth_csv);
	csv_free(&eval->predicted_csv);
	*eval = (struct eval){ 0 };
}
