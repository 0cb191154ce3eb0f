#include "report/qc_measures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "report/measures.h"
#include "report/qc_page.h"
#include "report/qc_plate.h"
#include "report/ramp.h"
#include "report/voi_view.h"

enum { MARGIN = 16, COLUMNS = 3, GAP = 24, COLUMN_W = (QC_WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS,
       LINE = 22, SLICE_Y = 2 * LINE + 10, SLICE_H = 340, CUT_Y = SLICE_Y + SLICE_H + LINE + 14, CUT_H = 200,
       SCALE_Y = CUT_Y + CUT_H + 12, PLATE_Y = SCALE_Y + RAMP_BAR_H + LINE + 14,
       NUMBERS_Y = PLATE_Y + QC_PLATE_HEIGHT, ROWS = 5,
       REASONS = 2, LABEL_W = 84 };

static const struct colour white = { 240, 240, 240 }, dim = { 160, 166, 175 }, warn = { 255, 150, 50 },
	outer = { 64, 200, 255 }, inner = { 255, 120, 60 }, strut = { 255, 225, 90 };

static int column_x(int column)
{
	return MARGIN + column * (COLUMN_W + GAP);
}

/* ---- pictures ---- */

/* The end of a scale that most of the voxels lie below: 1, 2 or 5 times a power of ten, in mm. */
static double scale_end(const struct measures *m, enum measure mean)
{
	const double most = fmin(m->value[mean] + 3 * m->value[mean + 1], m->value[mean + 2]);

	if (!(most > 0))
		return 0.1;
	double unit = pow(10, floor(log10(most)));
	return unit * (most <= unit ? 1 : most <= 2 * unit ? 2 : most <= 5 * unit ? 5 : 10);
}

static void draw_colours(struct canvas *c, int x, int y, const struct voi_view *v, const float *mm, double end)
{
	for (int j = 0, i = 0; j < v->h; j++)
		for (int k = 0; k < v->w; k++, i++)
			if (mm[i] > 0)
				canvas_fill(c, x + k, y + j, 1, 1, ramp_colour(mm[i] / end), 1);
}

static void draw_outlines(struct canvas *c, int x, int y, const struct voi_view *v, bool struts)
{
	if (struts)
		canvas_edge(c, x, y, v->w, v->h, v->tissue, VOI_STRUT, 1, strut);
	canvas_edge(c, x, y, v->w, v->h, v->tissue, VOI_INSIDE, 1, outer);
	canvas_edge(c, x, y, v->w, v->h, v->tissue, VOI_TV, 1, inner);
}

/* The same view three times: with outlines, and with both kinds of thickness. */
static void draw_row(struct canvas *c, int y, const struct voi_view *v, const double end[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		canvas_grey(c, column_x(i), y, v->w, v->h, v->grey);
		if (i)
			draw_colours(c, column_x(i), y, v, i == 1 ? v->thickness : v->spacing, end[i]);
		draw_outlines(c, column_x(i), y, v, i == 0);
	}
}

static void heading(struct canvas *c, int y, const char *first, int at, const char *second, const char *third)
{
	char text[64];

	snprintf(text, sizeof text, "%s %d", first, at);
	canvas_text(c, column_x(0), y, TEXT_NORMAL, white, text);
	canvas_text(c, column_x(1), y, TEXT_NORMAL, white, second);
	canvas_text(c, column_x(2), y, TEXT_NORMAL, white, third);
}

static void length_bar(struct canvas *c, int x, int y, double px_per_mm)
{
	const int w = (int)lround(0.5 * px_per_mm);

	canvas_fill(c, x, y, w, 4, white, 1);
	canvas_text(c, x, y - 20, TEXT_NORMAL, white, "0.5 mm");
}

static void colour_bar(struct canvas *c, int x, int y, double end)
{
	char middle[32], high[32], number[16];

	snprintf(middle, sizeof middle, "%s", number_short(number, sizeof number, 4, end * 500));
	snprintf(high, sizeof high, "\u2265 %s \u00b5m", number_short(number, sizeof number, 4, end * 1000));
	ramp_bar(c, x, y, COLUMN_W, "0", middle, high);
}

static void legend(struct canvas *c, int x, int y)
{
	static const struct { const char *word; const struct colour *colour; } line[] = {
		{ "periosteum", &outer }, { "endosteum", &inner }, { "bone", &strut },
	};

	for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
		canvas_fill(c, x, y + 7, 14, 3, *line[i].colour, 1);
		canvas_text(c, x + 18, y, TEXT_NORMAL, dim, line[i].word);
		x += 18 + canvas_text_width(TEXT_NORMAL, line[i].word) + 12;
	}
}

int qc_measures_pictures(const struct bone *bone, struct canvas *c, int top, struct gppi_error *err)
{
	const struct measures *m = &bone->measures->measures;
	const double end[COLUMNS] = { 0, scale_end(m, MEASURE_TB_TH), scale_end(m, MEASURE_TB_SP) };
	struct voi_view slice, cut;
	int rc = voi_view_slice(bone, COLUMN_W, SLICE_H, &slice, err);

	if (rc >= 0) {
		heading(c, top + SLICE_Y - LINE, "VOI, slice", slice.at, "Tb.Th", "Tb.Sp");
		draw_row(c, top + SLICE_Y, &slice, end);
		length_bar(c, column_x(0) + 8, top + SLICE_Y + slice.h - 10, slice.px_per_mm);
		rc = voi_view_along(bone, COLUMN_W, CUT_H, &cut, err);
		if (rc >= 0) {
			heading(c, top + CUT_Y - LINE, "along the bone, y =", cut.at, "Tb.Th", "Tb.Sp");
			draw_row(c, top + CUT_Y, &cut, end);
			length_bar(c, column_x(0) + 8, top + CUT_Y + cut.h - 10, cut.px_per_mm);
		}
		voi_view_free(&cut);
	}
	voi_view_free(&slice);
	legend(c, column_x(0), top + SCALE_Y);
	for (int i = 1; i < COLUMNS; i++)
		colour_bar(c, column_x(i), top + SCALE_Y, end[i]);
	if (rc >= 0)
		rc = qc_plate_draw(bone, c, column_x(0), top + PLATE_Y, COLUMN_W, COLUMN_W + GAP, err);
	return rc;
}

/* ---- numbers ---- */

/* "Tb.Th  62.9 \u00b5m (62.1\u201363.5)": the range is that of an error of the plane. */
/* Three, as a column has no room for more; four where three would be an exponent. */
static int range_digits(double value)
{
	return fabs(value) >= 999.5 ? 4 : 3;
}

static void number(struct canvas *c, int x, int y, const struct bone_measures *m, enum measure which)
{
	const struct measure_name *name = measure_name(which);
	const struct plane_effect *e = &m->effect[which];
	const bool um = name->scale == 1 && strcmp(name->unit, "mm") == 0;
	const double scale = um ? 1000 : name->scale;
	char text[96], value[16], low[16], high[16];

	canvas_text(c, x, y, TEXT_NORMAL, dim, name->label);
	if (m->measures.why[which]) {
		canvas_text(c, x + LABEL_W, y, TEXT_NORMAL, dim, "-");
		return;
	}
	int n = snprintf(text, sizeof text, "%s %s",
			 number_short(value, sizeof value, 4, m->measures.value[which] * scale),
			 um ? "\u00b5m" : name->unit);
	if (isfinite(e->low) && isfinite(e->high))
		snprintf(text + n, sizeof text - (size_t)n, " (%s\u2013%s)",
			 number_short(low, sizeof low, range_digits(e->low * scale), e->low * scale),
			 number_short(high, sizeof high, range_digits(e->high * scale), e->high * scale));
	/* long ranges begin earlier: their labels are short */
	const int over = x + LABEL_W + canvas_text_width(TEXT_NORMAL, text) - (QC_WIDTH - MARGIN);
	canvas_text(c, x + LABEL_W - (over > 0 ? over : 0), y, TEXT_NORMAL, white, text);
}

static void numbers(const struct bone_measures *m, struct canvas *c, int top)
{
	static const enum measure shown[COLUMNS][ROWS] = {
		{ MEASURE_TV, MEASURE_BV_TV, MEASURE_TB_TH, MEASURE_TB_SP, MEASURE_TB_N },
		{ MEASURE_CONN_D, MEASURE_DA, MEASURE_BS_BV, MEASURE_TB_BMD, MEASURE_TMD },
		{ MEASURE_TT_AR, MEASURE_CT_AR, MEASURE_CT_TH, MEASURE_CT_PO, MEASURE_J },
	};

	for (int i = 0; i < COLUMNS; i++)
		for (int k = 0; k < ROWS; k++)
			number(c, column_x(i), top + NUMBERS_Y + k * LINE, m, shown[i][k]);
}

/* Thresholds, what the ranges mean, and why a person should look. */
static void notes(const struct report_measures *r, struct canvas *c, int top)
{
	char text[256], a[16], b[16], sigma[16];
	int y = top + NUMBERS_Y + ROWS * LINE + 6;

	if (!report_has_thresholds(r))
		snprintf(text, sizeof text, "bone: that of the mask; in brackets: the plane up to %d slices off",
			 MEASURE_AROUND);
	else
		snprintf(text, sizeof text,
			 "thresholds %s and %s (cortex) %s, Gauss %s voxels; in brackets: the plane up to %d slices "
			 "off",
			 number_short(a, sizeof a, 5, report_threshold(r, r->bone->segment.trabecular)),
			 number_short(b, sizeof b, 5, report_threshold(r, r->bone->segment.cortical)), r->bone->unit,
			 number_short(sigma, sizeof sigma, 3, r->bone->segment.sigma), MEASURE_AROUND);
	y += LINE * canvas_paragraph(c, MARGIN, y, QC_WIDTH - 2 * MARGIN, TEXT_NORMAL, LINE, 2, dim, text);
	for (int i = r->result->nreasons, n = 0; report_measures_reason(r, i) && n < REASONS; i++, n++) {
		snprintf(text, sizeof text, "REVIEW: %s", report_measures_reason(r, i));
		y += LINE * canvas_paragraph(c, MARGIN, y, QC_WIDTH - 2 * MARGIN, TEXT_NORMAL, LINE, 1, warn, text);
	}
}

int qc_measures_draw(const struct bone *bone, struct canvas *c, int top, struct gppi_error *err)
{
	const struct report_measures r = report_measures_of(bone);

	canvas_fill(c, MARGIN, top + 6, QC_WIDTH - 2 * MARGIN, 1, dim, 1);
	int rc = qc_measures_pictures(bone, c, top, err);
	if (rc < 0)
		return rc;
	numbers(bone->measures, c, top);
	notes(&r, c, top);
	return 0;
}
