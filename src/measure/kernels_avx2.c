/* The same results as kernels.c, 16 voxels of 16 bits at a time. */
#include "measure/kernels.h"

#if defined(__AVX2__)
#include <immintrin.h>

static __m256i load(const uint16_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static void store(uint16_t *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)(void *)p, v);
}

static void lower(const uint16_t *f, size_t stride, int n, int reach, uint16_t *out, size_t out_stride)
{
	for (int i = 0; i < n; i++, f += stride) {
		__m256i v = load(f);
		for (int k = 1; k <= reach; k++) {
			__m256i add = _mm256_set1_epi16((short)(k * k));
			__m256i above = _mm256_subs_epu16(v, add);
			if (_mm256_testz_si256(above, above))
				break;
			if (i >= k)
				v = _mm256_min_epu16(v, _mm256_adds_epu16(load(f - stride * (size_t)k), add));
			if (i + k < n)
				v = _mm256_min_epu16(v, _mm256_adds_epu16(load(f + stride * (size_t)k), add));
		}
		store(out + (size_t)i * out_stride, v);
	}
}

/* Most voxels lie well within the mask or far from it: sixteen alike are done at once. */
static void look_up(const uint16_t *r2, int n, int limit, const uint8_t *of, uint8_t *out)
{
	const __m256i below = _mm256_set1_epi16((short)(limit - 1));
	const __m128i all = _mm_set1_epi8((char)of[0]);
	int i = 0;

	for (; i + 16 <= n; i += 16) {
		const __m256i v = load(r2 + i), far = _mm256_subs_epu16(v, below);
		if (_mm256_testz_si256(v, v))
			_mm_storeu_si128((__m128i *)(void *)(out + i), all);
		else if (!_mm256_movemask_epi8(_mm256_cmpeq_epi16(far, _mm256_setzero_si256())))
			_mm_storeu_si128((__m128i *)(void *)(out + i), _mm_setzero_si128());
		else
			for (int k = i; k < i + 16; k++)
				out[k] = of[r2[k] < limit ? r2[k] : limit];
	}
	for (; i < n; i++)
		out[i] = of[r2[i] < limit ? r2[i] : limit];
}

static __m256i load64(const uint64_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static void store64(uint64_t *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)(void *)p, v);
}

static uint64_t cover(uint64_t *lo, uint64_t *hi, const uint64_t *mask, int shift, uint64_t fresh[2 * MEASURE_ROWS])
{
	const __m128i left = _mm_cvtsi32_si128(shift), right = _mm_cvtsi32_si128(64 - shift); /* by 64: all gone */
	const __m256i m0 = load64(mask), m1 = load64(mask + 4);
	const __m256i a0 = _mm256_sll_epi64(m0, left), a1 = _mm256_sll_epi64(m1, left);
	const __m256i b0 = _mm256_srl_epi64(m0, right), b1 = _mm256_srl_epi64(m1, right);
	const __m256i la = load64(lo), lb = load64(lo + 4), ha = load64(hi), hb = load64(hi + 4);
	const __m256i f0 = _mm256_andnot_si256(la, a0), f1 = _mm256_andnot_si256(lb, a1);
	const __m256i f2 = _mm256_andnot_si256(ha, b0), f3 = _mm256_andnot_si256(hb, b1);
	const __m256i any = _mm256_or_si256(_mm256_or_si256(f0, f1), _mm256_or_si256(f2, f3));

	if (_mm256_testz_si256(any, any))
		return 0;
	store64(lo, _mm256_or_si256(la, a0));
	store64(lo + 4, _mm256_or_si256(lb, a1));
	store64(hi, _mm256_or_si256(ha, b0));
	store64(hi + 4, _mm256_or_si256(hb, b1));
	store64(fresh, f0);
	store64(fresh + 4, f1);
	store64(fresh + 8, f2);
	store64(fresh + 12, f3);
	return 1;
}

const struct measure_kernels measure_kernels_avx2 = { 16, lower, look_up, cover };

#endif
