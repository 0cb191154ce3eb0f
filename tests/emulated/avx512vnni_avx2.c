#include "emulated.h"
#include "vec512.h"

#define V_LANES 16
#define V_MAX 4
#define V_PIXELS(vecs) ((vecs) < 3 ? 12 : 24 / (vecs))
#define V_BUNDLE 1
#define V_CHANNEL(vecs, lane) ((void)(vecs), (lane))
#define V_NO_PEAK

SIMD_INLINE vec v_broadcast(const uint8_t *p)
{
	__m256i v = _mm256_set1_epi32(((const struct unaligned32 *)(const void *)p)->v);
	return (vec){ v, v };
}

SIMD_INLINE __m256i dot(__m256i acc, __m256i a, __m256i w)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(a, w), _mm256_set1_epi16(1)));
}

SIMD_INLINE vec v_dot(vec acc, vec a, vec w)
{
	return (vec){ dot(acc.lo, a.lo, w.lo), dot(acc.hi, a.hi, w.hi) };
}

#include "net/int8/simd/conv.h"

void emulated_avx512vnni(struct net_kernels *k)
{
	k->isa = "avx512vnni, emulated";
	conv_fill(k);
}
