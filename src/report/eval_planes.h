/* Tables of planes in the challenge's columns, Image Name and Growth Plate Index: known, predicted or given. */
#ifndef REPORT_EVAL_PLANES_H
#define REPORT_EVAL_PLANES_H

#include <stdbool.h>

#include "base/csv.h"

struct eval_plane {
	char *name;   /* as in the table, without what its key leaves out */
	char *key;    /* what it is compared by */
	double index; /* NAN: empty cell */
	size_t line;
	size_t row;
};

struct eval_planes {
	struct csv csv;           /* holds the names */
	struct eval_plane *plane; /* csv.nrows of them, in order of their keys */
};

/* Reads a table, of a file or (text not NULL) in memory. Missing columns, numbers that are none and bones named twice
 * are errors; where it is `whole`, empty cells are, too. Owned by the caller: eval_planes_free(), also after a
 * failure. */
int eval_planes_read(const char *path, const char *text, size_t size, bool whole, struct eval_planes *out,
		     struct gppi_error *err);
void eval_planes_free(struct eval_planes *planes);

/* By the key of another table's row; NULL: there is none. */
const struct eval_plane *eval_planes_by_key(const struct eval_planes *planes, const char *key);
/* By a name in any of its spellings, with or without the ending of a scan's file; *out NULL: there is none.
 * GPPI_E_NOMEM without a sentence. */
int eval_planes_find(const struct eval_planes *planes, const char *name, const struct eval_plane **out);

#endif
