#define _GNU_SOURCE
#include "base/csv.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/printable.h"
#include "base/size.h"
#include "base/text_form.h"

#define MAX_COLUMNS 1000
#define MAX_CELLS (4u << 20) /* short rows are filled up: keeps a small file from asking for much */

/* Walks the text; fields are unescaped in place, which only ever shortens them. */
struct cursor {
	char *p, *end;
	size_t line;
	const char *label;
	char sep;
};

struct field {
	char *text;
	bool quoted;
	bool last; /* of its row */
};

/* A tab is one, too, where it separates nothing. */
static bool is_blank(const struct cursor *c, char byte)
{
	return byte == ' ' || (byte == '\t' && c->sep != '\t');
}

static void trim(const struct cursor *c, struct field *f, char *stop)
{
	while (stop > f->text && is_blank(c, stop[-1]))
		stop--;
	*stop = 0;
	while (is_blank(c, *f->text))
		f->text++;
}

/* After a field: a separator, the end of the line, or the end of the text. */
static int field_end(struct cursor *c, struct field *f, struct gppi_error *err)
{
	f->last = true;
	if (c->p == c->end)
		return 0;
	if (*c->p == c->sep) {
		f->last = false;
		c->p++;
		return 0;
	}
	if (*c->p == '\r')
		c->p++;
	if (c->p < c->end && *c->p == '\n')
		c->p++;
	else if (c->p < c->end && c->p[-1] != '\r')
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu has text after a closing quote; "
			       "double the quotes inside a quoted field", c->label, c->line);
	c->line++;
	return 0;
}

static int quoted_field(struct cursor *c, struct field *f, struct gppi_error *err)
{
	size_t began = c->line;
	char *to = ++c->p;

	f->text = to;
	f->quoted = true;
	for (;; c->p++) {
		if (c->p == c->end)
			return err_set(err, GPPI_E_FORMAT, "%s: the quote opened on line %zu is never "
				       "closed", c->label, began);
		if (*c->p == '"') {
			if (c->p + 1 < c->end && c->p[1] == '"')
				c->p++;
			else
				break;
		}
		if (*c->p == '\n')
			c->line++;
		*to++ = *c->p;
	}
	c->p++; /* the closing quote: at least one byte to spare for the terminator */
	int rc = field_end(c, f, err);
	*to = 0;
	return rc;
}

/* The next field. The text has one spare byte behind its end for a terminator. */
static int next_field(struct cursor *c, struct field *f, struct gppi_error *err)
{
	while (c->p < c->end && is_blank(c, *c->p))
		c->p++;
	if (c->p < c->end && *c->p == '"')
		return quoted_field(c, f, err);
	f->text = c->p;
	f->quoted = false;
	while (c->p < c->end && *c->p != c->sep && *c->p != '\n' && *c->p != '\r')
		c->p++;
	char *stop = c->p;
	int rc = field_end(c, f, err);
	trim(c, f, stop);
	return rc;
}

/* Reads one row into cell[0..max-1]; *n fields, 0 for a blank line. Spreadsheets write rows and columns of empty
 * cells behind a table: such rows are blank, and such cells are left out. */
static int next_row(struct cursor *c, char **cell, size_t max, size_t *n, struct gppi_error *err)
{
	size_t at = c->line;
	struct field f = { 0 };
	bool blank = true;

	*n = 0;
	do {
		int rc = next_field(c, &f, err);
		if (rc)
			return rc;
		blank = blank && !f.quoted && !*f.text;
		if (*n < max)
			cell[(*n)++] = f.text;
		else if (*f.text || max == MAX_COLUMNS)
			return err_set(err, GPPI_E_FORMAT, "%s: line %zu has more than the %zu fields of "
				       "the first line", c->label, at, max);
	} while (!f.last);
	if (blank)
		*n = 0;
	return 0;
}

/* Of commas, semicolons and tabs what separates the first line into most fields, of two the one that comes first;
 * commas where it has none. */
static char separator_of(const char *line, const char *end)
{
	static const char candidate[] = ",;\t";
	size_t count[sizeof candidate - 1] = { 0 }, first = 0, best;
	bool any = false;
	bool quoted = false;

	while (line < end && (*line == '\n' || *line == '\r'))
		line++;
	for (; line < end && (quoted || (*line != '\n' && *line != '\r')); line++) {
		const char *known = *line ? strchr(candidate, *line) : NULL;
		quoted ^= *line == '"';
		if (!known || quoted)
			continue;
		first = any ? first : (size_t)(known - candidate);
		any = true;
		count[known - candidate]++;
	}
	best = first;
	for (size_t i = 0; i < sizeof count / sizeof *count; i++)
		best = count[i] > count[best] ? i : best;
	return candidate[best];
}

/* Excel's own way to tell: a first line "sep=;". */
static void find_separator(struct cursor *c)
{
	char *p = c->p + (c->p < c->end && *c->p == '"');

	c->sep = separator_of(c->p, c->end);
	if (c->end - p < 5 || strncasecmp(p, "sep=", 4) != 0 || strchr("\r\n\"", p[4]))
		return;
	c->sep = p[4];
	for (p += 5; p < c->end && *p != '\n' && *p != '\r';)
		p++;
	p += p < c->end && *p == '\r';
	p += p < c->end && *p == '\n' && p > c->p;
	c->p = p;
	c->line++;
}

static int add_row(struct csv *csv, char **fields, size_t n, size_t line, size_t *room)
{
	if (csv->nrows == *room) {
		size_t want = *room ? *room * 2 : 64, bytes, lines;
		if (!size_mul3(want, csv->ncols, sizeof(char *), &bytes) ||
		    !size_mul(want, sizeof(size_t), &lines))
			return GPPI_E_NOMEM;
		char **cell = realloc(csv->cell, bytes);
		if (!cell)
			return GPPI_E_NOMEM;
		csv->cell = cell;
		size_t *at = realloc(csv->line, lines);
		if (!at)
			return GPPI_E_NOMEM;
		csv->line = at;
		*room = want;
	}
	/* a short row ends in empty cells: they may share the terminator of the last field */
	char *empty = fields[n - 1] + strlen(fields[n - 1]);
	for (size_t i = 0; i < csv->ncols; i++)
		csv->cell[csv->nrows * csv->ncols + i] = i < n ? fields[i] : empty;
	csv->line[csv->nrows++] = line;
	return 0;
}

/* Takes csv->text (size bytes and one spare) apart. */
static int parse(struct csv *csv, size_t size, const char *label, struct gppi_error *err)
{
	struct cursor c = { csv->text, csv->text + size, 1, label, ',' };
	char *fields[MAX_COLUMNS];
	size_t n = 0, room = 0;
	int rc;

	if (size >= 3 && memcmp(csv->text, "\xef\xbb\xbf", 3) == 0)
		c.p += 3;
	if (memchr(c.p, 0, (size_t)(c.end - c.p)))
		return err_set(err, GPPI_E_FORMAT, "%s: holds zero bytes, so it is not a CSV table "
			       "(UTF-16? save it as CSV UTF-8)", label);
	find_separator(&c);
	csv->separator = c.sep;
	while (n == 0) {
		if (c.p == c.end)
			return err_set(err, GPPI_E_FORMAT, "%s: is empty; a CSV table begins with a line of "
				       "column names", label);
		if ((rc = next_row(&c, fields, MAX_COLUMNS, &n, err)))
			return rc;
	}
	csv->ncols = n;
	csv->head = calloc(n, sizeof *csv->head);
	if (!csv->head)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", label);
	memcpy(csv->head, fields, n * sizeof *fields);
	while (c.p < c.end) {
		size_t line = c.line;
		if ((rc = next_row(&c, fields, csv->ncols, &n, err)))
			return rc;
		if (n && (csv->nrows + 1) * csv->ncols > MAX_CELLS)
			return err_set(err, GPPI_E_FORMAT, "%s: has more than %u cells; is it a table "
				       "of bones?", label, MAX_CELLS);
		if (n && add_row(csv, fields, n, line, &room))
			return err_set(err, GPPI_E_NOMEM, "%s: out of memory", label);
	}
	return 0;
}

/* A European Excel writes "CSV" in the code page of Windows. */
static int to_utf8(struct csv *csv, size_t *size, const char *label, struct gppi_error *err)
{
	size_t n;

	if (printable_is_utf8(csv->text, *size))
		return 0;
	char *text = text_from_windows(csv->text, *size, &n);
	if (!text)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", label);
	free(csv->text);
	csv->text = text;
	*size = n;
	return 0;
}

int csv_parse(const char *data, size_t size, const char *label, struct csv *out, struct gppi_error *err)
{
	*out = (struct csv){ 0 };
	if (size > CSV_MAX_BYTES)
		return err_set(err, GPPI_E_FORMAT, "%s: is larger than 64 MB; is it a CSV table?", label);
	out->text = malloc(size + 1);
	if (!out->text)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", label);
	memcpy(out->text, data, size);
	out->text[size] = 0;
	int rc = to_utf8(out, &size, label, err);
	if (rc == 0)
		rc = parse(out, size, label, err);
	if (rc)
		csv_free(out);
	return rc;
}

int csv_read(const char *path, struct csv *out, struct gppi_error *err)
{
	char *data = NULL;
	uint64_t size;
	FILE *file;
	int rc = file_stream(path, &file, &size, err);

	*out = (struct csv){ 0 };
	if (rc < 0)
		return rc;
	if (size > CSV_MAX_BYTES) {
		rc = err_set(err, GPPI_E_FORMAT, "%s: is larger than 64 MB; is it a CSV table?", path);
		goto done;
	}
	data = malloc((size_t)size + 1);
	if (!data) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
		goto done;
	}
	size_t got = fread(data, 1, (size_t)size, file);
	if (ferror(file))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	else
		rc = csv_parse(data, got, path, out, err);
done:
	free(data);
	fclose(file);
	return rc;
}

void csv_free(struct csv *csv)
{
	free(csv->head);
	free(csv->cell);
	free(csv->line);
	free(csv->text);
	*csv = (struct csv){ 0 };
}

int csv_column(const struct csv *csv, const char *name)
{
	char *wanted = text_folded(name);
	int found = -1;

	for (size_t i = 0; i < csv->ncols && found < 0 && wanted; i++) {
		char *head = text_folded(csv->head[i]);
		if (head && strcmp(head, wanted) == 0)
			found = (int)i;
		free(head);
	}
	free(wanted);
	return found;
}

const char *csv_text(const char *cell)
{
	return cell + (cell[0] == '\'' && cell[1] && strchr("=+-@\t ", cell[1]));
}
