/* The measures of a bone as a JSON object. */
#define _GNU_SOURCE
#include "report/measures.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "gppi/gppi.h"

/* A number with its significant digits; null where there is none. */
static json_t *number_of(double value)
{
	char buf[32];
	double rounded;

	if (!isfinite(value))
		return json_null();
	return number_parse(number_short(buf, sizeof buf, REPORT_MEASURE_DIGITS, value), &rounded)
		? json_real(rounded) : json_null();
}

json_t *report_measures_values(const struct report_measures *r)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		json_object_set_new(list, measure_name((enum measure)i)->json, number_of(r->measures->value[i]));
	json_object_set_new(list, "threshold",
			    report_has_thresholds(r) ? number_of(report_threshold(r, r->bone->segment.trabecular))
						     : json_null());
	json_object_set_new(list, "threshold_cortical",
			    report_has_thresholds(r) ? number_of(report_threshold(r, r->bone->segment.cortical))
						     : json_null());
	json_object_set_new(list, "threshold_unit",
			    report_has_thresholds(r) ? json_string(r->bone->unit) : json_null());
	return list;
}

static json_t *reasons(const struct report_measures *r)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		if (r->measures->why[i])
			json_object_set_new(list, measure_name((enum measure)i)->json,
					    json_string(r->measures->why[i]));
	static const char *const thresholds[] = { "threshold", "threshold_cortical", "threshold_unit" };
	for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds && !report_has_thresholds(r); i++)
		json_object_set_new(list, thresholds[i], json_string("a segmentation was given"));
	return list;
}

static json_t *conventions(void)
{
	json_t *list = json_object();

	for (const struct measure_convention *c = measure_conventions; list && c->name; c++)
		json_object_set_new(list, c->name, json_string(c->text));
	return list;
}

static json_t *review(const struct report_measures *r)
{
	json_t *list = json_array();

	for (int i = 0; list && report_measures_reason(r, i); i++)
		json_array_append_new(list, report_string(report_measures_reason(r, i)));
	return list;
}

/* What an error of the plane does: by measure, the change for each slice, the range of all VOIs of planes that are
 * up to some slices off, and the values at both ends. How probable such planes are is not known where the
 * plane was given. */
static json_t *plane_error(const struct report_measures *r)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		if (isfinite(report_per_plane(r, i))) {
			const struct plane_effect *e = &r->bone->effect[i];
			json_object_set_new(list, measure_name((enum measure)i)->json,
					    json_pack("{s:o, s:[o, o], s:[o, o]}", "per_plane",
						      number_of(report_per_plane(r, i)), "range", number_of(e->low),
						      number_of(e->high), "moved", number_of(e->moved[0]),
						      number_of(e->moved[1])));
		}
	json_t *all = json_pack("{s:i, s:s, s:o, s:o}", "planes", MEASURE_AROUND, "plane",
				isnan(r->result->confidence) ? "given" : "detected", "probability_within",
				report_number(r->result->confidence, 4), "measures", list);
	if (all && r->bone->secondary)
		json_object_set_new(all, "reason", json_string(REPORT_NOT_THE_PLANE));
	return all;
}

static json_t *methods_json(const struct report_measures *r)
{
	char *text_of = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text_of, &n);

	if (!f)
		return NULL;
	report_methods(f, r);
	fclose(f);
	json_t *s = json_string(text_of);
	free(text_of);
	return s;
}

static json_t *landmark(const struct landmark *l)
{
	return l->why ? json_pack("{s:n, s:s}", "slice", "reason", l->why)
		      : json_pack("{s:i, s:o}", "slice", (int)lrint(l->slice), "confidence",
				  report_number(l->confidence, 2));
}

/* Where things lie around the plane; and the place where the layer of the growth plate meets it. */
static json_t *knee(const struct report_measures *r)
{
	const struct bone_knee *k = &r->bone->knee;
	json_t *list = json_pack("{s:o, s:o, s:o}", "plate_begins", landmark(&k->begin), "plate_ends",
				 json_pack("{s:o, s:o}", "slice", report_index(r->result->gppi), "confidence",
					   report_number(r->result->confidence, 4)),
				 "secondary_begins", landmark(&k->secondary));

	if (list && !k->plate.why)
		json_object_set_new(list, "plate",
				    json_pack("{s:o, s:o, s:[o, o]}", "seen", report_number(k->plate.seen, 3),
					      "passed_before_plane", report_number(k->plate.passed, 3), "touches",
					      report_number(k->touch[0], 5), report_number(k->touch[1], 5)));
	return list;
}

/* What VOI and sections lie along, or across. */
static json_t *align(const struct report_measures *r)
{
	const struct bone_measures *b = r->bone;
	const int z = b->segment.grey.first[2];
	json_t *list = json_pack("{s:s, s:o}", "to", b->shaft ? "shaft" : "slices", "tilt_deg",
				 report_number(r->result->tilt_deg, 3));

	if (list && b->shaft) { /* slices in which first and last layer cross the axis */
		json_object_set_new(list, "first", json_integer(z + lrint(turned_slice(&b->turned, b->turned.first))));
		json_object_set_new(list, "last", json_integer(z + lrint(turned_slice(&b->turned, b->turned.last))));
	}
	return list;
}

static void add_bone(json_t *object, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;

	json_object_set_new(object, "gppi", report_index(r->result->gppi));
	json_object_set_new(object, "confidence", report_number(r->result->confidence, 4));
	json_object_set_new(object, "voi",
			    json_pack("{s:i, s:i}", "first", r->result->voi_first, "last", r->result->voi_last));
	json_object_set_new(object, "align", align(r));
	json_object_set_new(object, "segmentation",
			    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:[i, i, i], s:[i, i, i], s:b}", "rule",
				      report_rule(r),
				      "gauss_voxels", number_of(s->sigma), "marrow",
				      number_of(report_threshold(r, s->marrow)), "compact_bone",
				      number_of(report_threshold(r, s->compact)), "around",
				      number_of(report_threshold(r, s->medium)), "threshold_outer",
				      number_of(report_threshold(r, s->outer)), "closing_voxels", s->closing,
				      "first_voxel", s->grey.first[0], s->grey.first[1], s->grey.first[2], "dims",
				      s->grey.grid.n[0], s->grey.grid.n[1], s->grey.grid.n[2],
				      "tv_given", r->bone->given_tv));
	json_object_set_new(object, "landmarks", knee(r));
	json_object_set_new(object, "plane_error", plane_error(r));
	json_object_set_new(object, "seconds_measure", report_number(r->bone->seconds, 4));
}

int report_measures_json(FILE *out, const struct report_measures *r, struct gppi_error *err)
{
	const struct measures *m = r->measures;
	json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:[o, o, o], s:s, s:s}",
		"name", report_string(r->name), "input", report_string(r->input), "measures", report_measures_values(r),
		"reasons", reasons(r), "review", review(r), "conventions", conventions(),
		"voxels", "tv", (json_int_t)m->tv_voxels, "bv", (json_int_t)m->bv_voxels,
		"spacing_um", number_of(r->grid->mm[0] * 1000), number_of(r->grid->mm[1] * 1000),
		number_of(r->grid->mm[2] * 1000),
		"spacing_known", r->spacing_known, "version", GPPI_VERSION);

	if (object && r->bone)
		add_bone(object, r);
	if (object && r->methods)
		json_object_set_new(object, "methods", methods_json(r));
	return report_json_line(out, object, err);
}
