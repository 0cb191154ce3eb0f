/* Convolution u7 x s8 on AVX-VNNI (VEX vpdpbusd): tiles of 6 pixels x 16 channels. */
#include "net/int8/x86/vec256.h"
#include "net/int8/x86/x86.h"

#define V_PIXELS(vecs) 6
#define V_BUNDLE 1

/* make check-vnni: the same kernels on a processor that has the instruction in its other encoding only */
#ifdef CPU_TRIAL
#define ENCODING "%{evex%} "
#else
#define ENCODING "%{vex%} "
#endif

SIMD_INLINE vec v_dot(vec acc, vec a, vec w)
{
	__asm__(ENCODING "vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(w));
	return acc;
}

#include "net/int8/simd/conv.h"

void net_avxvnni_conv(struct net_kernels *k)
{
	k->isa = "avxvnni";
	conv_fill(k);
}
