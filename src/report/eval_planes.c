#define _GNU_SOURCE
#include "report/eval_planes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text_form.h"
#include "scan/format.h"

#define INDEX_MAX 1e6 /* no scan has more slices: a larger number is a typing error and is rejected */

static int index_column(const struct csv *csv)
{
	return csv_column(csv, "Growth Plate Index");
}

/* The name in a cell, without the ending of a scan's file (.nii.gz, .ISQ;1 ...). */
static char *name_in(char *cell)
{
	char *name = cell + (csv_text(cell) - cell);
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
	const struct eval_plane *x = a, *y = b;
	int order = strcmp(x->key, y->key);
	return order ? order : x->row < y->row ? -1 : x->row > y->row;
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

static int not_an_index(const struct eval_plane *e, const char *path, const char *cell, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: line %zu: \"%.40s\" is not a slice index", path, e->line, cell);
}

static int appears_twice(const struct eval_plane *e, const char *path, struct gppi_error *err)
{
	return err_set(err, GPPI_E_FORMAT, "%s: %.80s appears twice, on lines %zu and %zu", path, e->name,
		       e->twice < e->line ? e->twice : e->line, e->twice < e->line ? e->line : e->twice);
}

/* What is wrong with a row, or 0. */
static int check(const struct eval_plane *e, const char *path, const char *cell, enum eval_rows rows,
		 struct gppi_error *err)
{
	if (rows == EVAL_WANTED)
		return 0;
	if (!*e->name)
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu names no bone", path, e->line);
	if (rows == EVAL_WHOLE && !*cell)
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu: the slice index of %.80s is missing",
			       path, e->line, e->name);
	return e->odd ? not_an_index(e, path, cell, err) : 0;
}

static int fill(const char *path, enum eval_rows rows, const struct csv *csv, struct eval_plane *e,
		struct gppi_error *err)
{
	int name = csv_column(csv, "Image Name"), index = index_column(csv);

	if (name < 0 || index < 0) {
		err_set(err, GPPI_E_FORMAT, "%s: has no column \"%s\"; the first line must name the "
			"columns Image Name and Growth Plate Index", path,
			name < 0 ? "Image Name" : "Growth Plate Index");
		return GPPI_E_FORMAT;
	}
	for (size_t i = 0; i < csv->nrows; i++) {
		const char *cell = csv_cell(csv, i, index);
		char *text = name_in(csv->cell[i * csv->ncols + (size_t)name]);
		e[i] = (struct eval_plane){ .name = text, .key = key_of(text), .line = csv->line[i], .row = i,
					    .index = parse_index(cell, csv->separator) };
		if (!e[i].key)
			return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		e[i].odd = *cell && isnan(e[i].index);
		int rc = check(&e[i], path, cell, rows, err);
		if (rc)
			return rc;
	}
	qsort(e, csv->nrows, sizeof *e, by_name);
	for (size_t i = 1; i < csv->nrows; i++) {
		if (strcmp(e[i].key, e[i - 1].key) != 0)
			continue;
		e[i].twice = e[i - 1].line;
		e[i - 1].twice = e[i].line;
		if (rows != EVAL_WANTED)
			return appears_twice(&e[i], path, err);
	}
	return 0;
}

int eval_planes_read(const char *path, const char *text, size_t size, enum eval_rows rows, struct eval_planes *out,
		     struct gppi_error *err)
{
	*out = (struct eval_planes){ .plane = NULL };
	int rc = text ? csv_parse(text, size, path, &out->csv, err) : csv_read(path, &out->csv, err);
	if (rc < 0)
		return rc;
	out->plane = calloc(out->csv.nrows + 1, sizeof *out->plane);
	return out->plane ? fill(path, rows, &out->csv, out->plane, err)
			  : err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
}

void eval_planes_free(struct eval_planes *planes)
{
	for (size_t i = 0; planes->plane && i < planes->csv.nrows; i++)
		free(planes->plane[i].key);
	free(planes->plane);
	csv_free(&planes->csv);
	*planes = (struct eval_planes){ .plane = NULL };
}

const struct eval_plane *eval_planes_by_key(const struct eval_planes *planes, const char *key)
{
	size_t low = 0, high = planes->csv.nrows;

	while (low < high) { /* the first whose key is not before this one */
		size_t middle = low + (high - low) / 2;
		if (strcmp(planes->plane[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < planes->csv.nrows && strcmp(planes->plane[low].key, key) == 0;
	return found ? &planes->plane[low] : NULL;
}

int eval_planes_find(const struct eval_planes *planes, const char *name, const struct eval_plane **out)
{
	char *copy = strdup(name), *key = copy ? key_of(name_in(copy)) : NULL;

	*out = key ? eval_planes_by_key(planes, key) : NULL;
	free(copy);
	int rc = key ? 0 : GPPI_E_NOMEM;
	free(key);
	return rc;
}

int eval_planes_wanted(const struct eval_planes *planes, const char *path, const char *name, double *index,
		       struct gppi_error *err)
{
	const struct eval_plane *e;

	if (eval_planes_find(planes, name, &e) < 0)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	if (!e)
		return err_set(err, GPPI_E_USAGE, "%s: has no plane of %s", path, name);
	if (e->twice)
		return appears_twice(e, path, err);
	if (e->odd)
		return not_an_index(e, path, csv_cell(&planes->csv, e->row, index_column(&planes->csv)), err);
	if (isnan(e->index))
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu: the plane of %s is missing", path, e->line, name);
	*index = e->index;
	return 0;
}
