/* Layers of a VOI that is turned with the bone: across the bone's axis, one voxel thick along z. In every column of the
 * block a layer has one voxel, so that each voxel belongs to one layer and nothing is resampled. */
#ifndef MEASURE_LAYERS_H
#define MEASURE_LAYERS_H

#include "measure/grid.h"

struct layers {
	double rise[2]; /* slices that a layer rises for each voxel along x, and along y */
	double cx, cy;  /* voxel of the block where layer k lies in slice k */
};

/* axis: voxels along x and y for each slice of the bone's axis. Layer k crosses it at (cx, cy, k). */
struct layers layers_across(const struct grid *g, const double axis[2], double cx, double cy);

/* Slice of layer k is k + layers_rise(). */
int layers_rise(const struct layers *l, int x, int y);
/* Least and greatest rise of columns that have a voxel of the mask; false: none has. */
bool layers_span(const struct layers *l, const struct grid *g, const uint8_t *mask, int span[2]);
/* Thickness of a layer by that of a slice: the cosine of the tilt. */
double layers_thin(const struct layers *l, const struct grid *g);

/* out[i] = 1 where the mask has voxel i, and it lies in a layer of first .. last. */
void layers_cut(const struct layers *l, const struct grid *g, const uint8_t *mask, int first, int last, uint8_t *out);

/* Layer k of a mask as a slice; 0 where the block ends. */
void layers_slice(const struct layers *l, const struct grid *g, const uint8_t *mask, int k, uint8_t *out);

/* Steps of one voxel along x and along y within a section, as (a, b) in mm. */
struct lattice {
	double x[2], y[2];
};
/* l NULL: of the slices themselves. */
struct lattice layers_lattice(const struct layers *l, const struct grid *g);

#endif
