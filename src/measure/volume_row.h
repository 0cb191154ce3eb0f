/* The inner loop of volume_conv(), compiled once for each instruction set. VOLUME_SIDE: voxels at a time. */
#ifndef MEASURE_VOLUME_ROW_H
#define MEASURE_VOLUME_ROW_H

#include <string.h>

#include "measure/volume.h"

/* Written by the compiler as whatever registers it has. */
typedef float volume_lanes __attribute__((vector_size(4 * VOLUME_LANES)));
typedef int volume_bits __attribute__((vector_size(4 * VOLUME_LANES)));

/* `side` voxels from x on, channels c .. c + VOLUME_LANES - 1. */
static inline __attribute__((always_inline)) void volume_tile(const float *const row[9],
							      const struct volume_layer *l, int x, int c, int side,
							      float *out)
{
	volume_lanes sum[VOLUME_SIDE], w, zero = { 0 };

	memcpy(&w, l->bias + c, sizeof w);
	for (int i = 0; i < side; i++)
		sum[i] = w;
	for (int r = 0; r < 9; r++) {
		const float *from = row[r] + (ptrdiff_t)x * l->in,
			    *weight = l->w + (ptrdiff_t)(3 * r) * l->in * l->out + c;
		for (int k = 0; k < 3 * l->in; k++, weight += l->out) {
			memcpy(&w, weight, sizeof w);
			for (int i = 0; i < side; i++)
				sum[i] += w * from[(ptrdiff_t)i * l->in + k];
		}
	}
	for (int i = 0; i < side; i++) {
		w = (volume_lanes)((volume_bits)sum[i] & (sum[i] > zero));
		memcpy(out + (ptrdiff_t)(x + i) * l->out + c, &w, sizeof w);
	}
}

static inline __attribute__((always_inline)) void volume_row(const float *const row[9], const struct volume_layer *l,
							     int n, float *out)
{
	for (int c = 0; c < l->out; c += VOLUME_LANES) {
		int x = 0;
		for (; x + VOLUME_SIDE <= n; x += VOLUME_SIDE)
			volume_tile(row, l, x, c, VOLUME_SIDE, out);
		for (; x < n; x++)
			volume_tile(row, l, x, c, 1, out);
	}
}

#endif
