/* Depthwise convolution, 16 channels at a time, for every instruction set. Before it: bytes16 (requant_*.h), and
 *
 *   D_TOGETHER   taps of a channel that lie side by side
 *   D_ROUND      taps are filled up with zeros to a multiple of this, which is one of D_TOGETHER
 *
 * Behind it: pixel(), declared here.
 *
 * packed: [chunk of 16 channels] { int32 bias[16], float requant[16], s8 [taps / D_TOGETHER][16][D_TOGETHER] } */
#include <stddef.h>
#include <string.h>

#define CHUNK 16
#define REQUANT_AT ((size_t)64) /* bytes from the start of a chunk */
#define WEIGHTS_AT ((size_t)128)

static size_t padded_taps(const struct net_conv *cv)
{
	return ((size_t)cv->kernel * (size_t)cv->kernel + D_ROUND - 1) / D_ROUND * D_ROUND;
}

static size_t chunk_size(const struct net_conv *cv)
{
	return WEIGHTS_AT + padded_taps(cv) * CHUNK;
}

static size_t packed_size(const struct net_conv *cv)
{
	return ((size_t)cv->out_pitch + CHUNK - 1) / CHUNK * chunk_size(cv);
}

static void pack(const struct net_conv *cv, const int8_t *weights, void *packed)
{
	size_t taps = (size_t)cv->kernel * (size_t)cv->kernel;
	char *at = packed;

	memset(packed, 0, packed_size(cv));
	for (int c0 = 0; c0 < cv->out_pitch; c0 += CHUNK, at += chunk_size(cv)) {
		int32_t *bias = (int32_t *)(void *)at;
		float *requant = (float *)(void *)(at + REQUANT_AT);
		int8_t *w = (int8_t *)at + WEIGHTS_AT;
		for (int i = 0; i < CHUNK; i++) {
			int c = c0 + i;
			/* surplus channels: -zero * 1 + zero = 0 */
			bias[i] = c < cv->out_c ? cv->bias[c] : -cv->zero;
			requant[i] = c < cv->out_c ? cv->requant[c] : 1;
			for (size_t t = 0; t < taps && c < cv->out_c; t++)
				w[(t / D_TOGETHER * CHUNK + (size_t)i) * D_TOGETHER + t % D_TOGETHER] =
					weights[(size_t)c * taps + t];
		}
	}
}

/* Offsets of the taps from the patch's first pixel; absent taps read the first one. */
static size_t scratch(const struct net_conv *cv)
{
	return padded_taps(cv) * sizeof(ptrdiff_t);
}

/* One pixel, 16 channels from src on (up to 15 bytes behind the tensor are read); chunk: their packed weights. */
static inline bytes16 pixel(const uint8_t *src, const ptrdiff_t *tap, size_t taps, const char *chunk, int zero);

static void depthwise(const struct net_conv *cv, const struct net_tensor *in,
		      const struct net_tensor *out, void *room)
{
	ptrdiff_t row = (ptrdiff_t)(in->w + 2 * in->halo) * in->pitch, *tap = room;
	size_t padded = padded_taps(cv);
	int taps = cv->kernel * cv->kernel, zero = cv->zero, stride = cv->stride;

	for (int t = 0; t < (int)padded; t++)
		tap[t] = t < taps ? t / cv->kernel * row + (ptrdiff_t)(t % cv->kernel) * in->pitch : 0;
	for (int y = 0; y < out->h; y++) {
		const char *chunk = cv->packed;
		for (int c = 0; c < out->pitch; c += CHUNK, chunk += chunk_size(cv)) {
			const uint8_t *src = net_pixel(in, y * cv->stride - cv->pad, -cv->pad) + c;
			uint8_t *dst = net_pixel_out(out, y, 0) + c;
			int bytes = out->pitch - c < CHUNK ? out->pitch - c : CHUNK;
			for (int x = 0; x < out->w; x++) {
				store_bytes(dst, pixel(src, tap, padded, chunk, zero), bytes);
				src += (ptrdiff_t)stride * in->pitch;
				dst += out->pitch;
			}
		}
	}
}

static void depthwise_fill(struct net_kernels *k)
{
	k->depthwise_packed_size = packed_size;
	k->depthwise_pack = pack;
	k->depthwise_scratch = scratch;
	k->depthwise = depthwise;
}
