/* Convolution, the scalar specification.
 *
 * Two neighbouring pixels at a time: their patches (kernel x kernel x channels) are widened to
 * int16 and multiplied with four output channels at once. The plain int16 dot products become
 * pmaddwd on any x86-64 and smlal on ARM without a word of intrinsics.
 */
#include "net/int8/kernels.h"
#include "net/int8/ref/ref.h"
#include "net/int8/ref/requant.h"

#define OC 4 /* output channels per dot product */

/* Values of one patch, rounded up so that the dot product has no odd end. */
static size_t patch_length(const struct net_conv *cv)
{
	size_t n = (size_t)cv->kernel * (size_t)cv->kernel * (size_t)cv->in_pitch;
	return (n + 7) / 8 * 8;
}

static size_t oc_blocks(const struct net_conv *cv)
{
	return ((size_t)cv->out_c + OC - 1) / OC;
}

size_t ref_conv_packed_size(const struct net_conv *cv)
{
	return oc_blocks(cv) * OC * patch_length(cv) * sizeof(int16_t);
}

/* packed: int16 [out_c, rounded up to 4][patch_length], zeros in the surplus */
void ref_conv_pack(const struct net_conv *cv, const int8_t *weights, void *packed)
{
	size_t length = patch_length(cv), taps = (size_t)cv->kernel * (size_t)cv->kernel;
	int16_t *out = packed;

	memset(packed, 0, ref_conv_packed_size(cv));
	for (size_t oc = 0; oc < (size_t)cv->out_c; oc++)
		for (size_t t = 0; t < taps; t++)
			for (size_t c = 0; c < (size_t)cv->in_c; c++)
				out[oc * length + t * (size_t)cv->in_pitch + c] = (int16_t)*weights++;
}

size_t ref_conv_scratch(const struct net_conv *cv)
{
	return 2 * patch_length(cv) * sizeof(int16_t) + 2 * oc_blocks(cv) * OC * sizeof(int32_t);
}

static void widen_patch(const struct net_conv *cv, const struct net_tensor *in, int y, int x,
			int16_t *restrict patch)
{
	int row = cv->kernel * cv->in_pitch;

	for (int ky = 0; ky < cv->kernel; ky++, patch += row) {
		const uint8_t *src = net_pixel(in, y * cv->stride - cv->pad + ky,
					       x * cv->stride - cv->pad);
		for (int i = 0; i < row; i++)
			patch[i] = src[i];
	}
}

/* 2 patches x 4 output channels; n is a multiple of 8 */
static void dot_2x4(const int16_t *restrict p, const int16_t *restrict w, size_t n,
		    int32_t *restrict acc0, int32_t *restrict acc1)
{
	const int16_t *q = p + n, *w1 = w + n, *w2 = w + 2 * n, *w3 = w + 3 * n;
	int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;

	for (size_t i = 0; i < n / 8 * 8; i++) {
		a0 += p[i] * w[i];
		a1 += p[i] * w1[i];
		a2 += p[i] * w2[i];
		a3 += p[i] * w3[i];
		b0 += q[i] * w[i];
		b1 += q[i] * w1[i];
		b2 += q[i] * w2[i];
		b3 += q[i] * w3[i];
	}
	acc0[0] = a0, acc0[1] = a1, acc0[2] = a2, acc0[3] = a3;
	acc1[0] = b0, acc1[1] = b1, acc1[2] = b2, acc1[3] = b3;
}

static void write_pixel(const struct net_conv *cv, const int32_t *restrict acc,
			uint8_t *restrict out)
{
	const int32_t *restrict bias = cv->bias;
	const float *restrict requant = cv->requant;

	for (int c = 0; c < cv->out_c; c++)
		out[c] = net_requant((float)(acc[c] + bias[c]) * requant[c], cv->zero);
	for (int c = cv->out_c; c < cv->out_pitch; c++)
		out[c] = 0;
}

void ref_conv(const struct net_conv *cv, const struct net_tensor *in,
	      const struct net_tensor *out, void *scratch)
{
	size_t n = patch_length(cv), blocks = oc_blocks(cv);
	int16_t *patch = scratch;
	int32_t *acc0 = (int32_t *)(patch + 2 * n), *acc1 = acc0 + blocks * OC;
	const int16_t *weights = cv->packed;

	memset(patch, 0, 2 * n * sizeof *patch);
	for (int y = 0; y < out->h; y++) {
		for (int x = 0; x < out->w; x += 2) {
			int pair = x + 1 < out->w;
			widen_patch(cv, in, y, x, patch);
			if (pair)
				widen_patch(cv, in, y, x + 1, patch + n);
			for (size_t b = 0; b < blocks; b++)
				dot_2x4(patch, weights + b * OC * n, n, acc0 + b * OC, acc1 + b * OC);
			write_pixel(cv, acc0, net_pixel_out(out, y, x));
			if (pair)
				write_pixel(cv, acc1, net_pixel_out(out, y, x + 1));
		}
	}
}
