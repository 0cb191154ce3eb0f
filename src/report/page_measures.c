/* The measures of a bone on the study page: numbers as text, outlines of the VOI in the views, one picture in
 * colours. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "report/jpeg.h"
#include "report/measures.h"
#include "report/page_parts.h"
#include "report/qc_measures.h"
#include "report/qc_page.h"
#include "report/report.h"
#include "report/voi_view.h"

#define QUALITY 80

static json_t *short_number(double value, int digits)
{
	char buf[32];

	return isfinite(value) ? json_string(number_short(buf, sizeof buf, digits, value)) : json_null();
}

static json_t *values(const struct bone_measures *m)
{
	json_t *list = json_array();

	for (int i = 0; list && i < MEASURES; i++) {
		const struct measure_name *name = measure_name((enum measure)i);
		const struct plane_effect *e = &m->effect[i];
		if (measure_not_asked(&m->measures, (enum measure)i))
			continue;
		const char *why = m->measures.why[i] ? m->measures.why[i] : "";
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s}",
			"name", name->label, "unit", name->unit,
			"value", short_number(m->measures.value[i] * name->scale, 5),
			"low", short_number(e->low * name->scale, 4), "high", short_number(e->high * name->scale, 4),
			"per_plane", short_number(plane_effect_slope(e) * name->scale, 3), "why", why));
	}
	return list;
}

/* First and last column with a bit; -1, -1 where there is none. */
static void ends(const uint8_t *row, int w, int bit, int *first, int *last)
{
	*first = *last = -1;
	for (int i = 0; i < w; i++)
		if (row[i] & bit) {
			*first = *first < 0 ? i : *first;
			*last = i;
		}
}

/* By view: the first row with bone of the VOI, and for it and those below first and last columns of bone and of its
 * inside. */
static json_t *outline(const struct bone *bone, enum section_kind kind, int w, int h)
{
	uint8_t *tissue = malloc((size_t)w * (size_t)h);
	json_t *rows = json_array();
	int top = -1;

	if (tissue)
		voi_tissue_section(bone, kind, w, h, tissue);
	for (int y = 0; tissue && y < h; y++) {
		int at[4];
		ends(tissue + (size_t)y * (size_t)w, w, VOI_INSIDE, &at[0], &at[3]);
		ends(tissue + (size_t)y * (size_t)w, w, VOI_TV, &at[1], &at[2]);
		if (at[0] < 0)
			continue;
		top = top < 0 ? y : top;
		json_array_append_new(rows, json_pack("[i, i, i, i]", at[0], at[1], at[2], at[3]));
	}
	free(tissue);
	return json_pack("{s:i, s:o}", "top", top, "rows", rows);
}

json_t *page_measured(const struct bone *bone, int view_w, int view_h)
{
	const struct report_measures r = report_measures_of(bone);
	json_t *views = json_array(), *doubts = json_array();

	for (int i = bone->result.nreasons; doubts && report_measures_reason(&r, i); i++)
		json_array_append_new(doubts, json_string(report_measures_reason(&r, i)));
	for (int i = 0; views && i < PAGE_VIEWS; i++)
		json_array_append_new(views, outline(bone, page_section(i), view_w, view_h));
	return json_pack("{s:o, s:o, s:o}", "values", values(bone->measures), "outline", views, "doubts", doubts);
}

int page_measured_picture(const struct bone *bone, struct page_jpeg *out, struct gppi_error *err)
{
	static const struct colour background = { 24, 26, 30 };
	struct canvas c = { 0 };
	int rc = canvas_init(&c, QC_WIDTH, QC_MEASURES_PICTURES, background) < 0 ?
		 err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures", bone->result.name) : 0;

	if (rc >= 0)
		rc = qc_measures_pictures(bone, &c, 0, err);
	if (rc >= 0)
		rc = jpeg_colour(&c, QUALITY, &out->data, &out->size, err);
	canvas_free(&c);
	return rc;
}
