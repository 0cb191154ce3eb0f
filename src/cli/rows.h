/* The rows of a table that gppi detect or gppi measure wrote, and which input each is of. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "cli/cli.h"

struct row {
	size_t at, size; /* of text */
	int input;       /* of those that are asked for; -1: of none of these */
	bool failed;
	bool foreign;    /* of another version */
	double plane;    /* NAN: none */
	char name[128];
	char asked[64];  /* what it is an answer to, see struct rows_kind; "": it does not say */
	char *scan, *why; /* the input, as rows_plain() has it, and why it failed: "" if it has not */
};

struct rows {
	char *text;
	size_t head;     /* bytes before the first row */
	struct row *row;
	size_t nrows;
	bool cut;        /* something follows the last whole row */
};

/* Which table: its head as CSV, and the names of columns. In JSON both have the same fields. */
struct rows_kind {
	void (*head)(FILE *out);
	const char *input, *status, *why, *plane; /* plane NULL: has none before rounding */
	const char *asked, *asked_json[2]; /* what rows of one table have in common: a column, and keys of JSON */
	const char *asked_word;            /* in sentences */
};
extern const struct rows_kind rows_detect, rows_measure;

/* Paths of inputs, to find the one that a scan is of or in. */
struct inputs_index;
/* Owned by the caller: inputs_index_free(); NULL: out of memory. */
struct inputs_index *inputs_index_new(char *const *inputs, int ninputs);
void inputs_index_free(struct inputs_index *index);
/* -1: of none; of two that are the same, the first. `scan` is plain. */
int inputs_index_find(const struct inputs_index *index, const char *scan);
/* Is the plain path of an input that of another one, too, whose own path has other bytes? */
bool inputs_index_alike(const struct inputs_index *index, int input);

/* The same bytes for a path in any of the tables and on the command line. Caller frees; NULL: out of memory. */
char *rows_plain(const char *path);

/* Reads the whole rows of a table. `remedy` ends the sentence where it is none of this version. Owned by the caller:
 * rows_free(), also after a failure. */
int rows_read(const char *path, const struct rows_kind *kind, enum cli_format format, const struct inputs_index *index,
	      const char *remedy, struct rows *out, struct gppi_error *err);
void rows_free(struct rows *rows);

#endif
