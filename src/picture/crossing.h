/* Where two pictures of one bone cross.
 *
 * Planes along a volume's axis that are not parallel share a line, and both pictures show it: a column of one is, grey for
 * grey, a column of the other. Seven of seven pairs of real pictures have such columns (correlation above 0.994).
 */
#ifndef PICTURE_CROSSING_H
#define PICTURE_CROSSING_H

#include "base/err.h"
#include "picture/picture.h"

/* The columns (0-based) that show the line two pictures of the same height share. bone_a, bone_b: grey
 * above which a pixel is bone. Returns 1; 0 where no pair of columns is alike beyond doubt: the pictures are parallel,
 * scaled apart, of two bones, or wider than 1024 columns; GPPI_E_NOMEM. */
int picture_crossing(const struct picture *a, double bone_a, const struct picture *b, double bone_b, int *at_a,
		     int *at_b, struct err *err);

#endif
