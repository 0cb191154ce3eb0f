/* Going on with the table of a run that was broken off. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cli/rows.h"

/* Reads PATH.part, whose last row may be cut; no such file: no rows. Tells which of the inputs each row is of. Owned by
 * the caller: rows_free(), also after a failure. */
int resume_read(const char *path, const struct rows_kind *kind, enum cli_format format, char *const *inputs,
		int ninputs,
		struct rows *out, struct gppi_error *err);

/* Takes back done[i] of every input that this table has not, or not for sure: without rows, with the last row, behind
 * which others may have been missing, with a failure, which is tried again, and where a table cannot tell its path from
 * that of another. GPPI_E_NOMEM without a sentence. */
int resume_mark(const struct rows *rows, char *const *inputs, int ninputs, bool *done);

/* Rows of inputs that are done must be those that this run would write: of this version, and of what is asked for now.
 * What they do not say is not known. */
int resume_check(const struct rows *rows, const struct rows_kind *kind, const bool *done, const char *path,
		 const char *asked, struct gppi_error *err);

/* Leaves the rows of inputs that are done in text; the bytes that are left. */
size_t resume_keep(struct rows *rows, const bool *done);

#endif
