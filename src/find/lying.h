/* Bones whose long axis lies along x or y of the scan, not along z. */
#ifndef FIND_LYING_H
#define FIND_LYING_H

#include "find/overview.h"

/* The axis (0 x, 1 y) along which the bone is clearly the longest; -1: none of these. The bone is what the mask marks
 * (as in struct femur); NULL: all that is brighter than the threshold. */
int lying_axis(const struct overview *c, const uint8_t *mask, double threshold);

#endif
