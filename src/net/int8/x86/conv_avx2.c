/* Convolution u7 x s8 on AVX2: vpmaddubsw, bundled, then vpmaddwd. Tiles of 4 pixels x 16 channels:
 * 8 sums, 3 weights, 2 pair sums, the broadcast bytes, one product and the ones fill the 16 registers. */
#include "net/int8/x86/vec256.h"
#include "net/int8/x86/x86.h"

#define V_PIXELS(vecs) 4
#define V_BUNDLE 4
#define V_HELD 3

SIMD_INLINE vec v_pairs(vec a, vec w)
{
	return _mm256_maddubs_epi16(a, w);
}

SIMD_INLINE vec v_pairs_mem(vec a, const vec *w)
{
	vec r;
	__asm__("vpmaddubsw %2, %1, %0" : "=x"(r) : "x"(a), "m"(*w));
	return r;
}

/* Assembly here too: gcc would add four products as a tree, with registers it does not have. */
SIMD_INLINE vec add_pairs(vec s, vec t)
{
	__asm__("vpaddw %1, %0, %0" : "+x"(s) : "x"(t));
	return s;
}

SIMD_INLINE vec v_more(vec s, vec a, vec w)
{
	return add_pairs(s, v_pairs(a, w));
}

SIMD_INLINE vec v_more_mem(vec s, vec a, const vec *w)
{
	return add_pairs(s, v_pairs_mem(a, w));
}

SIMD_INLINE vec v_widen(vec acc, vec s)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(s, _mm256_set1_epi16(1)));
}

#include "net/int8/simd/conv.h"

void net_avx2_conv(struct net_kernels *k)
{
	k->isa = "avx2";
	conv_fill(k);
}
