/* A laboratory's own masks in place of those that were found in a scan. */
#ifndef MEASURE_SEGMENT_GIVEN_H
#define MEASURE_SEGMENT_GIVEN_H

#include "measure/block.h"
#include "measure/segment.h"

struct given_masks { /* as large as the scan; NULL: not given */
	const struct block *bone; /* in place of thresholds */
	const struct block *tv;   /* in place of the endosteum found: what it leaves of the bone's outline is cortex */
};

/* Do they lie on the scan? GPPI_E_USAGE with a sentence where size, spacing or place differ. */
int given_masks_check(const struct given_masks *given, const struct scan *scan, struct gppi_error *err);
/* The same of a mask and its TV, without a scan. */
int given_pair_check(const struct block *mask, const struct block *tv, struct gppi_error *err);
/* Into the masks of a block of that scan. */
void given_masks_take(const struct given_masks *given, struct segment *s);

#endif
