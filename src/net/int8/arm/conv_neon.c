/* Convolution u7 x s8 on NEON without dot products.
 *
 * u7 fits into s8, so smull and smlal leave 16-bit sums of products and sadalp widens them. Vectors
 * are pairs of registers, weights split: one register has bytes 0, 1 of eight channels, the other
 * bytes 2, 3. Sums of the two products then need no step of their own, and neither do those of a
 * bundle: every multiplication but the first of a sum adds as well.
 *
 * Tiles of 4 pixels x 16 channels: 16 sums, 4 16-bit sums, 2 registers of input, 8 of weights. */
#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"
#include "net/int8/simd/unroll.h"

typedef struct {
	int8x16_t lo, hi; /* weights, input: bytes 0, 1 and 2, 3; sums: channels 0-3 and 4-7 */
} vec;

#define V_LANES 8
#define V_MAX 2
#define V_PIXELS(vecs) ((vecs) == 1 ? 6 : 4)
#define V_BUNDLE 4
#define V_HELD 4
#define V_SPLIT 1
#define V_CHANNEL(vecs, lane) ((void)(vecs), (lane))
#define V_KEEP(v) __asm__ volatile("" : "+w"((v).lo), "+w"((v).hi))

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
	__asm__("ld1r {%0.4s}, %2\n\t"
		"trn2 %1.8h, %0.8h, %0.8h\n\t"
		"trn1 %0.8h, %0.8h, %0.8h" : "=&w"(r.lo), "=&w"(r.hi) : "Q"(*(const struct four *)p));
	return r;
}

/* Assembly here too: gcc would copy sums from register to register, and run out of them. */
SIMD_INLINE vec v_more(vec s, vec a, vec w)
{
	__asm__("smlal %0.8h, %1.8b, %2.8b" : "+w"(s.lo) : "w"(a.lo), "w"(w.lo));
	__asm__("smlal2 %0.8h, %1.16b, %2.16b" : "+w"(s.hi) : "w"(a.lo), "w"(w.lo));
	__asm__("smlal %0.8h, %1.8b, %2.8b" : "+w"(s.lo) : "w"(a.hi), "w"(w.hi));
	__asm__("smlal2 %0.8h, %1.16b, %2.16b" : "+w"(s.hi) : "w"(a.hi), "w"(w.hi));
	return s;
}

SIMD_INLINE vec v_pairs(vec a, vec w)
{
	vec s;
	__asm__("smull %0.8h, %1.8b, %2.8b" : "=w"(s.lo) : "w"(a.lo), "w"(w.lo));
	__asm__("smull2 %0.8h, %1.16b, %2.16b" : "=w"(s.hi) : "w"(a.lo), "w"(w.lo));
	__asm__("smlal %0.8h, %1.8b, %2.8b" : "+w"(s.lo) : "w"(a.hi), "w"(w.hi));
	__asm__("smlal2 %0.8h, %1.16b, %2.16b" : "+w"(s.hi) : "w"(a.hi), "w"(w.hi));
	return s;
}

/* Loads that seem to depend on the input, or gcc would do them once for all pixels and spill them. */
SIMD_INLINE vec load_late(const vec *w, vec a)
{
	vec r;
	__asm__("ldr %q0, %1" : "=w"(r.lo) : "m"(w->lo), "w"(a.lo));
	__asm__("ldr %q0, %1" : "=w"(r.hi) : "m"(w->hi), "w"(a.lo));
	return r;
}

SIMD_INLINE vec v_pairs_mem(vec a, const vec *w)
{
	return v_pairs(a, load_late(w, a));
}

SIMD_INLINE vec v_more_mem(vec s, vec a, const vec *w)
{
	return v_more(s, a, load_late(w, a));
}

SIMD_INLINE vec v_widen(vec acc, vec s)
{
	__asm__("sadalp %0.4s, %1.8h" : "+w"(acc.lo) : "w"(s.lo));
	__asm__("sadalp %0.4s, %1.8h" : "+w"(acc.hi) : "w"(s.hi));
	return acc;
}

SIMD_INLINE void v_store(uint8_t *dst, const vec *acc, const int vecs, const float *requant, int zero,
			 int bytes)
{
	int32x4_t q[4];

	q[0] = requant_scale(vreinterpretq_s32_s8(acc[0].lo), vld1q_f32(requant));
	q[1] = requant_scale(vreinterpretq_s32_s8(acc[0].hi), vld1q_f32(requant + 4));
	q[2] = q[3] = q[1];
	if (vecs > 1) {
		q[2] = requant_scale(vreinterpretq_s32_s8(acc[1].lo), vld1q_f32(requant + 8));
		q[3] = requant_scale(vreinterpretq_s32_s8(acc[1].hi), vld1q_f32(requant + 12));
	}
	store_bytes(dst, requant_bytes(q, zero), bytes);
}

#include "net/int8/simd/conv.h"

void net_neon_conv(struct net_kernels *k)
{
	k->isa = "neon";
	conv_fill(k);
}
