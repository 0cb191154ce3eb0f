/* Pooling, the scalar specification. */
#include "net/int8/kernels.h"
#include "net/int8/ref/ref.h"
#include "net/int8/ref/requant.h"

void ref_maxpool(const struct net_tensor *in, const struct net_tensor *out,
		 int kernel, int stride, int pad)
{
	for (int y = 0; y < out->h; y++) {
		for (int x = 0; x < out->w; x++) {
			uint8_t *restrict dst = net_pixel_out(out, y, x);

			memset(dst, 0, (size_t)out->pitch);
			for (int ky = 0; ky < kernel; ky++) {
				for (int kx = 0; kx < kernel; kx++) {
					const uint8_t *restrict src = net_pixel(in, y * stride - pad + ky,
										x * stride - pad + kx);
					for (int c = 0; c < out->c; c++)
						dst[c] = src[c] > dst[c] ? src[c] : dst[c];
				}
			}
		}
	}
}

void ref_avgpool(const struct net_tensor *in, const struct net_tensor *out, float mul)
{
	for (int y = 0; y < out->h; y++) {
		for (int x = 0; x < out->w; x++) {
			const uint8_t *restrict a = net_pixel(in, 2 * y, 2 * x);
			const uint8_t *restrict b = net_pixel(in, 2 * y, 2 * x + 1);
			const uint8_t *restrict c = net_pixel(in, 2 * y + 1, 2 * x);
			const uint8_t *restrict d = net_pixel(in, 2 * y + 1, 2 * x + 1);
			uint8_t *restrict dst = net_pixel_out(out, y, x);

			for (int i = 0; i < out->c; i++)
				dst[i] = net_requant((float)(a[i] + b[i] + c[i] + d[i] - 4 * in->zero) * mul,
						     out->zero);
			for (int i = out->c; i < out->pitch; i++)
				dst[i] = 0;
		}
	}
}

void ref_gap(const struct net_tensor *in, int32_t *out)
{
	for (int c = 0; c < in->c; c++)
		out[c] = -in->zero * in->h * in->w;
	for (int y = 0; y < in->h; y++) {
		const uint8_t *src = net_pixel(in, y, 0);
		for (int x = 0; x < in->w; x++, src += in->pitch)
			for (int c = 0; c < in->c; c++)
				out[c] += src[c];
	}
}
