/* Depthwise convolution on NEON: two taps at a time, whose products of 16 channels are summed in 16 bits
 * (2 * 127 * 127 < 2^15) and added to the 32-bit sums. */
#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"

#define D_TOGETHER 1
#define D_ROUND 2
#include "net/int8/simd/depthwise.h"

static inline bytes16 pixel(const uint8_t *src, const ptrdiff_t *tap, size_t taps, const char *chunk, int zero)
{
	const int32_t *bias = (const int32_t *)(const void *)chunk;
	const float *requant = (const float *)(const void *)(chunk + REQUANT_AT);
	const int8_t *w = (const int8_t *)chunk + WEIGHTS_AT;
	int32x4_t s0 = vld1q_s32(bias), s1 = vld1q_s32(bias + 4), s2 = vld1q_s32(bias + 8), s3 = vld1q_s32(bias + 12);

	for (size_t t = 0; t < taps; t += 2, w += (size_t)2 * CHUNK) {
		int8x16_t a = vreinterpretq_s8_u8(vld1q_u8(src + tap[t])), v = vld1q_s8(w);
		int8x16_t b = vreinterpretq_s8_u8(vld1q_u8(src + tap[t + 1])), u = vld1q_s8(w + CHUNK);
		int16x8_t lo = vmlal_s8(vmull_s8(vget_low_s8(a), vget_low_s8(v)), vget_low_s8(b), vget_low_s8(u));
		int16x8_t hi = vmlal_high_s8(vmull_high_s8(a, v), b, u);
		s0 = vaddw_s16(s0, vget_low_s16(lo));
		s1 = vaddw_high_s16(s1, lo);
		s2 = vaddw_s16(s2, vget_low_s16(hi));
		s3 = vaddw_high_s16(s3, hi);
	}
	int32x4_t q[4] = { requant_scale(s0, vld1q_f32(requant)), requant_scale(s1, vld1q_f32(requant + 4)),
			   requant_scale(s2, vld1q_f32(requant + 8)), requant_scale(s3, vld1q_f32(requant + 12)) };
	return requant_bytes(q, zero);
}

void net_neon_depthwise(struct net_kernels *k)
{
	depthwise_fill(k);
}
