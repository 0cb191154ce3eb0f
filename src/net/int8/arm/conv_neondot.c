/* Convolution u7 x s8 on NEON with dot products: u7 fits into s8, so sdot serves. 24 sums in registers,
 * as 6 pixels x 16 channels, or more pixels where a block has fewer channels. */
#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"
#include "net/int8/simd/unroll.h"

typedef int8x16_t vec;

#define V_LANES 4
#define V_MAX 4
#define V_PIXELS(vecs) ((vecs) < 3 ? 12 : 24 / (vecs))
#define V_BUNDLE 1
#define V_CHANNEL(vecs, lane) ((void)(vecs), (lane))
#define V_KEEP(v) __asm__ volatile("" : "+w"(v))

SIMD_INLINE vec v_load(const vec *p)
{
	return *p;
}

/* Assembly keeps the load where it is written, between the products. */
SIMD_INLINE vec v_broadcast(const uint8_t *p)
{
	struct four {
		uint8_t byte[4];
	};
	vec r;
	__asm__("ld1r {%0.4s}, %1" : "=w"(r) : "Q"(*(const struct four *)p));
	return r;
}

/* Assembly here too: gcc would copy sums from register to register, and run out of them. */
SIMD_INLINE vec v_dot(vec acc, vec a, vec w)
{
	__asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(a), "w"(w));
	return acc;
}

SIMD_INLINE void v_store(uint8_t *dst, const vec *acc, const int vecs, const float *requant, int zero,
			 int bytes)
{
	int32x4_t q[4];

	q[0] = q[1] = q[2] = q[3] = vdupq_n_s32(0);
#define SCALE(v) \
	q[v] = requant_scale(vreinterpretq_s32_s8(acc[v]), vld1q_f32(requant + (size_t)4 * (v)))
	UNROLL_4(vecs, SCALE);
#undef SCALE
	store_bytes(dst, requant_bytes(q, zero), bytes);
}

#include "net/int8/simd/conv.h"

void net_neondot_conv(struct net_kernels *k)
{
	k->isa = "neondot";
	conv_fill(k);
}
