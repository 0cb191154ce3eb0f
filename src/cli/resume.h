/* Going on with the table of a run that was broken off. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cli/cli.h"

struct resume_row {
	size_t at, size; /* of text */
	int input;       /* of the command line; -1: of none of these */
	bool failed;
	char name[128];
};

/* The whole rows of FILE.part. */
struct resume {
	char *text;
	size_t head;     /* bytes before the first row */
	struct resume_row *row;
	size_t nrows;
};

/* Reads PATH.part, whose last row may be cut; no such file: no rows. Tells which of the inputs each row is of. Owned by
 * the caller: resume_free(), also after a failure. */
int resume_read(const char *path, enum cli_format format, char *const *inputs, int ninputs, struct resume *out,
		struct err *err);
void resume_free(struct resume *resume);

/* Takes back done[i] of every input that this table has not, or not for sure: without rows, with the last row, behind
 * which others may have been missing, and with a failure, which is tried again. */
void resume_mark(const struct resume *resume, char *const *inputs, int ninputs, bool *done);

/* Leaves the rows of inputs that are done in text; the bytes that are left. */
size_t resume_keep(struct resume *resume, const bool *done);

#endif
