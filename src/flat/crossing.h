/* Where two pictures of one bone cross.
 *
 * Planes along a volume's axis that are not parallel share a line, and both pictures show it: a column of one is, grey
 * for grey, a column of the other. Seven of seven pairs of real pictures have such columns (correlation above 0.994).
 * */
#ifndef FLAT_CROSSING_H
#define FLAT_CROSSING_H

#include "flat/strip.h"

/* The columns (0-based) that show the line two pictures of the same height share; frames: of each, either end taken for
 * distal. Returns 1; 0 where no pair of columns is alike beyond doubt: the pictures are parallel, scaled apart, of two
 * bones, or wider than 1024 columns, or they cross at the bone's sides; GPPI_E_NOMEM. */
int strip_crossing(const struct picture *a, const struct strip_frame *frame_a, const struct picture *b,
		   const struct strip_frame *frame_b, int *at_a, int *at_b, struct gppi_error *err);

#endif
