/* Pooling and addition, 16 channels at a time, for every instruction set. The last chunk of a pixel may read up to 15
 * bytes behind it and is stored in part. Loops copy what they need of a tensor: a store of bytes may alias its fields.
 * Before it: bytes16 and what is done with it (requant_*.h), and
 *
 *   average(a, b, pitch, zero, mul, out_zero)    avgpool of net_kernels: the pixel at a and the one `pitch`
 *                                                bytes behind it, the same at b, 16 channels of each
 *   weighted(a, zero_a, mul_a, b, zero_b, mul_b, out_zero)   add of net_kernels, 16 channels
 *   struct sums                                  16 int32
 *   sums_of(v), sums_store(s, int32_t out[16])
 *   sums_add(s, src, n, pitch)                   n pixels, 1..256, so that 16 bits suffice for each of their sums */
#include <stddef.h>
#include <string.h>

#define CHUNK 16

static int chunk_bytes(const struct net_tensor *t, int c)
{
	return t->pitch - c < CHUNK ? t->pitch - c : CHUNK;
}

/* Zeros for the surplus channels of the chunk from c on. */
static bytes16 chunk_mask(const struct net_tensor *t, int c)
{
	return first_bytes(t->c - c < CHUNK ? t->c - c : CHUNK);
}

/* The compiler unrolls the window where its size is a constant, which is what makes it fast. */
static inline __attribute__((always_inline)) void
maxpool_window(const struct net_tensor *in, const struct net_tensor *out, int kernel, int stride, int pad)
{
	const ptrdiff_t pitch = in->pitch, row = (ptrdiff_t)(in->w + 2 * in->halo) * pitch, step = stride * pitch;
	const ptrdiff_t out_pitch = out->pitch;
	const int w = out->w;

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *src = net_pixel(in, y * stride - pad, -pad) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = chunk_bytes(out, c);
			bytes16 mask = chunk_mask(out, c);
			for (int x = 0; x < w; x++, src += step, dst += out_pitch) {
				bytes16 top = same_bytes(0);
				for (int ky = 0; ky < kernel; ky++)
					for (int kx = 0; kx < kernel; kx++)
						top = max_bytes(top, load_bytes(src + ky * row + kx * pitch));
				store_bytes(dst, and_bytes(top, mask), bytes);
			}
		}
	}
}

static void maxpool(const struct net_tensor *in, const struct net_tensor *out, int kernel, int stride,
		    int pad)
{
	if (kernel == 3)
		maxpool_window(in, out, 3, stride, pad);
	else if (kernel == 2)
		maxpool_window(in, out, 2, stride, pad);
	else
		maxpool_window(in, out, kernel, stride, pad);
}

static void avgpool(const struct net_tensor *in, const struct net_tensor *out, float mul)
{
	const int pitch = in->pitch, zero = in->zero, out_zero = out->zero;

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *a = net_pixel(in, 2 * y, 0) + c, *b = net_pixel(in, 2 * y + 1, 0) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = chunk_bytes(out, c);
			bytes16 mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				bytes16 q = average(a, b, pitch, zero, mul, out_zero);
				store_bytes(dst, and_bytes(q, mask), bytes);
				a += 2 * (ptrdiff_t)pitch;
				b += 2 * (ptrdiff_t)pitch;
				dst += out->pitch;
			}
		}
	}
}

static void add(const struct net_tensor *a, const struct net_tensor *b, const struct net_tensor *out,
		float mul_a, float mul_b)
{
	const int zero_a = a->zero, zero_b = b->zero, out_zero = out->zero;

	for (int y = 0; y < out->h; y++) {
		for (int c = 0; c < out->pitch; c += CHUNK) {
			const uint8_t *pa = net_pixel(a, y, 0) + c, *pb = net_pixel(b, y, 0) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = chunk_bytes(out, c);
			bytes16 mask = chunk_mask(out, c);
			for (int x = 0; x < out->w; x++) {
				bytes16 q = weighted(pa, zero_a, mul_a, pb, zero_b, mul_b, out_zero);
				store_bytes(dst, and_bytes(q, mask), bytes);
				pa += a->pitch;
				pb += b->pitch;
				dst += out->pitch;
			}
		}
	}
}

static void gap(const struct net_tensor *in, int32_t *out)
{
	for (int c = 0; c < in->c; c += CHUNK) {
		struct sums sum = sums_of(-in->zero * in->h * in->w);
		int32_t v[CHUNK];

		for (int y = 0; y < in->h; y++)
			for (int x = 0; x < in->w; x += 256)
				sums_add(&sum, net_pixel(in, y, x) + c, in->w - x < 256 ? in->w - x : 256, in->pitch);
		sums_store(&sum, v);
		memcpy(out + c, v, (size_t)(in->c - c < CHUNK ? in->c - c : CHUNK) * sizeof *out);
	}
}

static void pool_fill(struct net_kernels *k)
{
	k->maxpool = maxpool;
	k->avgpool = avgpool;
	k->add = add;
	k->gap = gap;
}
