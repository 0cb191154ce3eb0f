/* Reads small CSV tables (RFC 4180): quoted fields, doubled quotes, CR LF, LF or CR, a byte order mark; also as
 * European spreadsheets write them, with semicolons or tabs, a first line "sep=;", in Windows-1252, and with empty
 * rows and columns behind the table. The first row holds the names of the columns. Hostile input is refused. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>

#include "base/err.h"

#define CSV_MAX_BYTES (64u << 20) /* a table of bones is never larger */

struct csv {
	size_t ncols, nrows; /* rows without the header */
	char **head;         /* ncols names, blanks trimmed */
	char **cell;         /* nrows * ncols, blanks trimmed; a short row is filled with "" */
	size_t *line;        /* nrows: line of the file where the row begins (1-based) */
	char separator;      /* between fields: ',', ';' or a tab, or what "sep=" says */
	char *text;          /* the storage all cells point into */
};

/* Reads a file; the table is owned by the caller: csv_free(). */
int csv_read(const char *path, struct csv *out, struct gppi_error *err);
/* The same from memory; `label` names it in messages. */
int csv_parse(const char *data, size_t size, const char *label, struct csv *out, struct gppi_error *err);
void csv_free(struct csv *csv);

/* Column by name, upper and lower case and all kinds of blanks alike; -1 where there is none. */
int csv_column(const struct csv *csv, const char *name);
static inline const char *csv_cell(const struct csv *csv, size_t row, int col)
{
	return csv->cell[row * csv->ncols + (size_t)col];
}

/* A cell's text without the ' that keeps a spreadsheet from calculating. */
const char *csv_text(const char *cell);

#endif
