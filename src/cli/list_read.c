#include "cli/list.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/number.h"
#include "base/size.h"

#define PATH_MOST 1000 /* bytes; readers take paths of up to 1023 */

static int no_memory(const char *label, struct gppi_error *err)
{
	return err_set(err, GPPI_E_NOMEM, "%s: out of memory for the list", label);
}

/* ---- the bytes ---- */

static int read_stream(FILE *file, const char *label, char **text, size_t *size, struct gppi_error *err)
{
	size_t room = 0;

	for (*size = 0;;) {
		if (*size == room) {
			room = room ? 2 * room : 1 << 16;
			char *grown = room <= 2 * (size_t)CSV_MAX_BYTES ? realloc(*text, room + 1) : NULL;
			if (!grown)
				return err_set(err, GPPI_E_FORMAT, "%s: is larger than 64 MB; is it a list of scans?",
					       label);
			*text = grown;
		}
		size_t n = fread(*text + *size, 1, room - *size, file);
		*size += n;
		if (n == 0)
			break;
	}
	(*text)[*size] = 0;
	if (ferror(file))
		return err_set(err, GPPI_E_IO, "%s: cannot be read: %s", label, strerror(errno));
	if (*size > CSV_MAX_BYTES)
		return err_set(err, GPPI_E_FORMAT, "%s: is larger than 64 MB; is it a list of scans?", label);
	return 0;
}

static int read_bytes(const char *path, char **text, size_t *size, struct gppi_error *err)
{
	FILE *file = stdin;
	int rc = 0;

	*text = NULL;
	if (strcmp(path, "-") != 0)
		rc = file_stream(path, &file, NULL, err);
	if (rc == 0)
		rc = read_stream(file, path, text, size, err);
	if (file && file != stdin)
		fclose(file);
	return rc;
}

/* ---- entries ---- */

static int add(struct list *list, const struct list_entry *entry, const char *label, struct gppi_error *err)
{
	size_t n = (size_t)list->n;

	if (list->n == LIST_MAX_INPUTS)
		return err_set(err, GPPI_E_FORMAT, "%s: names more than %d inputs; divide it", label, LIST_MAX_INPUTS);
	if (n % 4096 == 0) { /* room for so many more */
		struct list_entry *grown = size_realloc(list->entry, n + 4096, sizeof *grown);
		if (!grown)
			return no_memory(label, err);
		list->entry = grown;
	}
	list->entry[list->n++] = *entry;
	return 0;
}

static int check_entry(const struct list_entry *e, const char *label, struct gppi_error *err)
{
	if (!*e->path)
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu has no path", label, e->line);
	if (strlen(e->path) > PATH_MOST)
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu is longer than a path of %d bytes", label, e->line,
			       PATH_MOST);
	for (const char *texts[] = { e->path, e->name }, **t = texts; t < texts + 2; t++)
		for (const char *c = *t; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				return err_set(err, GPPI_E_FORMAT,
					       "%s: line %zu holds a control character (%d), which no path of a "
					       "list has", label, e->line, *c);
	if (strcmp(e->path, "-") == 0)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: line %zu is \"-\", which is no file; a list names files and folders",
			       label, e->line);
	return 0;
}

/* One path a line, which ends in LF or CR LF; empty lines are passed over. */
static int take_lines(struct list *list, char *text, size_t size, const char *label, struct gppi_error *err)
{
	size_t line = 1;
	int rc = 0;

	for (char *at = text, *end = text + size, *next; at < end && rc == 0; at = next, line++) {
		char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		next = stop + 1;
		if (stop > at && stop[-1] == '\r')
			stop--;
		*stop = 0;
		struct list_entry e = { .path = at, .name = "", .line = line };
		if (stop > at && (rc = check_entry(&e, label, err)) == 0)
			rc = add(list, &e, label, err);
	}
	return rc;
}

static bool number_of(const char *cell, double least, double most, double *out)
{
	return number_parse(cell, out) && *out >= least && *out <= most;
}

static int take_row(const struct csv *csv, size_t row, struct list_entry *e, const char *label, struct gppi_error *err)
{
	int name = csv_column(csv, "name"), voxel = csv_column(csv, "voxel_um"), bytes = csv_column(csv, "bytes");
	const char *um = voxel < 0 ? "" : csv_cell(csv, row, voxel), *size = bytes < 0 ? "" : csv_cell(csv, row, bytes);
	double value = 0;

	*e = (struct list_entry){ .path = csv_cell(csv, row, csv_column(csv, "path")), .line = csv->line[row],
				  .name = name < 0 ? "" : csv_cell(csv, row, name) };
	if (strlen(e->name) > 100)
		return err_set(err, GPPI_E_FORMAT, "%s: the name in line %zu is longer than 100 bytes", label, e->line);
	if (*um && !number_of(um, 0.1, 1000, &e->voxel_um))
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu: voxel_um is a number from 0.1 to 1000, not \"%.40s\"",
			       label, e->line, um);
	if (*size && (!number_of(size, 0, 1e18, &value) || value != floor(value)))
		return err_set(err, GPPI_E_FORMAT, "%s: line %zu: bytes is a whole number, not \"%.40s\"", label,
			       e->line, size);
	e->sized = *size != 0;
	e->bytes = (uint64_t)value;
	return check_entry(e, label, err);
}

/* The cells are kept: csv's text becomes that of the list. */
static int take_table(struct list *list, const char *text, size_t size, const char *label, struct gppi_error *err)
{
	struct csv csv;
	int rc = csv_parse(text, size, label, &csv, err);

	for (size_t row = 0; rc == 0 && row < csv.nrows; row++) {
		struct list_entry e;
		if ((rc = take_row(&csv, row, &e, label, err)) == 0)
			rc = add(list, &e, label, err);
	}
	if (rc == 0) {
		list->text = csv.text;
		csv.text = NULL;
	}
	if (csv.head)
		csv_free(&csv);
	return rc;
}

/* Does the first line name a column "path"? */
static bool is_table(const char *text, size_t size)
{
	size_t first = strcspn(text, "\n");
	struct csv csv;

	if (csv_parse(text, first < size ? first : size, "", &csv, NULL) != 0)
		return false;
	bool table = csv_column(&csv, "path") >= 0;
	csv_free(&csv);
	return table;
}

/* ---- what is named twice ---- */

/* Compares paths without regard to "./", "//" and a "/" at the end. */
static int compare_paths(const char *a, const char *b)
{
	for (bool start = true;; a++, b++) {
		while (start && (*a == '/' || (*a == '.' && (a[1] == '/' || !a[1]))))
			a++;
		while (start && (*b == '/' || (*b == '.' && (b[1] == '/' || !b[1]))))
			b++;
		start = *a == '/' && *b == '/';
		bool ends = !*a || !*b;
		if (ends && (*a == '/' || *b == '/')) { /* one may end in slashes */
			const char *rest = *a ? a : b;
			return rest[strspn(rest, "/")] ? (*a ? 1 : -1) : 0;
		}
		if (*a != *b || ends)
			return (unsigned char)*a - (unsigned char)*b;
	}
}

/* "/a" and "a" are two files. */
static int by_path(const void *va, const void *vb)
{
	const struct list_entry *a = *(struct list_entry *const *)va, *b = *(struct list_entry *const *)vb;
	int c = (*a->path == '/') - (*b->path == '/');

	c = c ? c : compare_paths(a->path, b->path);
	return c ? c : (a->line > b->line) - (a->line < b->line);
}

static int by_name(const void *va, const void *vb)
{
	const struct list_entry *a = *(struct list_entry *const *)va, *b = *(struct list_entry *const *)vb;
	int c = strcasecmp(a->name, b->name);

	return c ? c : (a->line > b->line) - (a->line < b->line);
}

static bool same_path(const struct list_entry *a, const struct list_entry *b)
{
	return (*a->path == '/') == (*b->path == '/') && compare_paths(a->path, b->path) == 0;
}

static int check_names(struct list_entry **sorted, int n, const char *label, struct gppi_error *err)
{
	qsort(sorted, (size_t)n, sizeof(struct list_entry *), by_name);
	for (int i = 1; i < n; i++)
		if (*sorted[i]->name && strcasecmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: line %zu gives another input the name of line %zu, \"%s\"", label,
				       sorted[i]->line, sorted[i - 1]->line, sorted[i]->name);
	return 0;
}

/* Marks what names an input again by line 0. */
static int find_again(struct list *list, struct list_entry **sorted, const char *label, struct gppi_error *err)
{
	struct list_entry *first = NULL;

	qsort(sorted, (size_t)list->n, sizeof(struct list_entry *), by_path);
	for (int i = 0; i < list->n; i++) {
		struct list_entry *e = sorted[i];
		if (!first || !same_path(first, e)) {
			first = e;
			continue;
		}
		if (strcmp(first->name, e->name) != 0 || first->voxel_um < e->voxel_um || first->voxel_um > e->voxel_um)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: line %zu names the input of line %zu again, with another name or "
				       "voxel size",
				       label, e->line, first->line);
		int *pair = list->again + 2 * (size_t)list->nagain++;
		pair[0] = (int)e->line;
		pair[1] = (int)first->line;
		e->line = 0;
	}
	return 0;
}

static int leave_out(struct list *list, const char *label, struct gppi_error *err)
{
	size_t n = (size_t)list->n, to = 0;
	struct list_entry **sorted = malloc(n * sizeof(struct list_entry *));
	int rc = 0;

	list->again = malloc(n * 2 * sizeof *list->again);
	if (!sorted || !list->again) {
		free(sorted);
		return no_memory(label, err);
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = &list->entry[i];
	rc = find_again(list, sorted, label, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (list->entry[i].line)
			list->entry[to++] = list->entry[i];
	list->n = rc == 0 ? (int)to : list->n;
	for (int i = 0; i < list->n; i++)
		sorted[i] = &list->entry[i];
	if (rc == 0)
		rc = check_names(sorted, list->n, label, err);
	free(sorted);
	return rc;
}

int list_read(const char *path, struct list *out, struct gppi_error *err)
{
	char *text = NULL;
	size_t size = 0, mark;
	int rc = read_bytes(path, &text, &size, err);

	*out = (struct list){ 0 };
	mark = rc == 0 && size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	if (rc == 0 && memchr(text, 0, size))
		rc = err_set(err, GPPI_E_FORMAT,
			     "%s: holds zero bytes, so it is no list of paths (UTF-16? save it as UTF-8)", path);
	if (rc == 0 && is_table(text + mark, size - mark)) {
		rc = take_table(out, text + mark, size - mark, path, err);
	} else if (rc == 0) {
		rc = take_lines(out, text + mark, size - mark, path, err);
		out->text = text;
		text = NULL;
	}
	free(text);
	if (rc == 0 && out->n == 0)
		rc = err_set(err, GPPI_E_FORMAT, "%s: names no input; write one path a line", path);
	if (rc == 0)
		rc = leave_out(out, path, err);
	return rc;
}

void list_free(struct list *list)
{
	free(list->entry);
	free(list->text);
	free(list->again);
	*list = (struct list){ 0 };
}
