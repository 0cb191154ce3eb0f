/* The QC page of a bone. */
#ifndef REPORT_QC_H
#define REPORT_QC_H

#include "bone/bone.h"
#include "report/canvas.h"

/* Draws the page of a result; owned by the caller: canvas_free(), also after a failure. */
int qc_draw(struct bone *bone, const struct gppi_result *result, struct canvas *out, struct gppi_error *err);

#endif
