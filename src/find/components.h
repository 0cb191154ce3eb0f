/* Connected components of a small volume, by runs along x. */
#ifndef FIND_COMPONENTS_H
#define FIND_COMPONENTS_H

#include <stdint.h>

struct run {
	int32_t first, end; /* x, first..end-1 */
	int32_t part;       /* component, 0..parts-1 */
};

struct components {
	struct run *run;
	int32_t *row;       /* [ny * nz + 1]: row[r]..row[r+1]-1 are the runs of row r = z * ny + y */
	int32_t parts;      /* components, numbered in the order of their first voxels */
};

enum components_joined { /* which voxels belong together */
	JOINED_BY_FACES,     /* 6 neighbours */
	JOINED_IN_SLICES,    /* by faces, those of a slice only */
	JOINED_BY_CORNERS    /* 26 neighbours */
};

/* Joins voxels >= least (1..255) of value[nz][ny][nx].
 * nx, ny, nz: 1 or more, their product below 2^31. 0, or GPPI_E_NOMEM; free with components_free() in either case. */
int components_find(const uint8_t *value, const int n[3], uint8_t least, enum components_joined how,
		    struct components *out);
void components_free(struct components *r);

#endif
