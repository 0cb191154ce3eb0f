/* Pooling and addition on AVX2. */
#include <immintrin.h>

#include "net/int8/x86/requant_avx2.h"
#include "net/int8/x86/x86.h"

static inline bytes16 average(const uint8_t *a, const uint8_t *b, int pitch, int zero, float mul, int out_zero)
{
	const __m256 factor = _mm256_set1_ps(mul);
	/* sums of two bytes stay below 256 */
	__m256i s = _mm256_cvtepu8_epi16(_mm_add_epi8(load_bytes(a), load_bytes(a + pitch)));

	s = _mm256_add_epi16(s, _mm256_cvtepu8_epi16(_mm_add_epi8(load_bytes(b), load_bytes(b + pitch))));
	s = _mm256_sub_epi16(s, _mm256_set1_epi16((short)(4 * zero)));
	__m256i lo = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(s));
	__m256i hi = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(s, 1));
	return requant_natural(requant_scale(lo, factor), requant_scale(hi, factor), out_zero);
}

/* (q - zero) * mul of eight channels */
static inline __m256 term(__m128i q, int zero, float mul)
{
	__m256i v = _mm256_sub_epi32(_mm256_cvtepu8_epi32(q), _mm256_set1_epi32(zero));
	return _mm256_mul_ps(_mm256_cvtepi32_ps(v), _mm256_set1_ps(mul));
}

static inline bytes16 weighted(const uint8_t *a, int zero_a, float mul_a, const uint8_t *b, int zero_b, float mul_b,
			       int out_zero)
{
	__m128i qa = load_bytes(a), qb = load_bytes(b);
	/* two products, then the sum: a fused multiply-add would round differently */
	__m256 lo = _mm256_add_ps(term(qa, zero_a, mul_a), term(qb, zero_b, mul_b));
	__m256 hi = _mm256_add_ps(term(_mm_srli_si128(qa, 8), zero_a, mul_a),
				  term(_mm_srli_si128(qb, 8), zero_b, mul_b));

	return requant_natural(_mm256_cvtps_epi32(lo), _mm256_cvtps_epi32(hi), out_zero);
}

struct sums {
	__m256i first, last; /* eight channels each */
};

static inline struct sums sums_of(int32_t v)
{
	return (struct sums){ _mm256_set1_epi32(v), _mm256_set1_epi32(v) };
}

static inline void sums_add(struct sums *sum, const uint8_t *src, int n, int pitch)
{
	__m256i s = _mm256_setzero_si256();

	for (int i = 0; i < n; i++, src += pitch)
		s = _mm256_add_epi16(s, _mm256_cvtepu8_epi16(load_bytes(src)));
	sum->first = _mm256_add_epi32(sum->first, _mm256_cvtepu16_epi32(_mm256_castsi256_si128(s)));
	sum->last = _mm256_add_epi32(sum->last, _mm256_cvtepu16_epi32(_mm256_extracti128_si256(s, 1)));
}

static inline void sums_store(const struct sums *sum, int32_t out[16])
{
	_mm256_storeu_si256((__m256i *)(void *)out, sum->first);
	_mm256_storeu_si256((__m256i *)(void *)(out + 8), sum->last);
}

#include "net/int8/simd/pool.h"

void net_avx2_pool(struct net_kernels *k)
{
	pool_fill(k);
}
