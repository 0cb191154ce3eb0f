/* The VOI of a measured bone as pictures with outlines, thickness in colours, and its numbers. */
#ifndef REPORT_QC_MEASURES_H
#define REPORT_QC_MEASURES_H

#include "bone/bone.h"
#include "report/canvas.h"
#include "report/qc_plate.h"

/* Onto a canvas QC_WIDTH wide, from row `top` on, QC_MEASURES_HEIGHT high. */
int qc_measures_draw(const struct bone *bone, struct canvas *canvas, int top, struct gppi_error *err);

#define QC_MEASURES_PICTURES (700 + QC_PLATE_HEIGHT)
/* The pictures of it alone, QC_MEASURES_PICTURES high. */
int qc_measures_pictures(const struct bone *bone, struct canvas *canvas, int top, struct gppi_error *err);

#endif
