/* The inner loops over the values of an overview, for each processor level. They give the same bits. */
#ifndef FIND_KERNELS_H
#define FIND_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct find_kernels {
	/* out[i] = (int)((v[i] - lo) * per), at least 0, at most `most`: products are clamped, then cut */
	void (*bins)(const float *v, size_t n, float lo, float per, int most, int32_t *out);
	/* out[i] = |a[i] - b[i]| */
	void (*steps)(const float *a, const float *b, size_t n, float *out);
	/* out[i] = v[i] >= limit */
	void (*mark)(const float *v, size_t n, float limit, uint8_t *out);
};

extern const struct find_kernels find_kernels_c;
extern const struct find_kernels find_kernels_avx2;

/* Those of cpu_features(). */
const struct find_kernels *find_kernels(void);

#endif
