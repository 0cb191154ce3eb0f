/* Exact Euclidean distances in voxels, squared: integers, so that the same place has the same value for every thread
 * count and processor. For blocks of even spacing (grid_is_even()). */
#ifndef MEASURE_DISTANCE_H
#define MEASURE_DISTANCE_H

#include "measure/grid.h"

#define DISTANCE_FAR 65535 /* 256 voxels away or more, or nothing there to be away from */

#define DISTANCE_REACH 255 /* the longest there is */

/* out[i]: squared distance of voxel i, from centre to centre, to the nearest voxel that is a zero of the mask (to_set:
 * that is not); 0 there. Outside of the block there is nothing. Right up to a distance of `reach` (1..DISTANCE_REACH);
 * what is farther away has any value above reach squared. out: grid_voxels() values, the caller's. */
int distance_squared(const struct grid *g, const uint8_t *mask, bool to_set, int reach, int threads, uint16_t *out,
		     struct gppi_error *err);

/* A mask grown or shrunk with balls, the voxels at a squared distance of at most `limit`, which is below the square
 * of DISTANCE_REACH: out[i] is 1 where such a ball around voxel i meets the mask (to_set), or where it meets no
 * zero of it (not to_set). Outside of the block there is nothing. out: grid_voxels() values, the caller's; the mask
 * itself will do. */
int distance_balls(const struct grid *g, const uint8_t *mask, bool to_set, int limit, int threads, uint8_t *out,
		   struct gppi_error *err);

#endif
