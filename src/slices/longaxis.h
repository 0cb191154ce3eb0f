/* Central long-axis views of the framed bone, for the QC picture. */
#ifndef SLICES_LONGAXIS_H
#define SLICES_LONGAXIS_H

#include "slices/slices.h"

/* Grey window of the views, in HU or what the frame takes for such: 0 and 255. */
#define LONGAXIS_HU_LO (-500.0)
#define LONGAXIS_HU_HI 1500.0

/* The plane through the square's centre at constant x (axis 0; columns run along y) or constant
 * y (axis 1; columns along x): `rows` rows in the file's own slice order, evenly over all of
 * them, `cols` columns over the side of the square. out: rows * cols grey values, row-major.
 * GPPI_E_USAGE for sizes outside 1..4096. */
int longaxis_extract(struct scan *scan, const struct frame *frame, int axis, int rows, int cols,
		     uint8_t *out, struct err *err);

#endif
