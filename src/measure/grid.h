/* What is measured: a block of voxels, x fastest, then y, then z. One byte a voxel; 0 is outside, all else inside. */
#ifndef MEASURE_GRID_H
#define MEASURE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Which of n voxels side by side are 0: bit i stands for v[i]. n: 1..64. */
static inline uint64_t grid_zeros(const uint8_t *v, int n)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
	uint64_t out = 0, w;
	int i = 0;

	for (; __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && i + 8 <= n; i += 8) {
		memcpy(&w, v + i, sizeof w);
		w = ~(((w & low) + low) | w | low) >> 7; /* 1 in each byte that is 0; the product gathers them */
		out |= w * 0x0102040810204080u >> 56 << i;
	}
	for (; i < n; i++)
		out |= (uint64_t)(v[i] == 0) << i;
	return out;
}

/* Voxels from .. end - 1 of a block. */
typedef void (*grid_fn)(const void *arg, size_t from, size_t end);

/* All voxels of the block, in pieces, on up to `threads` threads. */
int grid_each(const struct grid *g, int threads, grid_fn fn, const void *arg, struct gppi_error *err);

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
