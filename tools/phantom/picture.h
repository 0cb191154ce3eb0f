/* Long-axis pictures of a synthetic bone, as labs export them. */
#ifndef PHANTOM_PICTURE_H
#define PHANTOM_PICTURE_H

#include "phantom/params.h"
#include "base/err.h"

/* Writes the plane through the middle of the volume at constant x (axis 'x') or y as PGM: row r is slice
 * r, a column is one voxel, grey 0..255 for -500..1500. *truth: row of the plane. */
int picture_write(const char *path, const struct phantom_params *p, char axis, float *truth,
		  struct gppi_error *err);

#endif
