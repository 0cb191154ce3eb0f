/* Local thickness (Hildebrand and Ruegsegger 1997): at each voxel of a shape the diameter of the largest ball within
 * the shape that covers it. Exact: every ball, integer squared radii; the same for every thread count and processor.
 *
 * The diameter is 2r, r the distance from the ball's centre to the nearest voxel outside, centre to centre; the ball
 * covers voxels nearer than r (BoneJ's and Fiji's diameter). Outside of the block there is nothing: balls may leave
 * it. */
#ifndef MEASURE_THICKNESS_H
#define MEASURE_THICKNESS_H

#include "measure/grid.h"

struct thickness { /* of a slice, or of several */
	uint64_t voxels;
	double sum, squares; /* of the diameters, in voxels */
	double max;          /* voxels */
};
void thickness_add(struct thickness *sum, const struct thickness *more);
/* So many voxels more, whose balls have this squared radius. */
void thickness_count(struct thickness *t, int r2, size_t voxels);

struct thickness_of {
	const struct grid *grid; /* of even spacing, else there is none (why) */
	const uint8_t *mask;
	bool inverse;         /* the shape is what the mask leaves */
	const uint8_t *where; /* only voxels that are not 0 here count; NULL: all */
	int first, last;      /* slices that count */
	int threads;
	uint16_t *map; /* squared radius by voxel of these slices, 0 outside of the shape or `where`; NULL: not
			* wanted */
};

/* Into out[first] .. out[last]. Fails for lack of memory only. *why: NULL, or why the shape has no thickness, which it
 * has not where it is wider than 510 voxels or fills the block. */
int thickness_measure(const struct thickness_of *of, struct thickness *out, const char **why, struct gppi_error *err);

#endif
