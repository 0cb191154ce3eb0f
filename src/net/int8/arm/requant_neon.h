/* From int32 sums to u7 bytes, 16 channels at a time, and what templates do with 16 bytes. */
#ifndef NET_ARM_REQUANT_NEON_H
#define NET_ARM_REQUANT_NEON_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

/* Rounds to nearest even; sums are exact as float, so this is the only rounding but the product's. */
static inline int32x4_t requant_scale(int32x4_t acc, float32x4_t factor)
{
	return vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(acc), factor));
}

/* Adds the zero point and clamps to 0..127; saturating to 16 bits on the way, the clamp does not
 * notice. q[0] holds channels 0-3, q[3] 12-15. */
static inline uint8x16_t requant_bytes(const int32x4_t q[4], int zero)
{
	const int16x8_t add = vdupq_n_s16((int16_t)zero);
	int16x8_t lo = vqaddq_s16(vcombine_s16(vqmovn_s32(q[0]), vqmovn_s32(q[1])), add);
	int16x8_t hi = vqaddq_s16(vcombine_s16(vqmovn_s32(q[2]), vqmovn_s32(q[3])), add);

	return vminq_u8(vcombine_u8(vqmovun_s16(lo), vqmovun_s16(hi)), vdupq_n_u8(127));
}

typedef uint8x16_t bytes16;

static inline bytes16 load_bytes(const uint8_t *p)
{
	return vld1q_u8(p);
}

static inline bytes16 same_bytes(int v)
{
	return vdupq_n_u8((uint8_t)v);
}

static inline bytes16 min_bytes(bytes16 a, bytes16 b)
{
	return vminq_u8(a, b);
}

static inline bytes16 max_bytes(bytes16 a, bytes16 b)
{
	return vmaxq_u8(a, b);
}

static inline bytes16 and_bytes(bytes16 a, bytes16 b)
{
	return vandq_u8(a, b);
}

/* a[0] b[0] a[1] b[1] ...: of the first eight bytes, and of the last eight. */
static inline bytes16 zip_first(bytes16 a, bytes16 b)
{
	return vzip1q_u8(a, b);
}

static inline bytes16 zip_last(bytes16 a, bytes16 b)
{
	return vzip2q_u8(a, b);
}

/* The first 16, 12, 8, 4 or 1 of 16 bytes. */
static inline void store_bytes(uint8_t *dst, bytes16 v, int bytes)
{
	if (bytes == 16) {
		vst1q_u8(dst, v);
		return;
	}
	if (bytes & 8) {
		vst1_u8(dst, vget_low_u8(v));
		v = vextq_u8(v, v, 8);
		dst += 8;
	}
	if (bytes & 4) {
		uint32_t word = vgetq_lane_u32(vreinterpretq_u32_u8(v), 0);
		memcpy(dst, &word, sizeof word);
	}
	if (bytes & 1)
		*dst = vgetq_lane_u8(v, 0);
}

/* Ones in the first n of 16 bytes, n = 0..16. */
static inline bytes16 first_bytes(int n)
{
	static const uint8_t count[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	return vcltq_u8(vld1q_u8(count), vdupq_n_u8((uint8_t)n));
}

#endif
