/* Layout of the QC page: knows what goes where, in which colour; nothing of files or scans. */
#ifndef REPORT_QC_PAGE_H
#define REPORT_QC_PAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "gppi/gppi.h"
#include "report/canvas.h"
#include "report/qc_plate.h"

#define QC_WIDTH 1100
#define QC_HEIGHT 820
#define QC_MEASURES_HEIGHT (880 + QC_PLATE_HEIGHT) /* more, where the bone was measured */
#define QC_TILES 5
#define QC_TILE_PX 204

struct qc_page {
	const struct gppi_result *result;
	bool measured;       /* with room for the measures below: qc_measures.c */
	struct canvas canvas;
	int view_w, view_h;  /* size of one long-axis view in pixels */
	double px_per_um;    /* of the long-axis views */
	double tile_px_per_um;
};

/* Chooses sizes for a square of side_um and the result's volume, and prepares the canvas. */
int qc_page_begin(struct qc_page *page, double side_um, struct gppi_error *err);
void qc_page_free(struct qc_page *page);

/* View `which` (0, 1): view_w * view_h grey values, with plane, VOI and labels drawn on top;
 * `at`: the voxel it cuts through; tissue: VOI_INSIDE ... of the pixels, whose outlines are drawn in place of a box,
 * or NULL. */
void qc_page_longaxis(struct qc_page *page, int which, double at, const uint8_t *grey, const uint8_t *tissue);
/* Tile 0..QC_TILES-1: QC_TILE_PX^2 grey values of slice z. */
void qc_page_axial(struct qc_page *page, int tile, int z, const uint8_t *grey);
/* Distance of a tile from the plane in slices, positive towards the shaft. */
int qc_tile_offset(int tile);
/* Name, result, reasons and facts. */
void qc_page_text(struct qc_page *page);

#endif
