/* The VOI of a bone, segmented and measured. */
#ifndef BONE_MEASURE_H
#define BONE_MEASURE_H

#include "bone/bone.h"
#include "measure/measures.h"
#include "measure/segment.h"

#define MEASURE_AROUND 3 /* slices that the VOI is moved by, to see what an error of the plane does */

struct bone_measures {
	struct segment segment;
	struct measures measures;
	const char *unit;         /* that thresholds are told in */
	struct scan_scale scale;  /* from the scan's unit to it */
	double moved[2][MEASURES]; /* the VOI moved by MEASURE_AROUND towards slice 0, and away; NaN where it cannot be */
	double seconds;
};

/* Of a bone with a result: bone_detect(), bone_given(). GPPI_E_NOBONE where it has no VOI,
 * GPPI_E_UNSUPPORTED where the scan has no calibration to the unit of the threshold. bone_measures_free(), also after a
 * failure. */
int bone_measure(struct bone *bone, const struct segment_options *how, struct bone_measures *out,
		 struct gppi_error *err);
void bone_measures_free(struct bone_measures *m);

#endif
