/* Exact Euclidean distances in voxels, squared: integers, so that the same place has the same value for every thread
 * count and processor. For blocks of even spacing (grid_is_even()). */
#ifndef MEASURE_DISTANCE_H
#define MEASURE_DISTANCE_H

#include "measure/grid.h"

#define DISTANCE_FAR 65535 /* 256 voxels away or more, or nothing there to be away from */

/* out[i]: squared distance of voxel i, from centre to centre, to the nearest voxel that is a zero of the mask (to_set:
 * that is not); 0 there. Outside of the block there is nothing. out: grid_voxels() values, the caller's. */
int distance_squared(const struct grid *g, const uint8_t *mask, bool to_set, int threads, uint16_t *out, struct err *err);

#endif
