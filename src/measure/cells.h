/* What the eight voxels around each corner of the voxel grid look like: one count of these patterns gives the Euler
 * characteristic, the surface and the directions of a structure within any part of a block, and the counts of parts add
 * up. */
#ifndef MEASURE_CELLS_H
#define MEASURE_CELLS_H

#include "measure/grid.h"

#define CELLS_DIRECTIONS 13 /* of the 26 neighbours, one of each opposite pair */

/* What a slice of a part adds: each corner of the voxel grid gives an eighth of what it counts to each of its eight
 * voxels. */
struct cells {
	uint64_t voxels;
	int64_t euler;                      /* 64ths */
	uint64_t changes[CELLS_DIRECTIONS]; /* of phase between neighbours, along each direction: 32nds */
};

/* Slices first .. last of the part `where` (NULL: of the whole block), into out[first] .. out[last]. Voxels beyond the
 * faces of the block are taken to be like those before them: the block is a part of something larger, and its faces are
 * no surface. */
int cells_count(const struct grid *g, const uint8_t *mask, const uint8_t *where, int first, int last, int threads,
		struct cells *out, struct gppi_error *err);
/* The same for a body that ends at the faces of the block: one sum for the block and an empty voxel around it. */
int cells_count_closed(const struct grid *g, const uint8_t *mask, int threads, struct cells *out,
		       struct gppi_error *err);

void cells_add(struct cells *sum, const struct cells *more);

/* Euler characteristic (26-connected) of the part, as its share of that of something larger: each corner counts as far
 * as its voxels lie in the part (Odgaard and Gundersen 1993, for parts of any shape). */
double cells_euler(const struct cells *cells);

/* mm2, by Crofton's formula: changes of phase along 13 directions, each for its part of the sphere. Within 1 % for
 * round bodies of cubic voxels, 5 % where voxels are twice as high as wide. */
double cells_surface(const struct cells *cells, const struct grid *g);

/* Lengths of the axes of the mean intercept ellipsoid, ascending, in mm; false where it is none. The squared changes of
 * phase per mm along the 13 directions are fitted by n.M.n (least squares); the axes are 2 / sqrt(eigenvalues). */
bool cells_intercepts(const struct cells *cells, const struct grid *g, double axis[3]);

#endif
