#include "report/measures.h"

#include <math.h>

#include "base/number.h"
#include "base/printable.h"
#include "gppi/gppi.h"
#include "report/report.h"

#define DIGITS 7 /* that numbers are given with: voxels are counted exactly */

static const char *text(double value, int digits, char *buf, size_t size)
{
	return isfinite(value) ? number_short(buf, size, digits, value) : "";
}

void report_measures_text(FILE *out, const struct report_measures *r)
{
	const struct measures *m = r->measures;
	char number[32];

	printable_put(out, r->name, 0);
	fprintf(out, "\n  %-18s %llu of %llu voxels of %g x %g x %g um (%s)\n", "bone in TV", (unsigned long long)m->bv_voxels,
		(unsigned long long)m->tv_voxels, r->grid->mm[0] * 1000, r->grid->mm[1] * 1000, r->grid->mm[2] * 1000,
		r->spacing_known);
	for (int i = 0; i < MEASURES; i++) {
		const struct measure_name *name = measure_name((enum measure)i);
		if (m->why[i])
			fprintf(out, "  %-18s -  (%s)\n", name->label, m->why[i]);
		else
			fprintf(out, "  %-18s %s %s\n", name->label, text(m->value[i] * name->scale, 5, number, sizeof number),
				name->unit);
	}
}

void report_measures_csv_head(FILE *out)
{
	fputs("name", out);
	for (int i = 0; i < MEASURES; i++)
		fprintf(out, ",%s", measure_name((enum measure)i)->json);
	fputs(",tv_voxels,bv_voxels,spacing_x_um,spacing_y_um,spacing_z_um,input\n", out);
}

void report_measures_csv(FILE *out, const struct report_measures *r)
{
	char number[32];

	report_csv_field(out, r->name);
	for (int i = 0; i < MEASURES; i++)
		fprintf(out, ",%s", text(r->measures->value[i], DIGITS, number, sizeof number));
	fprintf(out, ",%llu,%llu", (unsigned long long)r->measures->tv_voxels, (unsigned long long)r->measures->bv_voxels);
	for (int i = 0; i < 3; i++)
		fprintf(out, ",%s", text(r->grid->mm[i] * 1000, DIGITS, number, sizeof number));
	fputc(',', out);
	report_csv_field(out, r->input);
	fputc('\n', out);
}

/* A number with as many digits as it deserves; null where there is none. */
static json_t *number_of(double value)
{
	char buf[32];
	double rounded;

	if (!isfinite(value))
		return json_null();
	return number_parse(number_short(buf, sizeof buf, DIGITS, value), &rounded) ? json_real(rounded) : json_null();
}

static json_t *values(const struct measures *m)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		json_object_set_new(list, measure_name((enum measure)i)->json, number_of(m->value[i]));
	return list;
}

static json_t *reasons(const struct measures *m)
{
	json_t *list = json_object();

	for (int i = 0; list && i < MEASURES; i++)
		if (m->why[i])
			json_object_set_new(list, measure_name((enum measure)i)->json, json_string(m->why[i]));
	return list;
}

static json_t *conventions(void)
{
	json_t *list = json_object();

	for (const struct measure_convention *c = measure_conventions; list && c->name; c++)
		json_object_set_new(list, c->name, json_string(c->text));
	return list;
}

int report_measures_json(FILE *out, const struct report_measures *r, struct err *err)
{
	const struct measures *m = r->measures;

	return report_json_line(out, json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:[o, o, o], s:s, s:s}",
		"name", report_string(r->name), "input", report_string(r->input), "measures", values(m),
		"reasons", reasons(m), "conventions", conventions(),
		"voxels", "tv", (json_int_t)m->tv_voxels, "bv", (json_int_t)m->bv_voxels,
		"spacing_um", number_of(r->grid->mm[0] * 1000), number_of(r->grid->mm[1] * 1000),
		number_of(r->grid->mm[2] * 1000),
		"spacing_known", r->spacing_known, "version", GPPI_VERSION), err);
}

void report_sections_csv(FILE *out, const struct report_measures *r)
{
	fputs("name,slice,tt_ar_mm2,ct_ar_mm2,ma_ar_mm2,ct_ar_tt_ar,ct_th_2d_mm,imin_mm4,imax_mm4,j_mm4\n", out);
	for (int z = 0; z < r->measures->nz; z++) {
		const struct cross_section *s = &r->measures->section[z];
		char buf[32];
		if (s->cortex_mm2 == 0)
			continue;
		const double value[] = { s->total_mm2, s->cortex_mm2, s->marrow_mm2, s->cortex_mm2 / s->total_mm2,
					 2 * s->cortex_mm2 / (s->outer_mm + s->inner_mm), s->imin_mm4, s->imax_mm4,
					 s->imin_mm4 + s->imax_mm4 };
		report_csv_field(out, r->name);
		fprintf(out, ",%d", z);
		for (size_t i = 0; i < sizeof value / sizeof *value; i++)
			fprintf(out, ",%s", text(value[i], DIGITS, buf, sizeof buf));
		fputc('\n', out);
	}
}
