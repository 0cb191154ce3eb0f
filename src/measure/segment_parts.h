/* A segmentation on its way (segment.c). */
#ifndef MEASURE_SEGMENT_PARTS_H
#define MEASURE_SEGMENT_PARTS_H

#include "measure/segment.h"
#include "measure/shape.h"

struct segment_job {
	struct scan *scan;
	const struct segment_place *where;
	const struct segment_options *o;
	struct segment *out;
	struct grey calm; /* smoothed more: where bone, cortex and marrow lie is no matter of single voxels */
	uint16_t *r2; /* room for distances */
	uint8_t *outline, *marrow;
	int16_t *local; /* by voxel: its threshold within the endosteum; NULL: one for all */
};

/* segment_levels.c: levels of marrow and of compact bone, from voxels that are far enough from everything else. */
int segment_levels(struct segment_job *job, const uint8_t *bone, struct gppi_error *err);
/* Thresholds from these, by the rule that was asked for. */
int segment_thresholds(struct segment_job *job, struct gppi_error *err);

/* segment_masks.c: the masks of the VOI from outline and marrow. */
int segment_fill_masks(struct segment_job *job, struct gppi_error *err);

/* segment_local.c: thresholds by voxel, free(); the mean of TV in the VOI becomes job->out->trabecular. */
int segment_local(struct segment_job *job, int16_t **threshold, struct gppi_error *err);

#endif
