/* Convolution u7 x s8 on AVX512-VNNI with 256-bit vectors, for cores where wider ones gain nothing
 * (CPU_NARROW): 24 sums in registers, as 12 pixels x 16 channels. */
#include "net/int8/x86/vec256.h"
#include "net/int8/x86/x86.h"

#define V_PIXELS(vecs) 12
#define V_BUNDLE 1

SIMD_INLINE vec v_dot(vec acc, vec a, vec w)
{
	__asm__("%{evex%} vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(w));
	return acc;
}

#include "net/int8/simd/conv.h"

void net_avx512vnni_ymm_conv(struct net_kernels *k)
{
	k->isa = "avx512vnni";
	conv_fill(k);
}
