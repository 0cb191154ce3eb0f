/* The growth plate of a measured bone as maps over its cross-section: thickness, and where its end lies. */
#ifndef REPORT_QC_PLATE_H
#define REPORT_QC_PLATE_H

#include "bone/bone.h"
#include "report/canvas.h"

#define QC_PLATE_HEIGHT 330

/* Onto a canvas from (x, y) on, in columns of width w that are `step` apart: words, and two maps. */
int qc_plate_draw(const struct bone *bone, struct canvas *canvas, int x, int y, int w, int step,
		  struct gppi_error *err);

#endif
