/* Local thickness (Hildebrand and Ruegsegger 1997): at each voxel of a shape the diameter of the largest ball within the
 * shape that covers it. Exact: every ball, integer squared radii; the same for every thread count and processor.
 *
 * The diameter is 2r, r the distance from the ball's centre to the nearest voxel outside, centre to centre; the ball
 * covers voxels nearer than r (BoneJ's and Fiji's diameter). Outside of the block there is nothing: balls may leave it. */
#ifndef MEASURE_THICKNESS_H
#define MEASURE_THICKNESS_H

#include "measure/grid.h"

struct thickness {
	double mean, sd, max; /* mm; s.d. of the population. NaN where voxels is 0 */
	uint64_t voxels;      /* that were averaged */
	const char *why;      /* why there is none, or NULL */
};

struct thickness_of {
	const struct grid *grid; /* of even spacing, else there is none (why) */
	const uint8_t *mask;
	bool inverse;         /* the shape is what the mask leaves */
	const uint8_t *where; /* only voxels that are not 0 here are averaged (and painted); NULL: all */
	int threads;
	uint16_t *map; /* squared radius by voxel, 0 outside of the shape or `where`; NULL: not wanted */
};

/* Fails for lack of memory only. A shape wider than 510 voxels, or that fills the block, has no thickness (why). */
int thickness_measure(const struct thickness_of *of, struct thickness *out, struct err *err);

#endif
