/* The same results as kernels.c, 32 voxels of 16 bits or 8 rows of 64 at a time. */
#include "measure/kernels.h"

#if defined(__AVX512BW__) && defined(__AVX512VL__)
#include <immintrin.h>

#define LANES 32

static void lower(const uint16_t *f, size_t stride, int n, int reach, uint16_t *out, size_t out_stride)
{
	for (int i = 0; i < n; i++, f += stride) {
		__m512i v = _mm512_loadu_si512(f);
		for (int k = 1; k <= reach; k++) {
			const __m512i add = _mm512_set1_epi16((short)(k * k));
			if (!_mm512_cmpgt_epu16_mask(v, add))
				break;
			if (i >= k)
				v = _mm512_min_epu16(v, _mm512_adds_epu16(_mm512_loadu_si512(f - stride * (size_t)k),
									  add));
			if (i + k < n)
				v = _mm512_min_epu16(v, _mm512_adds_epu16(_mm512_loadu_si512(f + stride * (size_t)k),
									  add));
		}
		_mm512_storeu_si512(out + (size_t)i * out_stride, v);
	}
}

/* Most voxels lie well within the mask or far from it: those alike are done at once. */
static void look_up(const uint16_t *r2, int n, int limit, const uint8_t *of, uint8_t *out)
{
	const __m512i most = _mm512_set1_epi16((short)limit);
	int i = 0;

	for (; i + LANES <= n; i += LANES) {
		const __m512i v = _mm512_loadu_si512(r2 + i);
		__mmask32 near = _mm512_cmplt_epu16_mask(v, most);
		if (!near)
			_mm256_storeu_si256((__m256i *)(void *)(out + i), _mm256_setzero_si256());
		else if (!_mm512_test_epi16_mask(v, v))
			_mm256_storeu_si256((__m256i *)(void *)(out + i), _mm256_set1_epi8((char)of[0]));
		else
			for (int k = i; k < i + LANES; k++)
				out[k] = of[r2[k] < limit ? r2[k] : limit];
	}
	for (; i < n; i++)
		out[i] = of[r2[i] < limit ? r2[i] : limit];
}

static uint64_t cover(uint64_t *lo, uint64_t *hi, const uint64_t *mask, int shift, uint64_t fresh[2 * MEASURE_ROWS])
{
	const __m512i m = _mm512_loadu_si512(mask), l = _mm512_loadu_si512(lo), h = _mm512_loadu_si512(hi);
	const __m512i a = _mm512_sll_epi64(m, _mm_cvtsi32_si128(shift));
	const __m512i b = _mm512_srl_epi64(m, _mm_cvtsi32_si128(64 - shift)); /* by 64: all gone */
	const __m512i fresh_lo = _mm512_andnot_si512(l, a), fresh_hi = _mm512_andnot_si512(h, b);
	const __m512i any = _mm512_or_si512(fresh_lo, fresh_hi);

	if (!_mm512_test_epi64_mask(any, any))
		return 0;
	_mm512_storeu_si512(lo, _mm512_or_si512(l, a));
	_mm512_storeu_si512(hi, _mm512_or_si512(h, b));
	_mm512_storeu_si512(fresh, fresh_lo);
	_mm512_storeu_si512(fresh + MEASURE_ROWS, fresh_hi);
	return 1;
}

const struct measure_kernels measure_kernels_avx512 = { LANES, lower, look_up, cover };

#endif
