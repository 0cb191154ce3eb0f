/* Results as a detection gives them, for the tests of reports. */
#ifndef TESTS_REPORT_SAMPLE_H
#define TESTS_REPORT_SAMPLE_H

#include <math.h>
#include <string.h>

#include "gppi/gppi.h"

static inline struct gppi_result sample(void)
{
	struct gppi_result r = {
		.name = "bone", .input = "in/bone.nii", .format = "NIfTI-1", .dims = { 400, 410, 642 },
		.gppi = 167, .gppi_exact = 166.7, .gppi_mm = 1.67, .spacing_um = { 10, 10, 10 },
		.spacing_known = GPPI_SPACING_READ, .voi_first = 197, .voi_last = 296, .confidence = 0.998,
		.voi = { .offset = 300, .length = 1000 }, .voi_offset = 30, .voi_count = 100, .voi_share = 1,
		.bone_last = 641,
		.longaxis_plane = 166.5, .longaxis_none = 0.0625, .rival_plane = NAN,
		.seconds_longaxis = 0.25, .sv_rough = 165, .sv_plane = 166.2, .cw_plane = 167.1,
		.cw_likelihood_plane = 167,
		.nfolds = 2, .sv_fold = { 166, 166.4 }, .model = GPPI_MODEL_ALL, .isa = "scalar",
	};
	return r;
}

static inline struct gppi_result no_plane(void)
{
	struct gppi_result r = sample();
	r.gppi = r.voi_first = r.voi_last = -1;
	r.gppi_exact = r.gppi_mm = r.confidence = r.sv_plane = r.cw_plane = NAN;
	r.spacing_known = GPPI_SPACING_ASSUMED;
	r.nreasons = 2;
	strcpy(r.reason[0], "first");
	strcpy(r.reason[1], "second, \"quoted\"");
	return r;
}

#endif
