/* From int32 sums in 512-bit vectors to u7 bytes: the stores that simd/conv.h and x86/conv_tiles.h ask for. Only for
 * files compiled for AVX-512. */
#ifndef NET_X86_STORE_AVX512_H
#define NET_X86_STORE_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "net/int8/simd/unroll.h"

typedef __m512i vec;

SIMD_INLINE vec v_load(const vec *p)
{
	return _mm512_load_si512(p);
}

SIMD_INLINE vec scale(vec acc, const float *requant)
{
	return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(acc), _mm512_load_ps(requant)));
}

/* 16 channels; the last vector of a pixel may have fewer */
SIMD_INLINE void store_vec(uint8_t *dst, vec acc, const float *requant, int zero, int bytes)
{
	const vec low = _mm512_setzero_si512(), high = _mm512_set1_epi32(127);
	vec q = _mm512_add_epi32(scale(acc, requant), _mm512_set1_epi32(zero));

	q = _mm512_min_epi32(_mm512_max_epi32(q, low), high);
	if (bytes >= 16)
		_mm_storeu_si128((__m128i *)(void *)dst, _mm512_cvtepi32_epi8(q));
	else
		_mm512_mask_cvtepi32_storeu_epi8(dst, (__mmask16)((1 << bytes) - 1), q);
}

/* Four vectors become one, of bytes in their order: half the instructions for each. Packing saturates to
 * 16 bits on the way, which the clamp does not notice, and goes by 128-bit lanes, which the last step undoes. */
SIMD_INLINE vec pack_four(vec a, vec b, vec c, vec d, const float *requant, const int vecs, int zero)
{
	const vec order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
	const vec z = _mm512_set1_epi16((short)zero);
	vec ab = _mm512_packs_epi32(scale(a, requant), scale(b, requant + (vecs > 1 ? 16 : 0)));
	vec cd = _mm512_packs_epi32(scale(c, requant + (vecs > 2 ? 32 : 0)),
				    scale(d, requant + (vecs > 2 ? 48 : vecs > 1 ? 16 : 0)));
	vec q = _mm512_packus_epi16(_mm512_adds_epi16(ab, z), _mm512_adds_epi16(cd, z));

	return _mm512_permutexvar_epi32(order, _mm512_min_epu8(q, _mm512_set1_epi8(127)));
}

SIMD_INLINE void v_store(uint8_t *dst, const vec *acc, const int vecs, const float *requant, int zero,
			 int bytes)
{
	if (vecs == 4) {
		vec q = pack_four(acc[0], acc[1], acc[2], acc[3], requant, vecs, zero);
		if (bytes == 64)
			_mm512_storeu_si512(dst, q);
		else
			_mm512_mask_storeu_epi8(dst, ((__mmask64)1 << bytes) - 1, q);
		return;
	}
#define STORE_VEC(v) store_vec(dst + (size_t)16 * (v), acc[v], requant + (size_t)16 * (v), zero, bytes - 16 * (v))
	UNROLL_4(vecs, STORE_VEC);
#undef STORE_VEC
}

SIMD_INLINE void store_part(uint8_t *dst, __m128i q, int bytes)
{
	if (bytes == 16)
		_mm_storeu_si128((__m128i *)(void *)dst, q);
	else
		_mm_mask_storeu_epi8(dst, (__mmask16)((1 << bytes) - 1), q);
}

#define V_TOGETHER(vecs) ((vecs) < 3 ? 4 / (vecs) : 1)

SIMD_INLINE void v_store_together(uint8_t *dst, ptrdiff_t step, const vec (*acc)[4], const int vecs,
				  const float *requant, int zero, int inside, int last)
{
	if (vecs == 1) {
		vec q = pack_four(acc[0][0], acc[1][0], acc[2][0], acc[3][0], requant, vecs, zero);
		store_part(dst, _mm512_castsi512_si128(q), inside);
		store_part(dst + step, _mm512_extracti32x4_epi32(q, 1), inside);
		store_part(dst + 2 * step, _mm512_extracti32x4_epi32(q, 2), inside);
		store_part(dst + 3 * step, _mm512_extracti32x4_epi32(q, 3), last);
	} else {
		vec q = pack_four(acc[0][0], acc[0][1], acc[1][0], acc[1][1], requant, vecs, zero);
		if (last == 32) {
			_mm256_storeu_si256((__m256i *)(void *)dst, _mm512_castsi512_si256(q));
			_mm256_storeu_si256((__m256i *)(void *)(dst + step), _mm512_extracti64x4_epi64(q, 1));
		} else {
			__mmask32 part = ((__mmask32)1 << last) - 1;
			_mm256_mask_storeu_epi8(dst, part, _mm512_castsi512_si256(q));
			_mm256_mask_storeu_epi8(dst + step, part, _mm512_extracti64x4_epi64(q, 1));
		}
	}
}

#endif
