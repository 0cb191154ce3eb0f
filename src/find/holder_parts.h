/* Connected parts of bone in the coarse copy of a whole field, with their boxes. */
#ifndef FIND_HOLDER_PARTS_H
#define FIND_HOLDER_PARTS_H

#include <stdbool.h>

#include "find/overview.h"

struct holder_part {
	int lo[3], hi[3];   /* box, in pooled cells */
	size_t volume;      /* coarse voxels of bone */
	int side_slices;    /* pooled slices in which it touches a side face, */
	int side_last;      /* the last of them */
	bool chosen;
};

struct parts {
	int n[3];           /* pooled cells per axis */
	int pool;           /* coarse voxels per cell across; POOL_Z of them along z */
	double um[3];       /* of a cell */
	struct holder_part *part;
	int count;
};

/* Cells count as bone where at least two of their coarse voxels reach the threshold: thin walls stay whole, and
 * gaps of a cell, as the growth plate's, are closed. Parts of few voxels are left out. 0 or GPPI_E_NOMEM; free
 * with parts_free(). */
int parts_find(const struct overview *c, double threshold, struct parts *out);
void parts_free(struct parts *p);

#endif
