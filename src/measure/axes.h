/* The middle of a shape: voxels whose largest ball lies in no neighbour's, but for 0.9 voxels (as in IPL's ridge).
 * One or two voxels wide. */
#ifndef MEASURE_AXES_H
#define MEASURE_AXES_H

#include "measure/grid.h"

/* out[i] = 1 where voxel i is in the middle of the mask, and in `where` (NULL: all). */
int axes_find(const struct grid *g, const uint8_t *mask, const uint8_t *where, int threads, uint8_t *out,
	      struct gppi_error *err);

#endif
