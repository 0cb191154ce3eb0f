/* Measures for people and programs. */
#ifndef REPORT_MEASURES_H
#define REPORT_MEASURES_H

#include <jansson.h>
#include <stdio.h>

#include "bone/measure.h"
#include "gppi/gppi.h"
#include "report/report.h"

/* What stands beside the numbers. */
struct report_measures {
	const char *name, *input;
	const struct measures *measures;
	const struct grid *grid;
	const char *spacing_known; /* a word */
	/* of a bone of a scan; both NULL where a segmentation was given */
	const struct gppi_result *result;
	const struct bone_measures *bone;
	const char *doubt[2]; /* why a person should look at the file of a segmentation; NULL: no reason */
	bool methods; /* text and JSON: with the paragraph for the methods section */
};

/* Of a bone that was measured. */
struct report_measures report_measures_of(const struct bone *bone);

void report_measures_text(FILE *out, const struct report_measures *r);
void report_measures_csv_head(FILE *out);
void report_measures_csv(FILE *out, const struct report_measures *r);
/* A bone, or an input, that was not measured; in JSON it is report_json_failure(). */
void report_measures_csv_failure(FILE *out, const struct report_failure *failure);
/* The numbers by name, null for missing ones, with the thresholds; NULL: out of memory. */
json_t *report_measures_values(const struct report_measures *r);
int report_measures_json(FILE *out, const struct report_measures *r, struct gppi_error *err);

/* Why a person should look: reasons of the plane, then of the segmentation, then of the numbers. NULL: no more. */
const char *report_measures_reason(const struct report_measures *r, int i);

#define REPORT_MEASURE_DIGITS 7 /* that numbers are given with: voxels are counted exactly */

/* Why an error of the plane is not said to change a VOI that begins at a landmark. */
#define REPORT_NOT_THE_PLANE "the VOI begins where the secondary spongiosa does, and does not follow the plane"

/* How much a measure changes for each slice that the plane is off; NaN: not known. */
double report_per_plane(const struct report_measures *r, int measure);

/* Was bone found by thresholds? Not where a mask was given. */
static inline bool report_has_thresholds(const struct report_measures *r)
{
	return r->bone && !r->bone->given_bone;
}

/* How bone was found: "mask", "dual", "local", "otsu" or "fixed". Of a bone of a scan. */
const char *report_rule(const struct report_measures *r);

/* A threshold or level of the scan in the unit that thresholds are told in: r->bone->unit. */
double report_threshold(const struct report_measures *r, double value);

/* The paragraph for the methods section: every setting, and references. */
void report_methods(FILE *out, const struct report_measures *r);

/* Areas and moments slice by slice, as CSV. */
void report_sections_csv_head(FILE *out);
void report_sections_csv(FILE *out, const struct report_measures *r);

#endif
