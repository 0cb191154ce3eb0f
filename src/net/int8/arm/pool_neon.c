/* Pooling and addition on NEON, 16 channels at a time. The last chunk of a pixel may read up to 15
 * bytes behind it and is stored in part. */
#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"

#define CHUNK 16

static int chunk_bytes(const struct net_tensor *t, int c)
{
	return t->pitch - c < CHUNK ? t->pitch - c : CHUNK;
}

/* Zeros for the surplus channels of the chunk from c on. */
static uint8x16_t chunk_mask(const struct net_tensor *t, int c)
{
	return first_bytes(t->c - c < CHUNK ? t->c - c : CHUNK);
}

static void maxpool(const struct net_tensor *in, const struct net_tensor *out, int kernel, int stride,
		    int pad)
{
	ptrdiff_t row = (ptrdiff_t)(in->w + 2 * in->halo) * in->pitch;

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *src = net_pixel(in, y * stride - pad, -pad) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			uint8x16_t mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				uint8x16_t top = vdupq_n_u8(0);
				for (int ky = 0; ky < kernel; ky++) {
					const uint8_t *p = src + ky * row;
					for (int kx = 0; kx < kernel; kx++, p += in->pitch)
						top = vmaxq_u8(top, vld1q_u8(p));
				}
				store_bytes(dst, vandq_u8(top, mask), chunk_bytes(out, c));
				src += (ptrdiff_t)stride * in->pitch;
				dst += out->pitch;
			}
		}
	}
}

static inline int32x4_t low32(int16x8_t v)
{
	return vmovl_s16(vget_low_s16(v));
}

static inline int32x4_t high32(int16x8_t v)
{
	return vmovl_high_s16(v);
}

static void avgpool(const struct net_tensor *in, const struct net_tensor *out, float mul)
{
	const int16x8_t zeros = vdupq_n_s16((int16_t)(4 * in->zero));
	const float32x4_t factor = vdupq_n_f32(mul);

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *a = net_pixel(in, 2 * y, 0) + c, *b = net_pixel(in, 2 * y + 1, 0) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			uint8x16_t mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				/* sums of two bytes stay below 256 */
				uint8x16_t p = vaddq_u8(vld1q_u8(a), vld1q_u8(a + in->pitch));
				uint8x16_t r = vaddq_u8(vld1q_u8(b), vld1q_u8(b + in->pitch));
				int16x8_t lo = vreinterpretq_s16_u16(vaddl_u8(vget_low_u8(p), vget_low_u8(r)));
				int16x8_t hi = vreinterpretq_s16_u16(vaddl_high_u8(p, r));
				lo = vsubq_s16(lo, zeros);
				hi = vsubq_s16(hi, zeros);
				int32x4_t q[4] = { requant_scale(low32(lo), factor), requant_scale(high32(lo), factor),
						   requant_scale(low32(hi), factor), requant_scale(high32(hi), factor) };
				store_bytes(dst, vandq_u8(requant_bytes(q, out->zero), mask), chunk_bytes(out, c));
				a += 2 * (ptrdiff_t)in->pitch;
				b += 2 * (ptrdiff_t)in->pitch;
				dst += out->pitch;
			}
		}
	}
}

/* q - zero of 16 channels */
static inline void centred(const uint8_t *p, int zero, int32x4_t v[4])
{
	const int16x8_t z = vdupq_n_s16((int16_t)zero);
	uint8x16_t q = vld1q_u8(p);
	int16x8_t lo = vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(q))), z);
	int16x8_t hi = vsubq_s16(vreinterpretq_s16_u16(vmovl_high_u8(q)), z);

	v[0] = low32(lo), v[1] = high32(lo), v[2] = low32(hi), v[3] = high32(hi);
}

static void add(const struct net_tensor *a, const struct net_tensor *b, const struct net_tensor *out,
		float mul_a, float mul_b)
{
	const float32x4_t ma = vdupq_n_f32(mul_a), mb = vdupq_n_f32(mul_b);

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *pa = net_pixel(a, y, 0) + c, *pb = net_pixel(b, y, 0) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			uint8x16_t mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				int32x4_t va[4], vb[4], q[4];
				centred(pa, a->zero, va);
				centred(pb, b->zero, vb);
				/* two products, then the sum: a fused multiply-add would round differently */
				for (int i = 0; i < 4; i++)
					q[i] = vcvtnq_s32_f32(vaddq_f32(vmulq_f32(vcvtq_f32_s32(va[i]), ma),
									vmulq_f32(vcvtq_f32_s32(vb[i]), mb)));
				store_bytes(dst, vandq_u8(requant_bytes(q, out->zero), mask), chunk_bytes(out, c));
				pa += a->pitch;
				pb += b->pitch;
				dst += out->pitch;
			}
		}
	}
}

/* Adds n (at most 256, so that 16 bits suffice) pixels of 16 channels to sum. */
static void add_run(const uint8_t *src, int n, int pitch, int32x4_t sum[4])
{
	uint16x8_t lo = vdupq_n_u16(0), hi = lo;

	for (int i = 0; i < n; i++, src += pitch) {
		uint8x16_t q = vld1q_u8(src);
		lo = vaddw_u8(lo, vget_low_u8(q));
		hi = vaddw_high_u8(hi, q);
	}
	sum[0] = vaddq_s32(sum[0], vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(lo))));
	sum[1] = vaddq_s32(sum[1], vreinterpretq_s32_u32(vmovl_high_u16(lo)));
	sum[2] = vaddq_s32(sum[2], vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(hi))));
	sum[3] = vaddq_s32(sum[3], vreinterpretq_s32_u32(vmovl_high_u16(hi)));
}

static void gap(const struct net_tensor *in, int32_t *out)
{
	for (int c = 0; c < in->c; c += CHUNK) {
		int32x4_t sum[4];
		int32_t v[CHUNK];

		sum[0] = sum[1] = sum[2] = sum[3] = vdupq_n_s32(-in->zero * in->h * in->w);
		for (int y = 0; y < in->h; y++)
			for (int x = 0; x < in->w; x += 256)
				add_run(net_pixel(in, y, x) + c, in->w - x < 256 ? in->w - x : 256, in->pitch, sum);
		for (int i = 0; i < 4; i++)
			vst1q_s32(v + (size_t)4 * (size_t)i, sum[i]);
		memcpy(out + c, v, (size_t)(in->c - c < CHUNK ? in->c - c : CHUNK) * sizeof *out);
	}
}

void net_neon_pool(struct net_kernels *k)
{
	k->maxpool = maxpool;
	k->avgpool = avgpool;
	k->add = add;
	k->gap = gap;
}
