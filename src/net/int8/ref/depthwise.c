/* Depthwise convolution, the scalar specification: channels are the inner loop. */
#include "net/int8/kernels.h"
#include "net/int8/ref/ref.h"
#include "net/int8/ref/requant.h"

size_t ref_depthwise_packed_size(const struct net_conv *cv)
{
	return (size_t)cv->kernel * (size_t)cv->kernel * (size_t)cv->in_pitch * sizeof(int16_t);
}

/* packed: int16 [ky][kx][pitch] */
void ref_depthwise_pack(const struct net_conv *cv, const int8_t *weights, void *packed)
{
	size_t taps = (size_t)cv->kernel * (size_t)cv->kernel;
	int16_t *out = packed;

	memset(packed, 0, ref_depthwise_packed_size(cv));
	for (size_t c = 0; c < (size_t)cv->out_c; c++)
		for (size_t t = 0; t < taps; t++)
			out[t * (size_t)cv->in_pitch + c] = (int16_t)*weights++;
}

size_t ref_depthwise_scratch(const struct net_conv *cv)
{
	return (size_t)cv->in_pitch * sizeof(int32_t);
}

static void tap(int32_t *restrict acc, const uint8_t *restrict q, const int16_t *restrict w, int n)
{
	for (int c = 0; c < n; c++)
		acc[c] += (int16_t)q[c] * w[c];
}

void ref_depthwise(const struct net_conv *cv, const struct net_tensor *in,
		   const struct net_tensor *out, void *scratch)
{
	int32_t *acc = scratch;

	for (int y = 0; y < out->h; y++) {
		for (int x = 0; x < out->w; x++) {
			const int16_t *w = cv->packed;
			uint8_t *dst = net_pixel_out(out, y, x);

			memset(acc, 0, ref_depthwise_scratch(cv));
			for (int ky = 0; ky < cv->kernel; ky++) {
				const uint8_t *src = net_pixel(in, y * cv->stride - cv->pad + ky,
							       x * cv->stride - cv->pad);
				for (int kx = 0; kx < cv->kernel; kx++) {
					tap(acc, src, w, cv->in_pitch);
					src += cv->in_pitch;
					w += cv->in_pitch;
				}
			}
			for (int c = 0; c < cv->out_c; c++)
				dst[c] = net_requant((float)(acc[c] + cv->bias[c]) * cv->requant[c],
						     cv->zero);
			for (int c = cv->out_c; c < cv->out_pitch; c++)
				dst[c] = 0;
		}
	}
}
