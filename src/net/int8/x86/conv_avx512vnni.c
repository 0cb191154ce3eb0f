/* Convolution u7 x s8 on AVX512-VNNI (EVEX vpdpbusd): 24 sums in registers, as 6 pixels x 64
 * channels, or more pixels where a block has fewer channels. */
#include "net/int8/x86/store_avx512.h"
#include "net/int8/x86/x86.h"

struct unaligned32 {
	int v;
} __attribute__((packed, may_alias));

#define V_LANES 16
#define V_MAX 4
#define V_PIXELS(vecs) ((vecs) < 3 ? 12 : 24 / (vecs))
#define V_BUNDLE 1
#define V_CHANNEL(vecs, lane) ((void)(vecs), (lane))
#define V_KEEP(v) __asm__ volatile("" : "+x"(v))

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

#include "net/int8/simd/conv.h"

void net_avx512vnni_conv(struct net_kernels *k)
{
	k->isa = "avx512vnni";
	conv_fill(k);
}
