/* From the planar image to channels last, for every instruction set: blocks of 16 pixels x 16 channels, transposed.
 * Before it: bytes16 and what is done with it (requant_*.h), and ref/ref.h. */
#include <stddef.h>

#define BLOCK 16

/* Values above 127 count as 127. */
static inline bytes16 load_u7(const uint8_t *p)
{
	return min_bytes(load_bytes(p), same_bytes(127));
}

/* Interleaving the first half with the second one, four times, transposes 16 x 16. */
static inline void shuffle(const bytes16 from[BLOCK], bytes16 to[BLOCK])
{
	for (size_t i = 0; i < BLOCK / 2; i++) {
		to[2 * i] = zip_first(from[i], from[i + BLOCK / 2]);
		to[2 * i + 1] = zip_last(from[i], from[i + BLOCK / 2]);
	}
}

/* `channels` (1..16) rows of 16 pixels, `plane` bytes apart, to `bytes` bytes of 16 pixels, `pitch` bytes apart. */
static void block(const uint8_t *in, size_t plane, int channels, uint8_t *dst, int pitch, int bytes)
{
	bytes16 a[BLOCK], b[BLOCK];

	for (int c = 0; c < BLOCK; c++)
		a[c] = c < channels ? load_u7(in + (size_t)c * plane) : same_bytes(0);
	shuffle(a, b);
	shuffle(b, a);
	shuffle(a, b);
	shuffle(b, a);
	for (int x = 0; x < BLOCK; x++, dst += pitch)
		store_bytes(dst, a[x], bytes);
}

/* A row of n pixels of one channel. */
static void load_row(const uint8_t *in, int n, uint8_t *dst)
{
	for (int x = 0; x < n; x += BLOCK) {
		x = x > n - BLOCK ? n - BLOCK : x;
		store_bytes(dst + x, load_u7(in + x), BLOCK);
	}
}

/* The last block of a row overlaps the one before it, so that nothing behind the image is read. */
static void load(const struct net_tensor *out, const uint8_t *in)
{
	size_t plane = (size_t)out->h * (size_t)out->w;

	if (out->w < BLOCK) {
		ref_load(out, in);
		return;
	}
	for (int y = 0; y < out->h; y++, in += out->w) {
		if (out->pitch == 1) {
			load_row(in, out->w, net_pixel_out(out, y, 0));
			continue;
		}
		for (int x = 0; x < out->w; x += BLOCK) {
			x = x > out->w - BLOCK ? out->w - BLOCK : x;
			for (int c = 0; c < out->pitch; c += BLOCK)
				block(in + (size_t)c * plane + x, plane, out->c - c < BLOCK ? out->c - c : BLOCK,
				      net_pixel_out(out, y, x) + c, out->pitch,
				      out->pitch - c < BLOCK ? out->pitch - c : BLOCK);
		}
	}
}
