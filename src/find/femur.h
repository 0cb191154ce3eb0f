/* Selects the femur among the bright components of a coarse volume. */
#ifndef FIND_FEMUR_H
#define FIND_FEMUR_H

#include <stdbool.h>
#include <stdint.h>

#include "find/overview.h"

struct femur {
	uint8_t *mask;      /* [nz][ny][nx], 1 = bone of the femur; owner: caller, free() */
	int z0, z1;         /* first and last coarse slice with bone */
	size_t volume;      /* coarse voxels */
	double side_share;  /* part of its slices in which it touches a side face */
	int side_slices;    /* their number */
};

/* Connected components of values >= threshold (gaps of two coarse voxels along z closed); the one
 * that is large, long in z and away from the side faces, with a separate epiphysis joined to
 * it. Returns 1 found, 0 nothing large enough, GPPI_E_NOMEM. */
int femur_find(const struct overview *c, double threshold, struct femur *out);

#endif
