#define _GNU_SOURCE
#include "cli/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/number.h"
#include "base/os.h"
#include "base/printable.h"
#include "base/size.h"
#include "report/measures.h"
#include "report/report.h"

const struct rows_kind rows_detect = { report_csv_head, "Input", "Status", "Error", "GPPI exact",
				       "VOI asked", { "voi", "asked" }, "VOI" };
const struct rows_kind rows_measure = { report_measures_csv_head, "input", "status", "reasons", NULL,
					"align", { "align", "to" }, "--align" };

/* ---- which input a scan is of ---- */

struct inputs_index {
	struct place {
		char *path; /* plain, without a "/" at its end */
		int input;
	} *place; /* sorted */
	int n;
	bool *alike; /* by input */
};

char *rows_plain(const char *path)
{
	char *copy = strdup(csv_text(path));

	if (copy)
		printable(copy);
	return copy;
}

static int by_path(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	int c = strcmp(a->path, b->path);

	return c ? c : a->input - b->input;
}

/* The same bytes, but for "/" at the end? */
static bool is_same(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	while (n > 1 && a[n - 1] == '/')
		n--;
	while (m > 1 && b[m - 1] == '/')
		m--;
	return n == m && memcmp(a, b, n) == 0;
}

/* Of the inputs with one plain path (they are neighbours) one that is not the first has other bytes: all are alike. */
static void find_alike(struct inputs_index *index, char *const *inputs)
{
	for (int i = 0, end; i < index->n; i = end) {
		const struct place *first = &index->place[i];
		bool alike = false;
		for (end = i; end < index->n && strcmp(index->place[end].path, first->path) == 0; end++)
			alike |= !is_same(inputs[index->place[end].input], inputs[first->input]);
		for (int k = i; k < end; k++)
			index->alike[index->place[k].input] = alike;
	}
}

struct inputs_index *inputs_index_new(char *const *inputs, int ninputs)
{
	struct inputs_index *index = calloc(1, sizeof *index);

	if (index) {
		index->place = calloc((size_t)ninputs + 1, sizeof *index->place);
		index->alike = calloc((size_t)ninputs + 1, sizeof *index->alike);
	}
	for (; index && index->place && index->alike && index->n < ninputs; index->n++) {
		struct place *p = &index->place[index->n];
		*p = (struct place){ rows_plain(inputs[index->n]), index->n };
		if (!p->path)
			break;
		for (size_t n = strlen(p->path); n > 1 && p->path[n - 1] == '/';)
			p->path[--n] = 0;
	}
	if (!index || !index->place || !index->alike || index->n < ninputs) {
		inputs_index_free(index);
		return NULL;
	}
	qsort(index->place, (size_t)ninputs, sizeof *index->place, by_path);
	find_alike(index, inputs);
	return index;
}

void inputs_index_free(struct inputs_index *index)
{
	if (!index)
		return;
	for (int i = 0; i < index->n; i++)
		free(index->place[i].path);
	free(index->place);
	free(index->alike);
	free(index);
}

/* The first input whose path these n bytes are. */
static int find_exactly(const struct inputs_index *index, const char *path, size_t n)
{
	int low = 0, high = index->n;

	while (low < high) {
		int middle = low + (high - low) / 2;
		if (strncmp(index->place[middle].path, path, n) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < index->n && strncmp(index->place[low].path, path, n) == 0 && !index->place[low].path[n];
	return found ? index->place[low].input : -1;
}

int inputs_index_find(const struct inputs_index *index, const char *scan)
{
	size_t n = strlen(scan);

	while (n > 1 && scan[n - 1] == '/')
		n--;
	for (int found; n > 0; n--) {
		if ((found = find_exactly(index, scan, n)) >= 0)
			return found;
		while (n > 1 && scan[n - 1] != '/') /* the folder it is in */
			n--;
		if (n == 1 && scan[0] == '/')
			return find_exactly(index, scan, 1);
	}
	return -1;
}

bool inputs_index_alike(const struct inputs_index *index, int input)
{
	return index->alike[input];
}

/* ---- whole rows ---- */

/* One row of text, or none where its end is not there. */
static size_t row_size(const char *text, enum cli_format format)
{
	bool quoted = false;

	for (const char *c = text; *c; c++) {
		quoted ^= format == CLI_CSV && *c == '"';
		if (*c == '\n' && !quoted)
			return (size_t)(c - text) + 1;
	}
	return 0;
}

static int find_rows(struct rows *r, enum cli_format format)
{
	size_t at = r->head, size;

	for (; (size = row_size(r->text + at, format)) > 0; at += size) {
		struct row *grown = r->nrows % 1024 ? r->row : size_realloc(r->row, r->nrows + 1024, sizeof *grown);
		if (!grown)
			return GPPI_E_NOMEM;
		r->row = grown;
		r->row[r->nrows++] = (struct row){ .at = at, .size = size, .input = -1, .plane = NAN };
	}
	r->cut = r->text[at] != 0;
	return 0;
}

static int take(struct row *row, const char *input, const char *name, const char *why)
{
	snprintf(row->name, sizeof row->name, "%s", csv_text(name));
	row->scan = rows_plain(input);
	row->why = strdup(why);
	return row->scan && row->why ? 0 : GPPI_E_NOMEM;
}

static int read_csv_row(const struct rows *r, const struct rows_kind *kind, struct row *row)
{
	struct csv csv;
	char *text = malloc(r->head + row->size);

	if (!text)
		return GPPI_E_NOMEM;
	memcpy(text, r->text, r->head);
	memcpy(text + r->head, r->text + row->at, row->size);
	int rc = csv_parse(text, r->head + row->size, "", &csv, NULL);
	free(text);
	if (rc < 0)
		return rc;
	if (csv.nrows == 1) {
		row->failed = strcmp(csv_cell(&csv, 0, csv_column(&csv, kind->status)), "failed") == 0;
		if (kind->plane)
			(void)number_parse(csv_cell(&csv, 0, csv_column(&csv, kind->plane)), &row->plane);
		snprintf(row->asked, sizeof row->asked, "%s", csv_cell(&csv, 0, csv_column(&csv, kind->asked)));
		rc = take(row, csv_cell(&csv, 0, csv_column(&csv, kind->input)), csv_cell(&csv, 0, 0),
			  csv_cell(&csv, 0, csv_column(&csv, kind->why)));
	} else {
		rc = GPPI_E_FORMAT;
	}
	csv_free(&csv);
	return rc;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int read_json_row(const struct rows *r, const struct rows_kind *kind, struct row *row)
{
	json_t *object = json_loadb(r->text + row->at, row->size, 0, NULL);

	if (json_is_number(json_object_get(object, "gppi_exact")))
		row->plane = json_number_value(json_object_get(object, "gppi_exact"));
	row->failed = json_object_get(object, "error") != NULL;
	row->foreign = strcmp(text_of(object, "version"), GPPI_VERSION) != 0;
	snprintf(row->asked, sizeof row->asked, "%s",
		 text_of(json_object_get(object, kind->asked_json[0]), kind->asked_json[1]));
	int rc = take(row, text_of(object, "input"), text_of(object, "name"), text_of(object, "error"));
	json_decref(object);
	return rc;
}

/* ---- the file ---- */

static int read_whole(const char *path, char **text, struct gppi_error *err)
{
	uint64_t bytes = 0;
	FILE *file = NULL;
	size_t got = 0;
	int rc = 0;

	*text = NULL;
	rc = file_stream(path, &file, &bytes, err);
	if (rc < 0)
		return rc;
	if (bytes <= CSV_MAX_BYTES)
		*text = malloc((size_t)bytes + 1);
	if (*text)
		got = fread(*text, 1, (size_t)bytes, file);
	else
		rc = err_set(err, GPPI_E_NOMEM, "%s: is too large for a table of bones", path);
	if (rc == 0 && ferror(file))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (*text)
		(*text)[got] = 0;
	fclose(file);
	return rc;
}

/* Bytes of the head, which must be that of this version. */
static int check_head(struct rows *r, const struct rows_kind *kind, const char *path, const char *remedy,
		      struct gppi_error *err)
{
	char *head = NULL;
	size_t size = 0;
	FILE *out = os_text_open(&head, &size);

	if (out)
		kind->head(out);
	if (!out || os_text_close(out, &head, &size) != 0) {
		free(head);
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	}
	bool same = strncmp(r->text, head, size) == 0, cut = strncmp(r->text, head, strlen(r->text)) == 0;
	r->head = same ? size : 0;
	free(head);
	if (cut && !same)
		r->text[0] = 0; /* ended within its first line */
	return same || cut ? 0
			   : err_set(err, GPPI_E_FORMAT, "%s: is no table of this version of gppi; %s", path, remedy);
}

int rows_read(const char *path, const struct rows_kind *kind, enum cli_format format, const struct inputs_index *index,
	      const char *remedy, struct rows *out, struct gppi_error *err)
{
	*out = (struct rows){ 0 };
	int rc = read_whole(path, &out->text, err);
	if (rc == 0 && format == CLI_CSV)
		rc = check_head(out, kind, path, remedy, err);
	if (rc == 0 && find_rows(out, format) < 0)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	for (size_t i = 0; i < out->nrows && rc == 0; i++) {
		struct row *row = &out->row[i];
		rc = format == CLI_CSV ? read_csv_row(out, kind, row) : read_json_row(out, kind, row);
		if (rc < 0)
			err_set(err, rc, "%s: its row %zu cannot be read; %s", path, i + 1, remedy);
		else if (index)
			row->input = inputs_index_find(index, row->scan);
	}
	return rc;
}

void rows_free(struct rows *r)
{
	for (size_t i = 0; i < r->nrows; i++) {
		free(r->row[i].scan);
		free(r->row[i].why);
	}
	free(r->text);
	free(r->row);
	*r = (struct rows){ 0 };
}
