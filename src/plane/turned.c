#include "plane/parts.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "plane/transpose.h"
#include "slices/slices.h"

/* A row of `side` bytes the other way round. */
static void reverse(const uint8_t *in, int side, uint8_t *out)
{
	uint64_t v;
	int i = 0;

	for (; i + 8 <= side; i += 8) {
		memcpy(&v, in + side - 8 - i, 8);
		v = __builtin_bswap64(v);
		memcpy(out + i, &v, 8);
	}
	for (; i < side; i++)
		out[i] = in[side - 1 - i];
}

/* Rows become columns; flip: columns (1), rows (2) of the input from the other end first. */
static void transpose(const uint8_t *in, int side, int flip, uint8_t *out)
{
	const ptrdiff_t row = flip & 2 ? -side : side, column = flip & 1 ? -side : side;
	const uint8_t *from = flip & 2 ? in + (ptrdiff_t)(side - 1) * side : in;
	uint8_t *to = flip & 1 ? out + (ptrdiff_t)(side - 1) * side : out;
	const int whole = side / 8 * 8;

	for (int r = 0; r < whole; r += 8)
		for (int c = 0; c < whole; c += 8)
			transpose8(from + r * row + c, row, to + c * column + r, column);
	for (int r = 0; r < side; r++)
		for (int c = r < whole ? whole : 0; c < side; c++)
			to[c * column + r] = from[r * row + c];
}

void plane_turned(const uint8_t *in, int side, int n, int view, uint8_t *out)
{
	const size_t image = (size_t)side * (size_t)side;

	for (int i = 0; i < n; i++, in += image, out += image) {
		if (view & 4)
			transpose(in, side, view, out);
		for (int y = 0; y < side && !(view & 4); y++) {
			const uint8_t *row = in + (ptrdiff_t)(view & 2 ? side - 1 - y : y) * side;
			if (view & 1)
				reverse(row, side, out + (ptrdiff_t)y * side);
			else
				memcpy(out + (ptrdiff_t)y * side, row, (size_t)side);
		}
	}
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
			const double before = (1 - u) * p[0] + u * p[1], behind = (1 - u) * q[0] + u * q[1];
			*out++ = (uint8_t)((1 - v) * before + v * behind + 0.5);
		}
	}
}
