/* What is measured: a block of voxels, x fastest, then y, then z. One byte a voxel; 0 is outside, all else inside. */
#ifndef MEASURE_GRID_H
#define MEASURE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/size.h"

struct grid {
	int n[3];     /* voxels along x, y, z, each >= 1 */
	double mm[3]; /* spacing, > 0 */
};

/* Voxels of the block; those of a grid that exists in memory fit. */
static inline size_t grid_voxels(const struct grid *g)
{
	return (size_t)g->n[0] * (size_t)g->n[1] * (size_t)g->n[2];
}

static inline size_t grid_at(const struct grid *g, int x, int y, int z)
{
	return ((size_t)z * (size_t)g->n[1] + (size_t)y) * (size_t)g->n[0] + (size_t)x;
}

static inline double grid_mm3(const struct grid *g)
{
	return g->mm[0] * g->mm[1] * g->mm[2];
}

/* Within 1 %: distances in voxels are distances. */
static inline bool grid_is_even(const struct grid *g)
{
	for (int i = 1; i < 3; i++)
		if (g->mm[i] > 1.01 * g->mm[0] || g->mm[0] > 1.01 * g->mm[i] || g->mm[2] > 1.01 * g->mm[1] ||
		    g->mm[1] > 1.01 * g->mm[2])
			return false;
	return true;
}

/* Memory for every voxel, `bytes` each, cleared; NULL with *err set where there is none. free(). */
void *grid_alloc(const struct grid *g, size_t bytes, struct gppi_error *err);

#endif
