/* A scan seen along another axis: for bones that lie along x or y. */
#ifndef SCAN_AXIS_H
#define SCAN_AXIS_H

#include "scan/scan.h"

enum scan_axis { SCAN_AXIS_Z, SCAN_AXIS_X, SCAN_AXIS_Y };

/* *scan becomes one whose slices lie along `axis` of the old one, numbered from its first voxel on: (x, y, z) of the
 * new one is (y, z, x) of the old one for SCAN_AXIS_X and (z, x, y) for SCAN_AXIS_Y, so that left stays left. Its
 * voxels are copied into memory, and the old one is closed. On failure *scan is left as it was. */
int axis_turn(struct scan **scan, enum scan_axis axis, int threads, struct gppi_error *err);

#endif
