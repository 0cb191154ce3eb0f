/* One page by which a person can judge a plane at a glance. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/canvas.h"
#include "report/jpeg.h"
#include "report/outputs.h"
#include "report/qc.h"
#include "report/qc_page.h"
#include "report/greys.h"
#include "report/qc_measures.h"
#include "report/voi_view.h"

#define QUALITY 90

static int longaxis_views(struct qc_page *page, const struct bone *bone, struct gppi_error *err)
{
	const struct frame *frame = &bone->frame;
	const size_t pixels = (size_t)page->view_w * (size_t)page->view_h;

	for (int axis = 0; axis < 2; axis++) {
		const enum section_kind kind = axis == 0 ? SECTION_AT_X : SECTION_AT_Y;
		uint8_t *grey = calloc(2, pixels);
		if (!grey)
			return err_set(err, GPPI_E_NOMEM, "not enough memory for the QC picture");
		uint8_t *tissue = bone->measures ? grey + pixels : NULL;
		int rc = greys_section(bone_sections(bone), kind, page->view_w, page->view_h, grey, err);
		if (rc == 0 && tissue)
			voi_tissue_section(bone, kind, page->view_w, page->view_h, tissue);
		if (rc == 0)
			qc_page_longaxis(page, axis, axis == 0 ? frame->cx : frame->cy, grey, tissue);
		free(grey);
		if (rc)
			return rc;
	}
	return 0;
}

/* Slices around the plane, or spread over the bone when there is none. */
static int tile_slice(const struct qc_page *page, const struct frame *frame, int tile)
{
	int towards_shaft = page->result->shaft_first ? -1 : 1, z;

	if (page->result->gppi >= 0) {
		z = page->result->gppi + towards_shaft * qc_tile_offset(tile);
	} else {
		double k = frame->bone_first + (frame->bone_last - frame->bone_first) *
			   (tile + 0.5) / QC_TILES;
		z = (int)frame_to_native(frame, k);
	}
	return z < 0 ? 0 : z >= frame->native_nz ? frame->native_nz - 1 : z;
}

static int axial_views(struct qc_page *page, const struct bone *bone, struct gppi_error *err)
{
	static const size_t bytes = (size_t)QC_TILE_PX * QC_TILE_PX;
	uint8_t *grey = malloc(QC_TILES * bytes), *tile[QC_TILES];
	int z[QC_TILES];

	if (!grey)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for the QC picture");
	for (int i = 0; i < QC_TILES; i++) {
		z[i] = tile_slice(page, &bone->frame, i);
		tile[i] = grey + (size_t)i * bytes;
	}
	int rc = greys_axial(bone->scan, &bone->frame, z, QC_TILES, QC_TILE_PX, plane_workers(bone->threads), tile,
			     err);
	for (int i = 0; i < QC_TILES && rc == 0; i++)
		qc_page_axial(page, i, z[i], tile[i]);
	free(grey);
	return rc;
}

static int draw(struct bone *bone, const struct gppi_result *result, struct canvas *out, struct gppi_error *err)
{
	struct qc_page page = { .result = result, .measured = bone->measures != NULL };

	int rc = bone_pictures(bone, result, err);
	if (rc == 0)
		rc = qc_page_begin(&page, bone->frame.side_um, err);
	if (rc == 0)
		rc = longaxis_views(&page, bone, err);
	if (rc == 0)
		rc = axial_views(&page, bone, err);
	if (rc == 0)
		qc_page_text(&page);
	if (rc == 0 && page.measured)
		rc = qc_measures_draw(bone, &page.canvas, QC_HEIGHT, err);
	*out = page.canvas;
	return rc;
}

struct drawn {
	const struct gppi_result *result;
	char name[sizeof ((struct gppi_result *)0)->name];
	int gppi, voi_first, voi_last;
	struct canvas page;
};

static void drawn_free(void *of)
{
	struct drawn *drawn = of;

	canvas_free(&drawn->page);
	free(drawn);
}

static bool shows(const struct drawn *d, const struct gppi_result *r)
{
	return d->result == r && d->gppi == r->gppi && d->voi_first == r->voi_first && d->voi_last == r->voi_last &&
	       strcmp(d->name, r->name) == 0;
}

int qc_draw(struct bone *bone, const struct gppi_result *result, const struct canvas **out, struct gppi_error *err)
{
	struct drawn *d = bone->drawn;
	int rc = 0;

	if (!d || !shows(d, result)) {
		bone_drawn_drop(bone);
		d = calloc(1, sizeof *d);
		if (!d)
			return err_set(err, GPPI_E_NOMEM, "not enough memory for the QC picture");
		*d = (struct drawn){ .result = result, .gppi = result->gppi, .voi_first = result->voi_first,
				     .voi_last = result->voi_last };
		snprintf(d->name, sizeof d->name, "%s", result->name);
		rc = draw(bone, result, &d->page, err);
		if (rc < 0) {
			drawn_free(d);
			return rc;
		}
		bone->drawn = d;
		bone->drawn_free = drawn_free;
	}
	*out = &d->page;
	return rc;
}

static int qc_write(const struct gppi_models *models, struct bone *bone, const struct gppi_result *result,
		    const char *path, struct gppi_error *err)
{
	const struct canvas *page;
	int rc = qc_draw(bone, result, &page, err);

	(void)models;
	return rc < 0 ? rc : jpeg_write(page, path, QUALITY, err);
}

const struct report_output qc_output = {
	.option = "qc", .ending = ".jpg", .pictures = true, .write = qc_write,
	.help = "      --qc DIR        one picture per bone, DIR/NAME.jpg, to check the plane by\n",
};
