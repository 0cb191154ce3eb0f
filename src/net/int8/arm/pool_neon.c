/* Pooling and addition on NEON. */
#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"

static inline int32x4_t low32(int16x8_t v)
{
	return vmovl_s16(vget_low_s16(v));
}

static inline int32x4_t high32(int16x8_t v)
{
	return vmovl_high_s16(v);
}

static inline bytes16 average(const uint8_t *a, const uint8_t *b, int pitch, int zero, float mul, int out_zero)
{
	const int16x8_t zeros = vdupq_n_s16((int16_t)(4 * zero));
	const float32x4_t factor = vdupq_n_f32(mul);
	/* sums of two bytes stay below 256 */
	uint8x16_t p = vaddq_u8(load_bytes(a), load_bytes(a + pitch));
	uint8x16_t r = vaddq_u8(load_bytes(b), load_bytes(b + pitch));
	int16x8_t lo = vsubq_s16(vreinterpretq_s16_u16(vaddl_u8(vget_low_u8(p), vget_low_u8(r))), zeros);
	int16x8_t hi = vsubq_s16(vreinterpretq_s16_u16(vaddl_high_u8(p, r)), zeros);
	int32x4_t q[4] = { requant_scale(low32(lo), factor), requant_scale(high32(lo), factor),
			   requant_scale(low32(hi), factor), requant_scale(high32(hi), factor) };

	return requant_bytes(q, out_zero);
}

/* q - zero of 16 channels */
static inline void centred(const uint8_t *p, int zero, int32x4_t v[4])
{
	const int16x8_t z = vdupq_n_s16((int16_t)zero);
	uint8x16_t q = load_bytes(p);
	int16x8_t lo = vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(q))), z);
	int16x8_t hi = vsubq_s16(vreinterpretq_s16_u16(vmovl_high_u8(q)), z);

	v[0] = low32(lo), v[1] = high32(lo), v[2] = low32(hi), v[3] = high32(hi);
}

static inline bytes16 weighted(const uint8_t *a, int zero_a, float mul_a, const uint8_t *b, int zero_b, float mul_b,
			       int out_zero)
{
	const float32x4_t ma = vdupq_n_f32(mul_a), mb = vdupq_n_f32(mul_b);
	int32x4_t va[4], vb[4], q[4];

	centred(a, zero_a, va);
	centred(b, zero_b, vb);
	/* two products, then the sum: a fused multiply-add would round differently */
	for (int i = 0; i < 4; i++)
		q[i] = vcvtnq_s32_f32(vaddq_f32(vmulq_f32(vcvtq_f32_s32(va[i]), ma),
						vmulq_f32(vcvtq_f32_s32(vb[i]), mb)));
	return requant_bytes(q, out_zero);
}

struct sums {
	int32x4_t v[4]; /* channels 0-3 ... 12-15 */
};

static inline struct sums sums_of(int32_t v)
{
	return (struct sums){ { vdupq_n_s32(v), vdupq_n_s32(v), vdupq_n_s32(v), vdupq_n_s32(v) } };
}

static inline void sums_add(struct sums *sum, const uint8_t *src, int n, int pitch)
{
	uint16x8_t lo = vdupq_n_u16(0), hi = lo;

	for (int i = 0; i < n; i++, src += pitch) {
		uint8x16_t q = load_bytes(src);
		lo = vaddw_u8(lo, vget_low_u8(q));
		hi = vaddw_high_u8(hi, q);
	}
	sum->v[0] = vaddq_s32(sum->v[0], vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(lo))));
	sum->v[1] = vaddq_s32(sum->v[1], vreinterpretq_s32_u32(vmovl_high_u16(lo)));
	sum->v[2] = vaddq_s32(sum->v[2], vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(hi))));
	sum->v[3] = vaddq_s32(sum->v[3], vreinterpretq_s32_u32(vmovl_high_u16(hi)));
}

static inline void sums_store(const struct sums *sum, int32_t out[16])
{
	for (size_t i = 0; i < 4; i++)
		vst1q_s32(out + 4 * i, sum->v[i]);
}

#include "net/int8/simd/pool.h"

void net_neon_pool(struct net_kernels *k)
{
	pool_fill(k);
}
