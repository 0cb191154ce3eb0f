/* Operations on masks: closing with balls, the largest piece. */
#ifndef MEASURE_SHAPE_H
#define MEASURE_SHAPE_H

#include "find/components.h"
#include "measure/grid.h"

/* Voxels within `radius` voxels of the mask are added; those within it of the rest are taken away. radius: 1..254. */
int shape_dilate(const struct grid *g, uint8_t *mask, int radius, int threads, struct gppi_error *err);
int shape_erode(const struct grid *g, uint8_t *mask, int radius, int threads, struct gppi_error *err);

/* First and last columns (x, y) that hold voxels of the mask, which holds 0 and 1; hi[0] < 0: it is empty. */
int shape_columns(const struct grid *g, const uint8_t *mask, int lo[2], int hi[2], struct gppi_error *err);

/* Closes the mask with balls, into out (the mask itself will do): as if the block were wide enough for balls beside it
 * along x and y. fill: holes of the slices too, between dilation and erosion. */
int shape_close(const struct grid *g, uint8_t *mask, int radius, bool fill, int threads, uint8_t *out,
		struct gppi_error *err);

/* Leaves the piece with most voxels. *kept: its share of all voxels of the mask (1 where it is empty). */
int shape_largest(const struct grid *g, uint8_t *mask, enum components_joined how, double *kept,
		  struct gppi_error *err);

#endif
