/* What AVX2 and AVX-VNNI share: 256-bit vectors, blocks of up to two of them. */
#ifndef NET_X86_VEC256_H
#define NET_X86_VEC256_H

#include "net/int8/simd/unroll.h"
#include "net/int8/x86/requant_avx2.h"

typedef __m256i vec;

/* AVX-512 has registers that only its own encodings reach. */
#ifdef __AVX512VL__
#define V_REG "v"
#else
#define V_REG "x"
#endif

#define V_LANES 8
#define V_MAX 2
/* Blocks of 16 channels hold them as requant_mixed() wants them. */
#define V_CHANNEL(vecs, lane) \
	((vecs) == 1 ? (lane) : ((lane) & 3) | ((lane) & 4) << 1 | ((lane) & 8) >> 1)
#define V_KEEP(v) __asm__ volatile("" : "+x"(v))

SIMD_INLINE vec v_load(const vec *p)
{
	return _mm256_load_si256(p);
}

/* Assembly keeps the load where it is written: a compiler would rather gather all broadcasts
 * first and spill them. */
SIMD_INLINE vec v_broadcast(const uint8_t *p)
{
	vec r;
	__asm__("vpbroadcastd %1, %0" : "=" V_REG(r) : "m"(*(const struct unaligned32 *)(const void *)p));
	return r;
}

SIMD_INLINE void v_store(uint8_t *dst, const vec *acc, const int vecs, const float *requant, int zero,
			 int bytes)
{
	__m256i lo = requant_scale(acc[0], _mm256_load_ps(requant)), hi = lo;

	if (vecs > 1) {
		hi = requant_scale(acc[1], _mm256_load_ps(requant + 8));
		store_bytes(dst, requant_mixed(lo, hi, zero), bytes);
	} else {
		store_bytes(dst, requant_natural(lo, hi, zero), bytes);
	}
}

#endif
