/* The balls that a shape is made of: around each voxel the largest one that holds no voxel outside of the shape, as far
 * as no ball beside contains it. A ball of squared radius r2 is the voxels at a squared distance below r2 from its
 * centre. */
#ifndef MEASURE_BALLS_H
#define MEASURE_BALLS_H

#include "measure/grid.h"

struct ball {
	uint16_t x, y, r2;
};

/* The balls of every slice, largest first. */
struct balls {
	struct ball **slice; /* nz lists */
	size_t *n;
	int nz;
	int largest; /* r2 of the largest ball; 0: there is none */
};

/* r2: distance_squared() of the shape, below DISTANCE_FAR everywhere. Balls are left out only where that of a neighbour
 * contains all of their voxels: the union, and the largest ball at each voxel, are those of all balls. That holds in
 * slices first .. last: those from which no ball reaches these have none. Sizes of the grid up to 65536 along x and y.
 * balls_free(), also after a failure. */
int balls_find(const struct grid *g, const uint16_t *r2, int first, int last, int threads, struct balls *out,
	       struct gppi_error *err);
void balls_free(struct balls *balls);

#endif
