/* Layers of a small network over a block of voxels. Every number is the same for every instruction set and number of
 * threads: sums are made in one order, without fused operations. */
#ifndef MEASURE_VOLUME_H
#define MEASURE_VOLUME_H

#include <stddef.h>

#include "base/err.h"

#define VOLUME_LANES 8 /* output channels of a convolution come in groups of so many */

/* Voxels with channels, x fastest, around them one voxel of zeros on every side. */
struct volume {
	int n[3];     /* voxels without that border */
	int channels;
	float *v;     /* channels side by side; volume_free() */
};

/* Of zeros. volume_free(), also after a failure. */
int volume_make(const int n[3], int channels, struct volume *out, struct gppi_error *err);
void volume_free(struct volume *a);

/* Channels of a voxel, -1 .. n along each axis. */
static inline float *volume_at(const struct volume *a, int x, int y, int z)
{
	const size_t row = (size_t)a->n[0] + 2, plane = ((size_t)a->n[1] + 2) * row;

	return a->v + ((size_t)(z + 1) * plane + (size_t)(y + 1) * row + (size_t)(x + 1)) * (size_t)a->channels;
}

/* Weights [z][y][x][in][out] of 3 x 3 x 3 voxels, then a bias for each output. */
struct volume_layer {
	int in, out; /* channels; out a multiple of VOLUME_LANES */
	const float *w, *bias;
};

/* Convolution and ReLU: *out is made. */
int volume_conv(const struct volume *a, const struct volume_layer *layer, int threads, struct volume *out,
		struct gppi_error *err);

/* Means of 2 x 2 x 2 voxels: *out is made. Sizes are even. */
int volume_halve(const struct volume *a, int threads, struct volume *out, struct gppi_error *err);

/* Adds to every voxel of `a` that of `half` in which it lies. */
int volume_add_up(struct volume *a, const struct volume *half, int threads, struct gppi_error *err);

/* One row of a convolution: out[x][c], x of 0..n-1. row[3 z + y]: the input's row there, from x = -1 on. */
typedef void (*volume_row_fn)(const float *const row[9], const struct volume_layer *layer, int n, float *out);
void volume_row_c(const float *const row[9], const struct volume_layer *layer, int n, float *out);
void volume_row_avx2(const float *const row[9], const struct volume_layer *layer, int n, float *out);

#endif
