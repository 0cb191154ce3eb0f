#include "plane/parts.h"

#include <math.h>
#include <stddef.h>

#include "slices/slices.h"

void plane_turned(const uint8_t *in, int side, int n, int view, uint8_t *out)
{
	/* Steps through the input for one step in x and in y of the output. */
	ptrdiff_t dx = 1, dy = side, start = 0;

	if (view & 1) {
		start += dx * (side - 1);
		dx = -dx;
	}
	if (view & 2) {
		start += dy * (side - 1);
		dy = -dy;
	}
	if (view & 4) {
		ptrdiff_t swap = dx;
		dx = dy;
		dy = swap;
	}
	for (int i = 0; i < n; i++, in += (ptrdiff_t)side * side)
		for (ptrdiff_t y = 0; y < side; y++)
			for (ptrdiff_t x = 0; x < side; x++)
				*out++ = in[start + y * dy + x * dx];
}

/* Place of output pixel i of n: a pixel of the slice that has a right neighbour, and the part to it. */
static int between(int i, int n, double step, double *part)
{
	double at = (SLICE_PX - 1) / 2.0 + (i - (n - 1) / 2.0) * step;
	int k;

	at = fmin(fmax(at, 0), SLICE_PX - 1);
	k = (int)at < SLICE_PX - 2 ? (int)at : SLICE_PX - 2;
	*part = at - k;
	return k;
}

void plane_resample(const uint8_t *slice, double um_per_px, int h, int w, uint8_t *out)
{
	for (int y = 0; y < h; y++) {
		double v, u;
		int row = between(y, h, um_per_px > 0 ? SLICE_PITCH_UM / um_per_px : (double)SLICE_PX / h, &v);
		for (int x = 0; x < w; x++) {
			int col = between(x, w, um_per_px > 0 ? SLICE_PITCH_UM / um_per_px : (double)SLICE_PX / w, &u);
			const uint8_t *p = slice + (ptrdiff_t)row * SLICE_PX + col, *q = p + SLICE_PX;
			*out++ = (uint8_t)((1 - v) * ((1 - u) * p[0] + u * p[1]) + v * ((1 - u) * q[0] + u * q[1]) + 0.5);
		}
	}
}
