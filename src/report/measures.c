#include "report/measures.h"

#include <math.h>

#include "base/number.h"
#include "base/printable.h"
#include "gppi/gppi.h"
#include "report/report.h"

struct report_measures report_measures_of(const struct bone *bone)
{
	const struct gppi_result *result = &bone->result;

	return (struct report_measures){ .name = result->name, .input = result->input,
					 .measures = &bone->measures->measures,
					 .grid = &bone->measures->segment.grey.grid, .result = result,
					 .bone = bone->measures,
					 .spacing_known = report_spacing_word(result->spacing_known) };
}

double report_threshold(const struct report_measures *r, double value)
{
	return value * r->bone->scale.slope + r->bone->scale.intercept;
}

const char *report_rule(const struct report_measures *r)
{
	static const char *const rule[] = {
		[SEGMENT_DUAL] = "dual", [SEGMENT_LOCAL] = "local", [SEGMENT_OTSU] = "otsu", [SEGMENT_FIXED] = "fixed",
	};

	return r->bone->given_bone ? "mask" : rule[r->bone->how.rule];
}

double report_per_plane(const struct report_measures *r, int measure)
{
	return r->bone ? plane_effect_slope(&r->bone->effect[measure]) : NAN;
}

const char *report_measures_reason(const struct report_measures *r, int i)
{
	const int plane = r->bone ? r->result->nreasons : 0, segment = r->bone ? r->bone->segment.ndoubts : 0;

	const char *own[] = { r->doubt[0] ? r->doubt[0] : r->doubt[1], r->doubt[0] ? r->doubt[1] : NULL };
	const int first = (own[0] != NULL) + (own[1] != NULL);

	if (i < first)
		return own[i];
	i -= first;
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

static const char *text(double value, int digits, char *buf, size_t size)
{
	return isfinite(value) ? number_short(buf, size, digits, value) : "";
}

/* Which plane, how sure it is, and what the brackets behind the numbers say. */
static void text_plane(FILE *out, const struct report_measures *r)
{
	const struct gppi_result *p = r->result;
	char sure[16];

	fprintf(out, "  %-18s %d", "plane", p->gppi);
	if (isnan(p->confidence))
		fputs(" (given)", out);
	fprintf(out, ", VOI slices %d to %d", p->voi_first, p->voi_last);
	if (isfinite(p->confidence))
		fprintf(out, ", confidence %s", report_confidence(p->confidence, sure, sizeof sure));
	fprintf(out, "  %s\n", report_measures_reason(r, 0) ? "REVIEW" : "ok");
	text_reasons(out, r);
	if (r->bone->secondary)
		fprintf(out, "  %-18s none: %s\n", "ranges", REPORT_NOT_THE_PLANE);
	else
		fprintf(out, "  %-18s range for planes within %d slices (probability %s); change per slice\n",
			"in brackets", MEASURE_AROUND,
			isfinite(p->confidence) ? report_confidence(p->confidence, sure, sizeof sure)
						: "unknown, the plane was given");
}

static void text_bone(FILE *out, const struct report_measures *r)
{
	const struct segment *s = &r->bone->segment;
	char a[32], b[32];

	text_plane(out, r);
	if (!report_has_thresholds(r))
		fprintf(out, "  %-18s that of the mask\n", "bone");
	else
		fprintf(out, "  %-18s %s in the spongiosa%s, %s in the cortex, %s; Gauss %g voxels\n", "threshold",
			text(report_threshold(r, s->trabecular), 5, a, sizeof a),
			r->bone->how.rule == SEGMENT_LOCAL ? " (mean of local ones)" : "",
			text(report_threshold(r, s->cortical), 5, b, sizeof b), r->bone->unit, s->sigma);
	if (r->bone->given_tv)
		fprintf(out, "  %-18s that of the mask\n", "TV");
	fprintf(out, "  %-18s %s, %.1f degrees between them\n", "VOI and sections",
		r->bone->shaft ? "across the shaft, not along the slices" : "along the slices, not across the shaft",
		r->result->tilt_deg);
}

void report_measures_text(FILE *out, const struct report_measures *r)
{
	const struct measures *m = r->measures;
	char number[32], lo[32], hi[32], change[32];

	printable_put(out, r->name, 0);
	fputc('\n', out);
	if (r->bone) {
		text_bone(out, r);
	} else if (report_measures_reason(r, 0)) {
		fputs("  REVIEW\n", out);
		text_reasons(out, r);
	}
	fprintf(out, "  %-18s %llu of %llu voxels of %g x %g x %g um (%s)\n", "bone in TV",
		(unsigned long long)m->bv_voxels, (unsigned long long)m->tv_voxels, r->grid->mm[0] * 1000,
		r->grid->mm[1] * 1000, r->grid->mm[2] * 1000, r->spacing_known);
	for (int i = 0; i < MEASURES; i++) {
		const struct measure_name *name = measure_name((enum measure)i);
		if (measure_not_asked(m, (enum measure)i))
			continue;
		if (m->why[i]) {
			fprintf(out, "  %-18s -  (%s)\n", name->label, m->why[i]);
			continue;
		}
		fprintf(out, "  %-18s %s %s", name->label, text(m->value[i] * name->scale, 5, number, sizeof number),
			name->unit);
		if (r->bone && isfinite(report_per_plane(r, i)))
			fprintf(out, "  (%s to %s; %s)", text(r->bone->effect[i].low * name->scale, 4, lo, sizeof lo),
				text(r->bone->effect[i].high * name->scale, 4, hi, sizeof hi),
				text(report_per_plane(r, i) * name->scale, 2, change, sizeof change));
		fputc('\n', out);
	}
	if (r->methods) {
		fputc('\n', out);
		report_methods(out, r);
	}
}
