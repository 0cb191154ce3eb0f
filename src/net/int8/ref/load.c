/* From the planar image to the first tensor, the scalar specification. */
#include "net/int8/kernels.h"
#include "net/int8/ref/ref.h"

void ref_load(const struct net_tensor *out, const uint8_t *in)
{
	size_t plane = (size_t)out->h * (size_t)out->w;

	for (int y = 0; y < out->h; y++) {
		for (int x = 0; x < out->w; x++, in++) {
			uint8_t *dst = net_pixel_out(out, y, x);
			for (int c = 0; c < out->c; c++) {
				uint8_t v = in[(size_t)c * plane];
				dst[c] = v < 127 ? v : 127;
			}
			for (int c = out->c; c < out->pitch; c++)
				dst[c] = 0;
		}
	}
}
