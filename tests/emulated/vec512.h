/* A 512-bit vector as two of 256 bits, and its store. */
#ifndef TESTS_VEC512_H
#define TESTS_VEC512_H

#include "net/int8/simd/unroll.h"
#include "net/int8/x86/requant_avx2.h"

typedef struct {
	__m256i lo, hi;
} vec;

SIMD_INLINE vec v_load(const vec *p)
{
	return *p;
}

SIMD_INLINE void v_store(uint8_t *dst, const vec *acc, const int vecs, const float *requant, int zero,
			 int bytes)
{
	for (int v = 0; v < vecs; v++, requant += 16, dst += 16, bytes -= 16)
		store_bytes(dst, requant_natural(requant_scale(acc[v].lo, _mm256_load_ps(requant)),
						 requant_scale(acc[v].hi, _mm256_load_ps(requant + 8)), zero),
			    bytes < 16 ? bytes : 16);
}

#endif
