/* The QC page of a bone. */
#ifndef REPORT_QC_H
#define REPORT_QC_H

#include "bone/bone.h"
#include "report/canvas.h"

/* Draws the page of a result, unless it is there from another output. The bone's: valid as long as bone->drawn. */
int qc_draw(struct bone *bone, const struct gppi_result *result, const struct canvas **out, struct gppi_error *err);

#endif
