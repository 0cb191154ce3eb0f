/* The periosteum: the filled outline of a bone. */
#ifndef MEASURE_PERIOSTEUM_H
#define MEASURE_PERIOSTEUM_H

#include "measure/grid.h"

struct outline_request {
	const struct grid *grid;
	uint8_t *bone;   /* cortex and whatever is joined to it; read only */
	int first, last; /* slices that matter */
	int threads;
};

/* Bone closed with balls of 4 voxels and filled slice by slice, into out. Where the cortex is open, so that marrow
 * would be outside, balls of 30 voxels bridge it; *unsure: slices of first .. last where that matters, or with a deep
 * notch. */
int periosteum_find(const struct outline_request *r, uint8_t *out, int *unsure, struct gppi_error *err);

#endif
