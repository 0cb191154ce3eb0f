/* A growth plate on its way (plate.c). */
#ifndef MEASURE_PLATE_PARTS_H
#define MEASURE_PLATE_PARTS_H

#include <stdint.h>

#include "measure/plate.h"

/* Smooths a map with a Gauss of `sigma` bins; where `known` is 0 values are taken from around (NULL: all are known). */
int plate_smooth(int nx, int ny, const uint8_t *known, float *map, double sigma, struct gppi_error *err);

/* plate_columns.c. Costs of a column's slices, hundredths of minus the log of how likely each is, lie within
 * -PLATE_COST_MAX .. PLATE_COST_MAX; PLATE_OUTSIDE stands where a slice lies outside of the cortex. Those become as
 * likely as the least likely within; all are alike where none lies within. */
#define PLATE_COST_MAX 16000
#define PLATE_OUTSIDE INT16_MAX
void plate_fill_outside(int16_t *cost, int n);

/* From columns, `every` bins apart and `nx` in a row, to the bins of a grid, smoothed with a Gauss of `sigma` bins:
 * slice first + step * height. */
struct plate_columns {
	int every, nx;
	float first, step;
};
int plate_spread(const struct plate_columns *c, const int *height, const struct grid *g, double sigma, float *middle,
		 struct gppi_error *err);

/* plate_middle.c: the middle of the layer by bin, in slices of the block. */
int plate_middle(const struct plate_of *of, float *middle, struct gppi_error *err);

/* plate_flat.c: a better middle, in a block whose columns are moved so that the layer lies flat. */
int plate_refine(const struct plate_of *of, float *middle, struct gppi_error *err);

/* plate_moved.c: share of bone by bin in 2 side + 1 slices around the middle (given by bin), each smoothed along the
 * layer with a Gauss of `sigma` bins: out[slice][y][x]; 0 is marrow, 1 is bone, NaN lies outside of the block.
 * Voxels of a bin are moved each by its own middle: on steep flanks that of the bin would blur the layer. */
int plate_moved(const struct plate_of *of, const float *middle, int side, double sigma, float *out,
		struct gppi_error *err);

/* plate_edges.c: both ends of the layer around its middle, where it lies within the cortex (out->upper, lower,
 * known). */
int plate_edges(const struct plate_of *of, const float *middle, struct plate *out, struct gppi_error *err);

#endif
