/* From int32 sums to u7 bytes, 16 channels at a time, and what templates do with 16 bytes. Only for files compiled for
 * AVX2. */
#ifndef NET_X86_REQUANT_AVX2_H
#define NET_X86_REQUANT_AVX2_H

#include <immintrin.h>
#include <stdint.h>

struct unaligned32 {
	int v;
} __attribute__((packed, may_alias));

/* Rounds to nearest even; sums are exact as float, so this is the only rounding but the product's. */
static inline __m256i requant_scale(__m256i acc, __m256 factor)
{
	return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(acc), factor));
}

/* Adds the zero point and clamps to 0..127. Packing saturates to 16 bits on the way, which the clamp
 * does not notice. It also mixes the 128-bit halves: lo holds channels 0-3 8-11, hi 4-7 12-15. */
static inline __m128i requant_mixed(__m256i lo, __m256i hi, int zero)
{
	__m256i q = _mm256_adds_epi16(_mm256_packs_epi32(lo, hi), _mm256_set1_epi16((short)zero));
	__m128i r = _mm_packus_epi16(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
	return _mm_min_epu8(r, _mm_set1_epi8(127));
}

/* The same for lo = channels 0-7, hi = 8-15. */
static inline __m128i requant_natural(__m256i lo, __m256i hi, int zero)
{
	return requant_mixed(_mm256_permute2x128_si256(lo, hi, 0x20),
			     _mm256_permute2x128_si256(lo, hi, 0x31), zero);
}

typedef __m128i bytes16;

static inline bytes16 load_bytes(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline bytes16 same_bytes(int v)
{
	return _mm_set1_epi8((char)v);
}

static inline bytes16 min_bytes(bytes16 a, bytes16 b)
{
	return _mm_min_epu8(a, b);
}

static inline bytes16 max_bytes(bytes16 a, bytes16 b)
{
	return _mm_max_epu8(a, b);
}

static inline bytes16 and_bytes(bytes16 a, bytes16 b)
{
	return _mm_and_si128(a, b);
}

/* a[0] b[0] a[1] b[1] ...: of the first eight bytes, and of the last eight. */
static inline bytes16 zip_first(bytes16 a, bytes16 b)
{
	return _mm_unpacklo_epi8(a, b);
}

static inline bytes16 zip_last(bytes16 a, bytes16 b)
{
	return _mm_unpackhi_epi8(a, b);
}

/* The first 16, 12, 8, 4 or 1 of 16 bytes. */
static inline void store_bytes(uint8_t *dst, bytes16 v, int bytes)
{
	if (bytes == 16) {
		_mm_storeu_si128((__m128i *)(void *)dst, v);
		return;
	}
	if (bytes & 8) {
		_mm_storel_epi64((__m128i *)(void *)dst, v);
		v = _mm_srli_si128(v, 8);
		dst += 8;
	}
	if (bytes & 4)
		((struct unaligned32 *)(void *)dst)->v = _mm_cvtsi128_si32(v);
	if (bytes & 1)
		*dst = (uint8_t)_mm_cvtsi128_si32(v);
}

/* Ones in the first n of 16 bytes, n = 0..16. */
static inline bytes16 first_bytes(int n)
{
	const __m128i count = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	return _mm_cmpgt_epi8(_mm_set1_epi8((char)n), count);
}

#endif
