/* From the planar image to channels last: blocks of 16 pixels x 16 channels, transposed. */
#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"
#include "net/int8/ref/ref.h"

#define BLOCK 16

static inline uint8x16_t load16(const uint8_t *p)
{
	return vminq_u8(vld1q_u8(p), vdupq_n_u8(127));
}

/* Interleaving the first half with the second one, four times, transposes 16 x 16. */
static inline void shuffle(const uint8x16_t from[BLOCK], uint8x16_t to[BLOCK])
{
	for (size_t i = 0; i < BLOCK / 2; i++) {
		to[2 * i] = vzip1q_u8(from[i], from[i + BLOCK / 2]);
		to[2 * i + 1] = vzip2q_u8(from[i], from[i + BLOCK / 2]);
	}
}

/* `channels` (1..16) rows of 16 pixels, `plane` bytes apart, to `bytes` bytes of 16 pixels. */
static void block(const uint8_t *in, size_t plane, int channels, uint8_t *dst, int pitch, int bytes)
{
	uint8x16_t a[BLOCK], b[BLOCK];

	for (int c = 0; c < BLOCK; c++)
		a[c] = c < channels ? load16(in + (size_t)c * plane) : vdupq_n_u8(0);
	shuffle(a, b);
	shuffle(b, a);
	shuffle(a, b);
	shuffle(b, a);
	for (int x = 0; x < BLOCK; x++, dst += pitch)
		store_bytes(dst, a[x], bytes);
}

static void load_row(const uint8_t *in, int n, uint8_t *dst)
{
	for (int x = 0; x < n; x += BLOCK) {
		x = x > n - BLOCK ? n - BLOCK : x;
		vst1q_u8(dst + x, load16(in + x));
	}
}

#include "net/int8/simd/load.h"

void net_neon_load(struct net_kernels *k)
{
	k->load = load;
}
