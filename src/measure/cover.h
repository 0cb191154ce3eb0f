/* A slice in which voxels are covered by discs, each voxel once: discs that come first win. One bit a voxel, so that a
 * slice lies in the cache nearest to the processor; rows that are done are passed over eight at a time. */
#ifndef MEASURE_COVER_H
#define MEASURE_COVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "measure/kernels.h"

/* The shapes of discs by squared radius s: the voxels at a squared distance below s. Shared by all threads. */
struct cover_discs {
	int largest;       /* s */
	uint8_t *half;     /* [0..largest]: voxels to each side of the centre */
	uint16_t *beside;  /* [0..largest]: the least s of a disc one voxel beside (along x or y) that contains this
			    * one */
	uint32_t *shape;   /* [..]: where the rows of small discs begin in `row`; only where half is small */
	uint64_t *row;
	const struct measure_kernels *kernel;
};

/* largest: 1..65535. cover_discs_free(), also after a failure. */
int cover_discs_make(int largest, struct cover_discs *out, struct gppi_error *err);
void cover_discs_free(struct cover_discs *discs);

struct cover {
	const struct cover_discs *discs;
	int nx, ny;
	int columns, blocks; /* words of 64 voxels along x; blocks of 8 rows */
	uint64_t *bit;       /* [columns][blocks * 8]: covered, or not to be */
	uint64_t *full;      /* [columns][blocks]: the same in all 8 rows */
	uint16_t *done;      /* [ny + 2][nx + 2]: the largest disc so far around each voxel */
	uint16_t *map;       /* nx * ny values of the discs that covered a voxel; NULL: not wanted */
};

int cover_make(const struct cover_discs *discs, int nx, int ny, struct cover *out, struct gppi_error *err);
void cover_free(struct cover *c);

/* A new slice: to be covered are the voxels where want is not 0. map is cleared. */
void cover_begin(struct cover *c, const uint8_t *want, uint16_t *map);
/* Covers with the disc of squared radius s (1..largest) around (x, y), whose voxels get `value`. Returns how many
 * voxels it was the first to cover. */
size_t cover_disc(struct cover *c, int x, int y, int s, uint16_t value);
/* A disc around (x, y) is about to come. */
static inline void cover_soon(const struct cover *c, int x, int y)
{
	__builtin_prefetch(c->done + (size_t)(y + 1) * ((size_t)c->nx + 2) + (size_t)(x + 1), 1);
}

#endif
