/* Bones that do not stand: saved with the long axis along x or y. */
#ifndef SLICES_LYING_H
#define SLICES_LYING_H

#include "slices/coarse.h"

/* The axis (0 x, 1 y) along which what is brighter than the threshold is clearly the longest; -1: none of these. */
int lying_axis(const struct coarse *c, double threshold);

#endif
