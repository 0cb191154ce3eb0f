#define _GNU_SOURCE
#include "report/measures.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/printable.h"
#include "gppi/gppi.h"
#include "report/report.h"

#define DIGITS 7 /* that numbers are given with: voxels are counted exactly */

static const char *text(double value, int digits, char *buf, size_t size)
{
	return isfinite(value) ? number_short(buf, size, digits, value) : "";
}

struct report_measures report_measures_of(const struct bone *bone)
{
	const struct gppi_result *result = &bone->result;

	return (struct report_measures){ .name = result->name, .input = result->input, .measures = &bone->measures->measures,
					 .grid = &bone->measures->segment.grey.grid, .result = result, .bone = bone->measures,
					 .spacing_known = report_spacing_word(result->spacing_known) };
}

double report_threshold(const struct report_measures *r, double value)
{
	return value * r->bone->scale.slope + r->bone->scale.intercept;
}

/* How much a measure changes for each slice that the plane is off; NaN: not known. */
static double per_plane(const struct report_measures *r, int i)
{
	return r->bone ? plane_effect_slope(&r->bone->effect[i]) : NAN;
}

const char *report_measures_reason(const struct report_measures *r, int i)
{
	const int plane = r->bone ? r->result->nreasons : 0, segment = r->bone ? r->bone->segment.ndoubts : 0;

	if (i < plane)
		return r->result->reason[i];
	if (i - plane < segment)
		return r->bone->segment.doubt[i - plane];
	return i == plane + segment ? r->measures->doubt : NULL;
}

/* ---- text ---- */

static void text_reasons(FILE *out, const struct report_measures *r)
{
	for (int i = 0; report_measures_reason(r, i); i++)
		fprintf(out, "  %-18s %s\n", "", report_measures_reason(r, i));
}

static void text_bone(FILE *out, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;
	char a[32], b[32];

	fprintf(out, "  %-18s %d, VOI slices %d to %d, confidence %.2f  %s\n", "plane", r->result->gppi, r->result->voi_first,
		r->result->voi_last, r->result->confidence, report_measures_reason(r, 0) ? "REVIEW" : "ok");
	text_reasons(out, r);
	fprintf(out, "  %-18s %s in the spongiosa, %s in the cortex, %s; Gauss %g voxels\n", "threshold",
		text(report_threshold(r, s->trabecular), 5, a, sizeof a),
		text(report_threshold(r, s->cortical), 5, b, sizeof b), r->bone->unit, s->sigma);
}

void report_measures_text(FILE *out, const struct report_measures *r)
{
	const struct measures *m = r->measures;
	char number[32], lo[32], hi[32];

	printable_put(out, r->name, 0);
	fputc('\n', out);
	if (r->bone) {
		text_bone(out, r);
	} else if (report_measures_reason(r, 0)) {
		fputs("  REVIEW\n", out);
		text_reasons(out, r);
	}
	fprintf(out, "  %-18s %llu of %llu voxels of %g x %g x %g um (%s)\n", "bone in TV", (unsigned long long)m->bv_voxels,
		(unsigned long long)m->tv_voxels, r->grid->mm[0] * 1000, r->grid->mm[1] * 1000, r->grid->mm[2] * 1000,
		r->spacing_known);
	for (int i = 0; i < MEASURES; i++) {
		const struct measure_name *name = measure_name((enum measure)i);
		if (m->why[i]) {
			fprintf(out, "  %-18s -  (%s)\n", name->label, m->why[i]);
			continue;
		}
		fprintf(out, "  %-18s %s %s", name->label, text(m->value[i] * name->scale, 5, number, sizeof number), name->unit);
		if (r->bone && isfinite(per_plane(r, i)))
			fprintf(out, "  (plane -%d: %s, +%d: %s)", MEASURE_AROUND,
				text(r->bone->effect[i].moved[0] * name->scale, 4, lo, sizeof lo), MEASURE_AROUND,
				text(r->bone->effect[i].moved[1] * name->scale, 4, hi, sizeof hi));
		fputc('\n', out);
	}
	if (r->methods) {
		fputc('\n', out);
		report_methods(out, r);
	}
}

/* ---- CSV ---- */

void report_measures_csv_head(FILE *out)
{
	fputs("name", out);
	for (int i = 0; i < MEASURES; i++)
		fprintf(out, ",%s", measure_name((enum measure)i)->json);
	fputs(",threshold,threshold_cortical,threshold_unit,gauss_voxels,gppi,voi_first,voi_last,confidence,status,reasons,"
	      "bv_tv_per_plane,tv_voxels,bv_voxels,spacing_x_um,spacing_y_um,spacing_z_um,input\n", out);
}

static void csv_reasons(FILE *out, const struct report_measures *r)
{
	char all[1024] = "";
	size_t used = 0;

	fprintf(out, ",%s,", report_measures_reason(r, 0) ? "REVIEW" : "ok");
	for (int i = 0; report_measures_reason(r, i) && used < sizeof all; i++)
		used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? "; " : "", report_measures_reason(r, i));
	report_csv_field(out, all);
}

static void csv_bone(FILE *out, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;
	char number[32];

	fprintf(out, ",%s", text(report_threshold(r, s->trabecular), DIGITS, number, sizeof number));
	fprintf(out, ",%s,%s", text(report_threshold(r, s->cortical), DIGITS, number, sizeof number), r->bone->unit);
	fprintf(out, ",%s", text(s->sigma, DIGITS, number, sizeof number));
	fprintf(out, ",%d,%d,%d", r->result->gppi, r->result->voi_first, r->result->voi_last);
	fprintf(out, ",%s", text(r->result->confidence, 4, number, sizeof number));
}

void report_measures_csv(FILE *out, const struct report_measures *r)
{
	char number[32];

	report_csv_field(out, r->name);
	for (int i = 0; i < MEASURES; i++)
		fprintf(out, ",%s", text(r->measures->value[i], DIGITS, number, sizeof number));
	if (r->bone)
		csv_bone(out, r);
	else
		fputs(",,,,,,,,", out);
	csv_reasons(out, r);
	fprintf(out, ",%s", text(per_plane(r, MEASURE_BV_TV), DIGITS, number, sizeof number));
	fprintf(out, ",%llu,%llu", (unsigned long long)r->measures->tv_voxels, (unsigned long long)r->measures->bv_voxels);
	for (int i = 0; i < 3; i++)
		fprintf(out, ",%s", text(r->grid->mm[i] * 1000, DIGITS, number, sizeof number));
	fputc(',', out);
	report_csv_field(out, r->input);
	fputc('\n', out);
}

/* ---- JSON ---- */

/* A number with as many digits as it deserves; null where there is none. */
static json_t *number_of(double value)
{
	char buf[32];
	double rounded;

	if (!isfinite(value))
		return json_null();
	return number_parse(number_short(buf, sizeof buf, DIGITS, value), &rounded) ? json_real(rounded) : json_null();
}

static json_t *values(const struct report_measures *r)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		json_object_set_new(list, measure_name((enum measure)i)->json, number_of(r->measures->value[i]));
	json_object_set_new(list, "threshold",
			    r->bone ? number_of(report_threshold(r, r->bone->segment.trabecular)) : json_null());
	json_object_set_new(list, "threshold_cortical",
			    r->bone ? number_of(report_threshold(r, r->bone->segment.cortical)) : json_null());
	json_object_set_new(list, "threshold_unit", r->bone ? json_string(r->bone->unit) : json_null());
	return list;
}

static json_t *reasons(const struct report_measures *r)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		if (r->measures->why[i])
			json_object_set_new(list, measure_name((enum measure)i)->json, json_string(r->measures->why[i]));
	if (!r->bone)
		json_object_set_new(list, "threshold", json_string("a segmentation was given"));
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

/* What an error of the plane does: by measure, the change for each slice, and the values at both ends. */
static json_t *plane_error(const struct report_measures *r)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		if (isfinite(per_plane(r, i)))
			json_object_set_new(list, measure_name((enum measure)i)->json,
					    json_pack("{s:o, s:[o, o]}", "per_plane", number_of(per_plane(r, i)),
						      "moved", number_of(r->bone->effect[i].moved[0]),
						      number_of(r->bone->effect[i].moved[1])));
	return json_pack("{s:i, s:o, s:o}", "planes", MEASURE_AROUND,
			 "probability_within", report_number(r->result->confidence, 4), "measures", list);
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

static void add_bone(json_t *object, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;

	json_object_set_new(object, "gppi", report_index(r->result->gppi));
	json_object_set_new(object, "confidence", report_number(r->result->confidence, 4));
	json_object_set_new(object, "voi",
			    json_pack("{s:i, s:i}", "first", r->result->voi_first, "last", r->result->voi_last));
	json_object_set_new(object, "segmentation",
			    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:[i, i, i], s:[i, i, i]}", "rule",
				      r->bone->how.rule == SEGMENT_DUAL   ? "dual"
				      : r->bone->how.rule == SEGMENT_OTSU ? "otsu"
								     : "fixed",
				      "gauss_voxels", number_of(s->sigma), "marrow",
				      number_of(report_threshold(r, s->marrow)), "compact_bone",
				      number_of(report_threshold(r, s->compact)), "around",
				      number_of(report_threshold(r, s->medium)), "threshold_outer",
				      number_of(report_threshold(r, s->outer)), "closing_voxels", s->closing,
				      "first_voxel", s->grey.first[0], s->grey.first[1], s->grey.first[2], "dims",
				      s->grey.grid.n[0], s->grey.grid.n[1], s->grey.grid.n[2]));
	json_object_set_new(object, "plane_error", plane_error(r));
	json_object_set_new(object, "seconds_measure", report_number(r->bone->seconds, 4));
}

int report_measures_json(FILE *out, const struct report_measures *r, struct gppi_error *err)
{
	const struct measures *m = r->measures;
	json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:[o, o, o], s:s, s:s}",
		"name", report_string(r->name), "input", report_string(r->input), "measures", values(r),
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

/* ---- slices ---- */

void report_sections_csv_head(FILE *out)
{
	fputs("name,slice,tv_mm3,bv_mm3,tt_ar_mm2,ct_ar_mm2,ma_ar_mm2,ct_ar_tt_ar,ct_th_2d_mm,imin_mm4,imax_mm4,j_mm4\n", out);
}

void report_sections_csv(FILE *out, const struct report_measures *r)
{
	const double mm3 = grid_mm3(r->grid);

	for (int z = r->measures->first; z <= r->measures->last; z++) {
		const struct measure_slice *v = &r->measures->slice[z];
		const struct cross_section *s = &v->section;
		char buf[32];
		const double value[] = { (double)v->tv * mm3, (double)v->bv * mm3, s->total_mm2, s->cortex_mm2, s->marrow_mm2,
					 s->cortex_mm2 / s->total_mm2, 2 * s->cortex_mm2 / (s->outer_mm + s->inner_mm),
					 s->imin_mm4, s->imax_mm4, s->imin_mm4 + s->imax_mm4 };
		report_csv_field(out, r->name);
		fprintf(out, ",%d", r->bone ? z + r->bone->segment.grey.first[2] : z);
		for (size_t i = 0; i < sizeof value / sizeof *value; i++)
			fprintf(out, ",%s", text(value[i], DIGITS, buf, sizeof buf));
		fputc('\n', out);
	}
}
