/* The inner loops of distances and thickness, for each processor level. They give the same bits. */
#ifndef MEASURE_KERNELS_H
#define MEASURE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define MEASURE_ROWS 8   /* rows of a section that are covered together */

struct measure_kernels {
	int lanes; /* columns handled at a time */
	/* One axis of the squared distance, for so many columns: out[i * out_stride + c] = min over k of f[k * stride +
	 * c] + (i - k)^2 for all i and k of 0..n-1 at most `reach` (<= 255) apart, and 65535 where that is more. n <=
	 * 65535. */
	void (*lower)(const uint16_t *f, size_t stride, int n, int reach, uint16_t *out, size_t out_stride);
	/* out[i] = of[least of r2[i] and limit], i of 0..n-1; of[limit] is 0. limit: 1..65535. */
	void (*look_up)(const uint16_t *r2, int n, int limit, const uint8_t *of, uint8_t *out);
	/* Sets the bits of mask[0..7], each a row shifted left by `shift` (0..63), in lo[0..7] and, what is shifted
	 * out, in hi[0..7]. Nonzero: some were not set before, and these are in fresh (those of lo, then those of
	 * hi). */
	uint64_t (*cover)(uint64_t *lo, uint64_t *hi, const uint64_t *mask, int shift,
			  uint64_t fresh[2 * MEASURE_ROWS]);
};

extern const struct measure_kernels measure_kernels_c;
extern const struct measure_kernels measure_kernels_avx2;
extern const struct measure_kernels measure_kernels_avx512;

/* Those for cpu_features(). */
const struct measure_kernels *measure_kernels(void);

#endif
