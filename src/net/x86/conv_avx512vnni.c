/* Convolution u7 x s8 on AVX512-VNNI (EVEX vpdpbusd): 24 sums in registers, as 6 pixels x 64
 * channels, or more pixels where a block has fewer channels. */
#include <immintrin.h>
#include <stdint.h>

#include "net/simd/unroll.h"
#include "net/x86/x86.h"

typedef __m512i vec;

struct unaligned32 {
	int v;
} __attribute__((packed, may_alias));

#define V_LANES 16
#define V_MAX 4
#define V_PIXELS(vecs) ((vecs) < 3 ? 12 : 24 / (vecs))
#define V_BUNDLE 1
#define V_CHANNEL(vecs, lane) ((void)(vecs), (lane))
#define V_KEEP(v) __asm__ volatile("" : "+x"(v))

SIMD_INLINE vec v_load(const vec *p)
{
	return _mm512_load_si512(p);
}

SIMD_INLINE vec v_broadcast(const uint8_t *p)
{
	vec r;
	__asm__("vpbroadcastd %1, %0" : "=v"(r) : "m"(*(const struct unaligned32 *)(const void *)p));
	return r;
}

SIMD_INLINE vec v_dot(vec acc, vec a, vec w)
{
	__asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(w));
	return acc;
}

/* 16 channels; the last vector of a pixel may have fewer */
SIMD_INLINE void store_vec(uint8_t *dst, vec acc, const float *requant, int zero, int bytes)
{
	const vec low = _mm512_setzero_si512(), high = _mm512_set1_epi32(127);
	__m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(acc), _mm512_load_ps(requant));
	vec q = _mm512_add_epi32(_mm512_cvtps_epi32(scaled), _mm512_set1_epi32(zero));

	q = _mm512_min_epi32(_mm512_max_epi32(q, low), high);
	if (bytes >= 16)
		_mm_storeu_si128((__m128i *)(void *)dst, _mm512_cvtepi32_epi8(q));
	else
		_mm512_mask_cvtepi32_storeu_epi8(dst, (__mmask16)((1 << bytes) - 1), q);
}

SIMD_INLINE void v_store(uint8_t *dst, const vec *acc, const int vecs, const float *requant, int zero,
			 int bytes)
{
#define STORE_VEC(v) store_vec(dst + (size_t)16 * (v), acc[v], requant + (size_t)16 * (v), zero, bytes - 16 * (v))
	UNROLL_4(vecs, STORE_VEC);
#undef STORE_VEC
}

#include "net/simd/conv.h"

void net_avx512vnni_conv(struct net_kernels *k)
{
	k->isa = "avx512vnni";
	conv_fill(k);
}
