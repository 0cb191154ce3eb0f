#define _GNU_SOURCE
#include "cli/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/os.h"
#include "base/printable.h"
#include "base/size.h"
#include "report/report.h"

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

static int add_row(struct resume *r, size_t at, size_t size)
{
	struct resume_row *grown = size_realloc(r->row, r->nrows + 1, sizeof *grown);

	if (!grown)
		return GPPI_E_NOMEM;
	r->row = grown;
	r->row[r->nrows++] = (struct resume_row){ .at = at, .size = size, .input = -1 };
	return 0;
}

static int find_rows(struct resume *r, enum cli_format format)
{
	size_t at = r->head, size;

	while ((size = row_size(r->text + at, format)) > 0) {
		if (add_row(r, at, size) < 0)
			return GPPI_E_NOMEM;
		at += size;
	}
	return 0;
}

/* ---- which input a row is of ---- */

/* The same bytes for a path in any of the tables and on the command line. Caller frees. */
static char *plain(const char *path)
{
	char *copy = strdup(path[0] == '\'' && path[1] && strchr("=+-@\t ", path[1]) ? path + 1 : path);

	if (copy)
		printable(copy);
	return copy;
}

/* Is a scan this input, or in it? */
static bool is_of(const char *scan, const char *input)
{
	size_t n = strlen(input);

	while (n > 1 && input[n - 1] == '/')
		n--;
	return strncmp(scan, input, n) == 0 && (!scan[n] || scan[n] == '/');
}

static int input_of(const char *scan, char *const *inputs, int ninputs)
{
	char *a = plain(scan);
	size_t longest = 0;
	int found = -1;

	for (int i = 0; i < ninputs && a; i++) {
		char *b = plain(inputs[i]);
		if (b && is_of(a, b) && strlen(b) > longest) {
			longest = strlen(b);
			found = i;
		}
		free(b);
	}
	free(a);
	return found;
}

static int read_csv_row(const struct resume *r, struct resume_row *row, char *const *inputs, int ninputs)
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
		row->input = input_of(csv_cell(&csv, 0, csv_column(&csv, "Input")), inputs, ninputs);
		row->failed = strcmp(csv_cell(&csv, 0, csv_column(&csv, "Status")), "failed") == 0;
		snprintf(row->name, sizeof row->name, "%s", csv_cell(&csv, 0, 0));
	}
	csv_free(&csv);
	return 0;
}

static int read_json_row(const struct resume *r, struct resume_row *row, char *const *inputs, int ninputs)
{
	json_t *object = json_loadb(r->text + row->at, row->size, 0, NULL);
	const char *input = json_string_value(json_object_get(object, "input"));
	const char *name = json_string_value(json_object_get(object, "name"));

	row->input = input ? input_of(input, inputs, ninputs) : -1;
	row->failed = json_object_get(object, "error") != NULL;
	snprintf(row->name, sizeof row->name, "%s", name ? name : "");
	json_decref(object);
	return 0;
}

/* ---- the file ---- */

static int read_whole(const char *path, char **text, struct err *err)
{
	uint64_t bytes = 0;
	FILE *file = NULL;
	struct stat st;
	size_t got = 0;
	int rc = 0;

	*text = NULL;
	if (stat(path, &st) != 0 && errno == ENOENT)
		return 0;
	rc = file_stream(path, &file, &bytes, err);
	if (rc < 0)
		return rc;
	if (bytes <= CSV_MAX_BYTES)
		*text = malloc((size_t)bytes + 1);
	if (*text)
		got = fread(*text, 1, (size_t)bytes, file);
	else
		rc = err_set(err, GPPI_E_NOMEM, "%s: is too large to go on with", path);
	if (rc == 0 && ferror(file))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (*text)
		(*text)[got] = 0;
	fclose(file);
	return rc;
}

/* Bytes of the head, which must be that of this version. */
static int check_head(struct resume *r, const char *path, struct err *err)
{
	char *head = NULL;
	size_t size = 0;
	FILE *out = os_text_open(&head, &size);

	if (out)
		report_csv_head(out);
	if (!out || os_text_close(out, &head, &size) != 0) {
		free(head);
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	}
	bool same = strncmp(r->text, head, size) == 0, cut = strncmp(r->text, head, strlen(r->text)) == 0;
	r->head = same ? size : 0;
	free(head);
	if (cut && !same)
		r->text[0] = 0; /* ended within its first line */
	return same || cut ? 0 : err_set(err, GPPI_E_FORMAT, "%s: is no table of this version of gppi; remove it, or run "
					 "without --resume", path);
}

int resume_read(const char *path, enum cli_format format, char *const *inputs, int ninputs, struct resume *out,
		struct err *err)
{
	char *part = part_name(path);

	*out = (struct resume){ 0 };
	if (!part)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	int rc = read_whole(part, &out->text, err);
	if (rc == 0 && out->text && format == CLI_CSV)
		rc = check_head(out, part, err);
	if (rc == 0 && out->text && find_rows(out, format) < 0)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", part);
	for (size_t i = 0; i < out->nrows && rc == 0; i++) {
		rc = format == CLI_CSV ? read_csv_row(out, &out->row[i], inputs, ninputs)
				       : read_json_row(out, &out->row[i], inputs, ninputs);
		if (rc < 0)
			err_set(err, rc, "%s: its row %zu cannot be read; remove the file, or run without --resume", part, i + 1);
	}
	free(part);
	return rc;
}

void resume_mark(const struct resume *r, char *const *inputs, int ninputs, bool *done)
{
	int last = r->nrows ? r->row[r->nrows - 1].input : -1;

	for (int i = 0; i < ninputs; i++) {
		bool some = false, failed = false;
		int as = input_of(inputs[i], inputs, ninputs); /* the first of two that are the same */
		for (size_t k = 0; k < r->nrows; k++) {
			some |= r->row[k].input == as;
			failed |= r->row[k].input == as && r->row[k].failed;
		}
		done[i] = done[i] && some && !failed && as != last;
	}
}

size_t resume_keep(struct resume *r, const bool *done)
{
	size_t to = r->head, n = 0;

	for (size_t i = 0; i < r->nrows; i++) {
		struct resume_row row = r->row[i];
		if (row.input < 0 || !done[row.input])
			continue;
		memmove(r->text + to, r->text + row.at, row.size);
		row.at = to;
		to += row.size;
		r->row[n++] = row;
	}
	r->nrows = n;
	return to;
}

void resume_free(struct resume *r)
{
	free(r->text);
	free(r->row);
	*r = (struct resume){ 0 };
}
