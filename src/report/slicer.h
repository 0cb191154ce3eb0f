/* Markups for 3D Slicer. */
#ifndef REPORT_SLICER_H
#define REPORT_SLICER_H

#include "bone/bone.h"

/* What gppi_write_slicer() writes. */
int slicer_write(const struct bone *bone, const struct gppi_result *result, const char *path, struct gppi_error *err);

#endif
