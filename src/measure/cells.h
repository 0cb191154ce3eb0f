/* What the eight voxels around each corner of the voxel grid look like: one count of these patterns gives the Euler
 * characteristic, the surface and the directions of a structure within any part of a block, and the counts of parts add up. */
#ifndef MEASURE_CELLS_H
#define MEASURE_CELLS_H

#include "measure/grid.h"

#define CELLS_DIRECTIONS 13 /* of the 26 neighbours, one of each opposite pair */

struct cells {
	/* By pattern, and by how many of the eight voxels lie in the part. Bit 4 x + 2 z + y of a pattern is the voxel at
	 * (x, y, z), each 0 or 1, from the corner. */
	uint64_t count[256][9];
	uint64_t voxels; /* in the part */
};

/* where: the part; NULL: the whole block. The voxels beyond the faces of the block are taken to be like those before them:
 * the block is a part of something larger, and its faces are no surface. closed: the body ends at the faces; the part is
 * the block and one empty voxel around it. */
int cells_count(const struct grid *g, const uint8_t *mask, const uint8_t *where, bool closed, int threads, struct cells *out,
		struct err *err);

/* Euler characteristic (26-connected) of the part, as its share of that of something larger: each corner of the grid has its
 * own share, and counts as far as its voxels lie in the part (Odgaard and Gundersen 1993, for parts of any shape). */
double cells_euler(const struct cells *cells);

/* mm2, by Crofton's formula: changes of phase along 13 directions, each for its part of the sphere. Within 1 % for round
 * bodies of cubic voxels, 5 % where voxels are twice as high as wide. */
double cells_surface(const struct cells *cells, const struct grid *g);

/* Lengths of the axes of the mean intercept ellipsoid, ascending, in mm; false where it is none. The squared changes of phase
 * per mm along the 13 directions are fitted by n.M.n (least squares); the axes are 2 / sqrt(eigenvalues). */
bool cells_intercepts(const struct cells *cells, const struct grid *g, double axis[3]);

#endif
