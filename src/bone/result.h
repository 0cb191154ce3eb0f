/* From canonical planes to the public result. */
#ifndef BONE_RESULT_H
#define BONE_RESULT_H

#include "gppi/gppi.h"
#include "plane/plane.h"
#include "scan/scan.h"
#include "slices/slices.h"

/* Fills planes, VOI, confidence and reasons of `out`, whose options and scan facts (dims,
 * spacing, model) are set already. */
void result_fill(struct gppi_result *out, const struct frame *frame,
		 const struct plane_result *plane, const struct gppi_options *opt);

/* Puts the doubts of the scan's reader before all other reasons. */
void result_doubt(struct gppi_result *out, const struct scan_info *scan);

/* VOI in the file's slices: length_um that begin offset_um from the plane, towards the shaft (the
 * epiphysis: with shaft_first turned over).
 * Cut at the volume (first = last = -1 where nothing is left). Returns the share inside, 0..1. */
double result_voi(int gppi, int shaft_first, int nz, double pitch_um, double offset_um,
		  double length_um, int *first, int *last);

#endif
