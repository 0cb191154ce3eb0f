#include "report/qc_page.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/voi_view.h"

enum { MARGIN = 16, TOP = 68, VIEW_H = 472, VIEW_W_MAX = 300, VIEW_X = 64, VIEW_GAP = 22,
       MARK_W = 84, /* numbers beside the views */
       TILE_Y = 600, TILE_STEP = (QC_WIDTH - 2 * MARGIN - QC_TILE_PX) / (QC_TILES - 1),
       LINE = 22 };

static const struct colour background = { 24, 26, 30 }, white = { 240, 240, 240 },
	dim = { 160, 166, 175 }, plane_colour = { 255, 196, 0 }, voi_colour = { 64, 200, 255 },
	inner_colour = { 255, 120, 60 },
	longaxis_colour = { 190, 150, 255 },
	sv_colour = { 120, 220, 90 }, cw_colour = { 255, 120, 200 }, heavy_colour = { 255, 225, 90 },
	good = { 90, 210, 110 },
	warn = { 255, 150, 50 };

int qc_page_begin(struct qc_page *page, double side_um, struct gppi_error *err)
{
	double length = page->result->dims[2] * page->result->spacing_um[2];

	if (!(length > 0) || !(side_um > 0))
		return err_set(err, GPPI_E_USAGE, "%s: the result has no size to draw", page->result->name);
	page->px_per_um = fmin(VIEW_H / length, VIEW_W_MAX / side_um);
	page->view_w = (int)fmax(side_um * page->px_per_um, 1);
	page->view_h = (int)fmax(length * page->px_per_um, 1);
	page->tile_px_per_um = QC_TILE_PX / side_um;
	const int height = QC_HEIGHT + (page->measured ? QC_MEASURES_HEIGHT : 0);
	if (canvas_init(&page->canvas, QC_WIDTH, height, background) != 0)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for the QC picture");
	return 0;
}

void qc_page_free(struct qc_page *page)
{
	canvas_free(&page->canvas);
}

int qc_tile_offset(int tile)
{
	static const int offset[QC_TILES] = { -20, -10, 0, 10, 20 };
	return offset[tile];
}

/* Middle of a slice in a long-axis view. */
static int slice_y(const struct qc_page *page, double z)
{
	return TOP + (int)lround((z + 0.5) * page->view_h / page->result->dims[2]);
}

static int view_x(const struct qc_page *page, int which)
{
	return VIEW_X + which * (page->view_w + VIEW_GAP);
}

/* The text right of the views takes the width they leave. */
static int panel_x(const struct qc_page *page)
{
	return view_x(page, 1) + page->view_w + MARK_W;
}

static int panel_w(const struct qc_page *page)
{
	return QC_WIDTH - MARGIN - panel_x(page);
}

static void scale_bar(struct qc_page *page, int x, int y, double px_per_um)
{
	double mm = 1;
	int w = (int)lround(1000 * px_per_um);
	char label[32];

	if (w > 120) {
		w /= 2;
		mm = 0.5;
	}
	snprintf(label, sizeof label, page->result->spacing_known == GPPI_SPACING_ASSUMED ?
		 "%g mm?" : "%g mm", mm);
	canvas_fill(&page->canvas, x - 1, y - 1, w + 2, 6, background, 1);
	canvas_fill(&page->canvas, x, y, w, 4, white, 1);
	canvas_text(&page->canvas, x, y - 20, TEXT_NORMAL, white, label);
}

/* Slice numbers along the left edge. */
static void ruler(struct qc_page *page)
{
	int nz = page->result->dims[2], step = 1;
	char label[16];

	while (step * page->view_h / nz < 40) /* 1, 2, 5, 10, 20, 50 ... */
		step = step % 9 == 2 ? step / 2 * 5 : step * 2;
	for (int z = 0; z < nz; z += step) {
		int y = slice_y(page, z);
		snprintf(label, sizeof label, "%d", z);
		canvas_fill(&page->canvas, VIEW_X - 7, y, 7, 1, dim, 1);
		canvas_text(&page->canvas, VIEW_X - 10 - canvas_text_width(TEXT_NORMAL, label), y - 6,
			    TEXT_NORMAL, dim, label);
	}
}

static void model_tick(struct qc_page *page, int x, double z, struct colour colour)
{
	if (!isfinite(z))
		return;
	int y = slice_y(page, z);
	canvas_fill(&page->canvas, x - 6, y - 1, 12, 3, colour, 1);
	canvas_fill(&page->canvas, x + page->view_w - 6, y - 1, 12, 3, colour, 1);
}

/* Numbers beside the right view, where they hide no bone. */
static void marks(struct qc_page *page)
{
	const struct gppi_result *r = page->result;
	int x = view_x(page, 1) + page->view_w + 12;
	char label[32];

	if (r->gppi >= 0) {
		snprintf(label, sizeof label, "%d", r->gppi);
		canvas_text(&page->canvas, x, slice_y(page, r->gppi) - 6, TEXT_NORMAL, plane_colour, label);
	}
	if (r->voi_first >= 0) {
		snprintf(label, sizeof label, "VOI");
		canvas_text(&page->canvas, x, slice_y(page, (r->voi_first + r->voi_last) / 2.0) - 6,
			    TEXT_NORMAL, voi_colour, label);
	}
}

/* The VOI: its outlines where they are known, or a box. */
static void voi(struct qc_page *page, int x, const uint8_t *tissue)
{
	const struct gppi_result *r = page->result;
	const int w = page->view_w;

	if (tissue) {
		canvas_edge(&page->canvas, x, TOP, w, page->view_h, tissue, VOI_INSIDE, 1, voi_colour);
		canvas_edge(&page->canvas, x, TOP, w, page->view_h, tissue, VOI_TV, 1, inner_colour);
	} else if (r->voi_first >= 0 && r->voi_last >= r->voi_first) {
		int y0 = slice_y(page, r->voi_first - 0.5), y1 = slice_y(page, r->voi_last + 0.5);
		canvas_frame(&page->canvas, x + w / 8, y0, w - w / 4, y1 - y0 > 2 ? y1 - y0 : 2, 2, voi_colour);
	}
}

void qc_page_longaxis(struct qc_page *page, int which, double at, const uint8_t *grey, const uint8_t *tissue)
{
	const struct gppi_result *r = page->result;
	struct canvas *c = &page->canvas;
	int x = view_x(page, which), w = page->view_w, h = page->view_h;
	char label[48];

	canvas_grey(c, x, TOP, w, h, grey);
	canvas_frame(c, x - 1, TOP - 1, w + 2, h + 2, 1, dim);
	snprintf(label, sizeof label, "at %c = %d", which ? 'y' : 'x', (int)at);
	canvas_text(c, x, TOP - 21, TEXT_NORMAL, dim, label);
	voi(page, x, tissue);
	if (r->gppi >= 0)
		canvas_fill(c, x, slice_y(page, r->gppi) - 1, w, 2, plane_colour, 0.85);
	model_tick(page, x, r->longaxis_plane, longaxis_colour);
	model_tick(page, x, r->sv_plane, sv_colour);
	model_tick(page, x, r->cw_plane, cw_colour);
	for (int i = 0; i < r->nopinions && i < GPPI_MAX_OPINIONS; i++)
		model_tick(page, x, r->opinion[i].plane, heavy_colour);
	canvas_text(c, x + 6, TOP + 6, TEXT_NORMAL, white, r->shaft_first ? "shaft" : "knee");
	canvas_text(c, x + 6, TOP + h - 20, TEXT_NORMAL, white, r->shaft_first ? "knee" : "shaft");
	if (which == 0) {
		ruler(page);
	} else {
		scale_bar(page, x + w - 8 - (int)lround(1000 * page->px_per_um), TOP + h - 12,
			  page->px_per_um);
		marks(page);
	}
}

void qc_page_axial(struct qc_page *page, int tile, int z, const uint8_t *grey)
{
	struct canvas *c = &page->canvas;
	int x = MARGIN + tile * TILE_STEP, offset = qc_tile_offset(tile);
	bool on_plane = page->result->gppi >= 0 && offset == 0;
	char label[48];

	canvas_grey(c, x, TILE_Y, QC_TILE_PX, QC_TILE_PX, grey);
	if (page->result->gppi < 0)
		snprintf(label, sizeof label, "slice %d", z);
	else if (on_plane)
		snprintf(label, sizeof label, "GPPI %d", z);
	else
		snprintf(label, sizeof label, "%d (%d %s)", z, abs(z - page->result->gppi),
			 offset < 0 ? "to knee" : "to shaft");
	canvas_text(c, x, TILE_Y - 20, TEXT_NORMAL, on_plane ? plane_colour : white, label);
	canvas_frame(c, x - 2, TILE_Y - 2, QC_TILE_PX + 4, QC_TILE_PX + 4, 2,
		     on_plane ? plane_colour : background);
	if (tile == 0)
		scale_bar(page, x + 8, TILE_Y + QC_TILE_PX - 12, page->tile_px_per_um);
}

/* The result itself; returns where the next line goes. */
static int verdict(struct qc_page *page, int y)
{
	const struct gppi_result *r = page->result;
	struct canvas *c = &page->canvas;
	char text[96], conf[16];

	canvas_text(c, panel_x(page), y, TEXT_NORMAL, dim, "GPPI (slice, from 0)");
	snprintf(text, sizeof text, r->gppi >= 0 ? "%d" : "none", r->gppi);
	canvas_text(c, panel_x(page), y + LINE, TEXT_HUGE, plane_colour, text);
	y += LINE + 72;
	if (isfinite(r->gppi_mm)) {
		snprintf(text, sizeof text, "%.3f mm from slice 0", r->gppi_mm);
		canvas_text(c, panel_x(page), y, TEXT_NORMAL, white, text);
		y += LINE;
	}
	snprintf(text, sizeof text, "confidence %s",
		 report_confidence(r->confidence, conf, sizeof conf));
	canvas_text(c, panel_x(page), y, TEXT_NORMAL, white, text);
	y += LINE;
	canvas_fill(c, panel_x(page), y, panel_w(page), 8, dim, 0.3);
	if (r->confidence > 0)
		canvas_fill(c, panel_x(page), y, (int)(panel_w(page) * fmin(r->confidence, 1)), 8,
			    r->nreasons ? warn : good, 1);
	return y + 20;
}

/* Reasons to look closer, as many as fit above `bottom`. */
static void reasons(struct qc_page *page, int y, int bottom)
{
	const struct gppi_result *r = page->result;
	struct canvas *c = &page->canvas;
	char text[128];

	if (r->nreasons == 0) {
		canvas_text(c, panel_x(page), y, TEXT_LARGE, good, "ok");
		return;
	}
	canvas_text(c, panel_x(page), y, TEXT_LARGE, warn, "REVIEW");
	y += 44;
	for (int i = 0; i < r->nreasons && i < GPPI_MAX_REASONS; i++) {
		int room = (bottom - y) / LINE, left = r->nreasons - i;
		if (room < 1)
			return;
		if (room == 1 && left > 1) {
			snprintf(text, sizeof text, "and %d more reasons", left);
			canvas_text(c, panel_x(page), y, TEXT_NORMAL, warn, text);
			return;
		}
		canvas_fill(c, panel_x(page), y + 4, 6, 6, warn, 1);
		y += LINE * canvas_paragraph(c, panel_x(page) + 14, y, panel_w(page) - 14, TEXT_NORMAL, LINE,
					     left > 1 ? room - 1 : room, warn, r->reason[i]);
	}
}

static int fact(struct qc_page *page, int y, struct colour colour, const char *label, const char *value)
{
	canvas_text(&page->canvas, panel_x(page), y, TEXT_NORMAL, colour, label);
	canvas_text(&page->canvas, panel_x(page) + 92, y, TEXT_NORMAL, white, value);
	return y + LINE;
}

static int model_fact(struct qc_page *page, int y, struct colour colour, const char *label, double plane)
{
	char text[48];

	if (!isfinite(plane))
		return y;
	snprintf(text, sizeof text, "slice %.1f", plane);
	return fact(page, y, colour, label, text);
}

/* All heavy solutions on one line, to whole slices. */
static int heavy_fact(struct qc_page *page, int y)
{
	const struct gppi_result *r = page->result;
	char text[96];
	int n = 0;

	for (int i = 0; i < r->nopinions && i < GPPI_MAX_OPINIONS; i++)
		if (isfinite(r->opinion[i].plane))
			n += snprintf(text + n, sizeof text - (size_t)n, "%s%.2s %.0f", n ? ", " : "",
				      report_solution_word(r->opinion[i].solution), r->opinion[i].plane);
	return n ? fact(page, y, heavy_colour, "heavy", text) : y;
}

static void facts(struct qc_page *page, int y)
{
	const struct gppi_result *r = page->result;
	char text[96];

	y = model_fact(page, y, longaxis_colour, "long-axis", r->longaxis_plane);
	y = model_fact(page, y, sv_colour, "SV", r->sv_plane);
	y = model_fact(page, y, cw_colour, "CW", r->cw_plane);
	y = heavy_fact(page, y);
	if (r->voi_first >= 0) {
		snprintf(text, sizeof text, "%d to %d%s", r->voi_first, r->voi_last, r->voi_share < 1 ? ", cut" : "");
		y = fact(page, y, voi_colour, "VOI", text);
	}
	snprintf(text, sizeof text, "%.4g µm %s", r->spacing_um[2], report_spacing_word(r->spacing_known));
	y = fact(page, y, dim, "voxel", text);
	int n = snprintf(text, sizeof text, "%dx%dx%d", r->dims[0], r->dims[1], r->dims[2]);
	if (r->bone) /* of a holder: where it lies in the scan */
		snprintf(text + n, sizeof text - (size_t)n, " at %d,%d", r->offset[0], r->offset[1]);
	fact(page, y, dim, "size", text);
}

void qc_page_text(struct qc_page *page)
{
	char program[sizeof page->result->trained_on + 64];
	int facts_y = TOP + VIEW_H - (page->result->nopinions ? 7 : 6) * LINE + 8;

	snprintf(program, sizeof program, "gppi " GPPI_VERSION "%s%.60s",
		 page->result->trained_on[0] ? ", trained on " : "", page->result->trained_on);
	int left = QC_WIDTH - MARGIN - canvas_text_width(TEXT_NORMAL, program);
	canvas_paragraph(&page->canvas, MARGIN, 14, left - 2 * MARGIN, TEXT_NORMAL, LINE, 1, white, page->result->name);
	canvas_text(&page->canvas, left, 14, TEXT_NORMAL, dim, program);
	reasons(page, verdict(page, TOP), facts_y - 8);
	facts(page, facts_y);
}
