/* Packed weights of depthwise convolutions, for every instruction set. Before it:
 *
 *   D_TOGETHER   taps of a channel that lie side by side
 *   D_ROUND      taps are filled up with zeros to a multiple of this, which is one of D_TOGETHER
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
