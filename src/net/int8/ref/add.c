/* Residual addition, the scalar specification. */
#include "net/int8/kernels.h"
#include "net/int8/ref/ref.h"
#include "net/int8/ref/requant.h"

void ref_add(const struct net_tensor *a, const struct net_tensor *b,
	     const struct net_tensor *out, float mul_a, float mul_b)
{
	for (int y = 0; y < out->h; y++) {
		for (int x = 0; x < out->w; x++) {
			const uint8_t *restrict pa = net_pixel(a, y, x), *restrict pb = net_pixel(b, y, x);
			uint8_t *restrict dst = net_pixel_out(out, y, x);

			for (int c = 0; c < out->c; c++) {
				/* Two products, then the sum: a fused multiply-add would round differently. */
				float va = (float)(pa[c] - a->zero) * mul_a;
				float vb = (float)(pb[c] - b->zero) * mul_b;
				dst[c] = net_requant(va + vb, out->zero);
			}
			for (int c = out->c; c < out->pitch; c++)
				dst[c] = 0;
		}
	}
}
