/* Grey levels of a volume: what is medium, what is bone, and the threshold between. */
#ifndef FIND_LEVELS_H
#define FIND_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/overview.h"

struct levels {
	double medium;    /* most frequent value of what is not bone */
	double bone;      /* compact bone: an upper percentile of the bright class */
	double threshold; /* between them */
};

/* Splits all values; false where there is no second, brighter class (uniform, or only noise).
 * Works from the bright end, since bone may be 1 % of a volume that is itself of several kinds
 * (air, wax, soft tissue), where Otsu's split would part those. `top` is the share of voxels
 * that are not brighter than bone (0.999; less where there is metal). */
bool levels_split(const float *value, size_t n, double top, int threads, struct levels *out);

struct levels_box {
	int lo[3], hi[3]; /* x, y, z; first and last */
};

/* Sharper levels near a bone: from the values within `box`, of which mask marks those of the bone.
 * Leaves *lv as it is where there are too few. */
void levels_refine(const struct overview *c, const uint8_t *mask, const struct levels_box *box,
		   struct levels *lv);

/* Standard deviation of the noise: from differences between slices, of which most show no bone. */
double levels_noise(const struct overview *c, const struct levels *lv);

#endif
