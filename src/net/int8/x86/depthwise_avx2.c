/* Depthwise convolution on AVX2.
 *
 * Four taps at a time: the bytes of 16 channels under each tap are interleaved, so that every
 * channel's four inputs lie together and vpmaddubsw, vpmaddwd sum them against its four weights.
 * Pair sums cannot overflow: 2 * 127 * 127 < 2^15. */
#include <immintrin.h>

#include "net/int8/x86/requant_avx2.h"
#include "net/int8/x86/x86.h"

#define D_TOGETHER 4
#define D_ROUND 4
#include "net/int8/simd/depthwise.h"

#define QUAD ((size_t)64)

static inline __m256i dot(__m256i acc, __m128i a0, __m128i a1, const int8_t *w)
{
	__m256i a = _mm256_inserti128_si256(_mm256_castsi128_si256(a0), a1, 1);
	__m256i s = _mm256_maddubs_epi16(a, _mm256_load_si256((const __m256i *)(const void *)w));
	return _mm256_add_epi32(acc, _mm256_madd_epi16(s, _mm256_set1_epi16(1)));
}

static inline bytes16 pixel(const uint8_t *src, const ptrdiff_t *tap, size_t taps, const char *chunk, int zero)
{
	const __m256i *bias = (const __m256i *)(const void *)chunk;
	const float *requant = (const float *)(const void *)(chunk + REQUANT_AT);
	const int8_t *w = (const int8_t *)chunk + WEIGHTS_AT;
	__m256i lo = _mm256_load_si256(bias), hi = _mm256_load_si256(bias + 1);

	for (size_t t = 0; t < taps; t += 4, tap += 4, w += QUAD) {
		__m128i a = load_bytes(src + tap[0]), b = load_bytes(src + tap[1]);
		__m128i c = load_bytes(src + tap[2]), d = load_bytes(src + tap[3]);
		__m128i ab0 = _mm_unpacklo_epi8(a, b), ab1 = _mm_unpackhi_epi8(a, b);
		__m128i cd0 = _mm_unpacklo_epi8(c, d), cd1 = _mm_unpackhi_epi8(c, d);
		lo = dot(lo, _mm_unpacklo_epi16(ab0, cd0), _mm_unpackhi_epi16(ab0, cd0), w);
		hi = dot(hi, _mm_unpacklo_epi16(ab1, cd1), _mm_unpackhi_epi16(ab1, cd1), w + 32);
	}
	return requant_natural(requant_scale(lo, _mm256_load_ps(requant)),
			       requant_scale(hi, _mm256_load_ps(requant + 8)), zero);
}

void net_avx2_depthwise(struct net_kernels *k)
{
	depthwise_fill(k);
}
