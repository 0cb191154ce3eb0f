#include "measure/kernels.h"

#include <string.h>

#include "base/cpu.h"

#define LANES 16

/* Is any of them larger than `limit`? */
static int any_above(const uint16_t v[LANES], unsigned limit)
{
	unsigned above = 0;

	for (int c = 0; c < LANES; c++)
		above |= v[c] > limit;
	return above != 0;
}

static void lower_by(uint16_t v[LANES], const uint16_t *f, uint16_t add)
{
	const uint16_t most = (uint16_t)(UINT16_MAX - add);

	for (int c = 0; c < LANES; c++) {
		uint16_t s = (uint16_t)((f[c] < most ? f[c] : most) + add);
		v[c] = v[c] < s ? v[c] : s;
	}
}

static void lower(const uint16_t *f, size_t stride, int n, int reach, uint16_t *out, size_t out_stride)
{
	for (int i = 0; i < n; i++, f += stride) {
		uint16_t v[LANES];
		memcpy(v, f, sizeof v);
		/* Nothing from farther away is less than what is there already. */
		for (int k = 1; k <= reach && any_above(v, (unsigned)(k * k)); k++) {
			if (i >= k)
				lower_by(v, f - stride * (size_t)k, (uint16_t)(k * k));
			if (i + k < n)
				lower_by(v, f + stride * (size_t)k, (uint16_t)(k * k));
		}
		memcpy(out + (size_t)i * out_stride, v, sizeof v);
	}
}

static void look_up(const uint16_t *r2, int n, int limit, const uint8_t *of, uint8_t *out)
{
	for (int i = 0; i < n; i++)
		out[i] = of[r2[i] < limit ? r2[i] : limit];
}

static uint64_t cover(uint64_t *lo, uint64_t *hi, const uint64_t *mask, int shift, uint64_t fresh[2 * MEASURE_ROWS])
{
	uint64_t any = 0;

	for (int i = 0; i < MEASURE_ROWS; i++) {
		uint64_t a = mask[i] << shift, b = mask[i] >> 1 >> (63 - shift);
		fresh[i] = a & ~lo[i];
		fresh[MEASURE_ROWS + i] = b & ~hi[i];
		any |= fresh[i] | fresh[MEASURE_ROWS + i];
		lo[i] |= a;
		hi[i] |= b;
	}
	return any;
}

const struct measure_kernels measure_kernels_c = { LANES, lower, look_up, cover };

const struct measure_kernels *measure_kernels(void)
{
#ifdef __x86_64__
	if ((cpu_features() & (CPU_AVX512VNNI | CPU_NARROW)) == CPU_AVX512VNNI)
		return &measure_kernels_avx512;
	if (cpu_features() & CPU_AVX2)
		return &measure_kernels_avx2;
#endif
	return &measure_kernels_c;
}
