#include "plane/parts.h"

#include <stddef.h>

void plane_view(const uint8_t *in, int side, int n, int view, uint8_t *out)
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
