/* The VOI of a bone, segmented and measured. */
#ifndef BONE_MEASURE_H
#define BONE_MEASURE_H

#include "bone/bone.h"
#include "bone/knee.h"
#include "bone/turned.h"
#include "measure/measures.h"
#include "measure/segment.h"
#include "measure/segment_given.h"

#define MEASURE_AROUND 3 /* slices that the VOI is moved by, to see what an error of the plane does */

/* What is asked for. */
struct bone_measuring {
	struct segment_options segment;
	bool maps; /* of local thickness, for pictures */
	struct given_masks given; /* on the whole scan */
	bool secondary; /* the VOI begins where the secondary spongiosa does */
	unsigned also;  /* enum measure_also */
	bool shaft;     /* VOI and sections lie across the shaft's axis; else along the slices */
};

/* What an error of the plane does to a measure; NaN: not known. */
struct plane_effect {
	double moved[2];  /* the VOI moved by MEASURE_AROUND towards slice 0, and away */
	double low, high; /* least and greatest of all VOIs moved by up to MEASURE_AROUND */
};

struct bone_measures {
	struct segment_options how; /* as it was done */
	struct segment segment;
	struct measures measures;
	bool given_bone, given_tv; /* by masks: no threshold, no endosteum was used */
	bool secondary;           /* the VOI begins at the landmark and does not follow the plane: no effect */
	bool shaft;               /* across the shaft: turned, in voxels of the block */
	struct turned_voi turned;
	struct bone_knee knee;
	const char *unit;         /* that thresholds are told in */
	struct scan_scale scale;  /* from the scan's unit to it */
	struct plane_effect effect[MEASURES];
	uint16_t *thickness, *spacing; /* squared radius of the largest ball, by voxel of the block, in the VOI; NULL:
					* none */
	double seconds;
};

/* Of a bone with a result: bone_detect(), bone_given(). Into bone->measures. GPPI_E_NOBONE where it has no VOI,
 * GPPI_E_UNSUPPORTED where the scan has no calibration to the unit of the threshold. */
int bone_measure(struct bone *bone, const struct bone_measuring *how, struct gppi_error *err);
/* Lets go of the measures. */
void bone_measures_drop(struct bone *bone);

/* What an error of the plane does for each slice of it; NaN: not known. */
double plane_effect_slope(const struct plane_effect *effect);

#endif
