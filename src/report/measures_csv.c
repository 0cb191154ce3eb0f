/* The tables of measures as CSV: a row for each bone, and one for each slice. */
#include "report/measures.h"

#include <math.h>

#include "base/number.h"

static void number(FILE *out, double value)
{
	char buf[32];

	fprintf(out, ",%s", isfinite(value) ? number_short(buf, sizeof buf, REPORT_MEASURE_DIGITS, value) : "");
}

/* ---- bones ---- */

void report_measures_csv_head(FILE *out)
{
	fputs("name", out);
	for (int i = 0; i < MEASURES; i++)
		fprintf(out, ",%s", measure_name((enum measure)i)->json);
	fputs(",threshold,threshold_cortical,threshold_unit,threshold_rule,gauss_voxels,align,"
	      "gppi,voi_first,voi_last,confidence,status,reasons,"
	      "tv_voxels,bv_voxels,spacing_x_um,spacing_y_um,spacing_z_um,input", out);
	for (int i = 0; i < MEASURES; i++) {
		const char *name = measure_name((enum measure)i)->json;
		fprintf(out, ",%s_low,%s_high,%s_per_plane", name, name, name);
	}
	fputc('\n', out);
}

enum { OF_SCANS = 10 }; /* columns that csv_bone() fills */

static void commas(FILE *out, int n)
{
	while (n-- > 0)
		fputc(',', out);
}

static void csv_reasons(FILE *out, const struct report_measures *r)
{
	char all[1024] = "";
	size_t used = 0;

	fprintf(out, ",%s,", report_measures_reason(r, 0) ? "REVIEW" : "ok");
	for (int i = 0; report_measures_reason(r, i) && used < sizeof all; i++)
		used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? "; " : "",
					 report_measures_reason(r, i));
	report_csv_field(out, all);
}

static void csv_bone(FILE *out, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;

	number(out, report_has_thresholds(r) ? report_threshold(r, s->trabecular) : NAN);
	number(out, report_has_thresholds(r) ? report_threshold(r, s->cortical) : NAN);
	fprintf(out, ",%s", report_has_thresholds(r) ? r->bone->unit : "");
	fprintf(out, ",%s", report_rule(r));
	number(out, report_has_thresholds(r) ? s->sigma : NAN);
	fprintf(out, ",%s", r->bone->shaft ? "shaft" : "slices");
	fprintf(out, ",%d,%d,%d", r->result->gppi, r->result->voi_first, r->result->voi_last);
	number(out, r->result->confidence);
}

void report_measures_csv(FILE *out, const struct report_measures *r)
{
	report_csv_field(out, r->name);
	for (int i = 0; i < MEASURES; i++)
		number(out, r->measures->value[i]);
	if (r->bone)
		csv_bone(out, r);
	else
		commas(out, OF_SCANS);
	csv_reasons(out, r);
	fprintf(out, ",%llu,%llu", (unsigned long long)r->measures->tv_voxels,
		(unsigned long long)r->measures->bv_voxels);
	for (int i = 0; i < 3; i++)
		number(out, r->grid->mm[i] * 1000);
	fputc(',', out);
	report_csv_field(out, r->input);
	for (int i = 0; i < MEASURES; i++) {
		number(out, r->bone ? r->bone->effect[i].low : NAN);
		number(out, r->bone ? r->bone->effect[i].high : NAN);
		number(out, report_per_plane(r, i));
	}
	fputc('\n', out);
}

void report_measures_csv_failure(FILE *out, const struct report_failure *failure)
{
	report_csv_field(out, failure->name);
	commas(out, MEASURES + OF_SCANS);
	fputs(",failed,", out);
	report_csv_field(out, failure->why->text);
	commas(out, 6);
	report_csv_field(out, failure->input);
	commas(out, 3 * MEASURES);
	fputc('\n', out);
}

/* ---- slices ---- */

void report_sections_csv_head(FILE *out)
{
	fputs("name,slice,tv_mm3,bv_mm3,tt_ar_mm2,ct_ar_mm2,ma_ar_mm2,ct_ar_tt_ar,ct_th_2d_mm,"
	      "imin_mm4,imax_mm4,j_mm4\n", out);
}

/* Slice of the scan where a layer crosses the axis: to 0.01, as layers are less than a slice apart there. */
static double crossing(const struct bone_measures *b, int k)
{
	return rint(100 * (turned_slice(&b->turned, k) + b->segment.grey.first[2])) / 100;
}

void report_sections_csv(FILE *out, const struct report_measures *r)
{
	const double mm3 = grid_mm3(r->grid);

	for (int z = r->measures->first; z <= r->measures->last; z++) {
		const struct measure_slice *v = &r->measures->slice[z];
		const struct cross_section *s = &v->section;
		const double value[] = { (double)v->tv * mm3, (double)v->bv * mm3, s->total_mm2, s->cortex_mm2,
					 s->marrow_mm2,
					 s->cortex_mm2 / s->total_mm2, 2 * s->cortex_mm2 / (s->outer_mm + s->inner_mm),
					 s->imin_mm4, s->imax_mm4, s->imin_mm4 + s->imax_mm4 };
		report_csv_field(out, r->name);
		if (r->bone && r->bone->shaft)
			number(out, crossing(r->bone, z));
		else
			fprintf(out, ",%d", r->bone ? z + r->bone->segment.grey.first[2] : z);
		for (size_t i = 0; i < sizeof value / sizeof *value; i++)
			number(out, value[i]);
		fputc('\n', out);
	}
}
