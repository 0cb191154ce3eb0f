/* The network that tells where the growth plate lies. Its weights, weights/growth-plate.f32, are made by
 * tools/train/plate.py. */
#ifndef MEASURE_PLATE_NET_H
#define MEASURE_PLATE_NET_H

#include "measure/plate_seen.h"

/* logit[z][y][x]: log of how likely the layer's middle lies in the voxel, of those of its column, but for a constant of
 * the column. */
int plate_net(const struct volume *seen, int threads, float *logit, struct gppi_error *err);

#endif
