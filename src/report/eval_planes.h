/* Tables of planes in the challenge's columns, Image Name and Growth Plate Index: known, predicted or given. */
#ifndef REPORT_EVAL_PLANES_H
#define REPORT_EVAL_PLANES_H

#include <stdbool.h>

#include "base/csv.h"

struct eval_plane {
	char *name;   /* as in the table, without what its key leaves out */
	char *key;    /* what it is compared by */
	double index; /* NAN: empty cell, or one that is no slice index */
	size_t line;
	size_t row;
	size_t twice; /* line of another row of this bone; 0: there is none */
	bool odd;     /* the cell is no slice index */
};

enum eval_rows {
	EVAL_WHOLE,  /* every bone has an index, once */
	EVAL_SOME,   /* cells may be empty */
	EVAL_WANTED, /* only rows that are asked for count: the others may be anything */
};

struct eval_planes {
	struct csv csv;           /* holds the names */
	struct eval_plane *plane; /* csv.nrows of them, in order of their keys */
};

/* Reads a table, of a file or (text not NULL) in memory. Missing columns are errors, and but for EVAL_WANTED numbers
 * that are none and bones named twice. Owned by the caller: eval_planes_free(), also after a failure. */
int eval_planes_read(const char *path, const char *text, size_t size, enum eval_rows rows, struct eval_planes *out,
		     struct gppi_error *err);
void eval_planes_free(struct eval_planes *planes);

/* By the key of another table's row; NULL: there is none. */
const struct eval_plane *eval_planes_by_key(const struct eval_planes *planes, const char *key);
/* By a name in any of its spellings, with or without the ending of a scan's file; *out NULL: there is none.
 * GPPI_E_NOMEM without a sentence. */
int eval_planes_find(const struct eval_planes *planes, const char *name, const struct eval_plane **out);
/* Of a table of EVAL_WANTED: the index of a bone, or a sentence. path: of the table. */
int eval_planes_wanted(const struct eval_planes *planes, const char *path, const char *name, double *index,
		       struct gppi_error *err);

#endif
