#include "plane/parts.h"

#include <stddef.h>

#include "slices/slices.h"

void plane_view(const uint8_t *in, int n, int view, uint8_t *out)
{
	/* Steps through the input for one step in x and in y of the output. */
	ptrdiff_t dx = 1, dy = SLICE_PX, start = 0;

	if (view & 1) {
		start += dx * (SLICE_PX - 1);
		dx = -dx;
	}
	if (view & 2) {
		start += dy * (SLICE_PX - 1);
		dy = -dy;
	}
	if (view & 4) {
		ptrdiff_t swap = dx;
		dx = dy;
		dy = swap;
	}
	for (int i = 0; i < n; i++, in += (ptrdiff_t)SLICE_PX * SLICE_PX)
		for (ptrdiff_t y = 0; y < SLICE_PX; y++)
			for (ptrdiff_t x = 0; x < SLICE_PX; x++)
				*out++ = in[start + y * dy + x * dx];
}

void plane_centre_map(uint8_t *out)
{
	/* The plane is defined by the plate's central floor, and a network that averages over all
	 * places cannot know by itself which one is central. Doubled distances keep this in integers. */
	const int radius = 30;

	for (int y = 0; y < SLICE_PX; y++)
		for (int x = 0; x < SLICE_PX; x++) {
			int dx = 2 * x - (SLICE_PX - 1), dy = 2 * y - (SLICE_PX - 1);
			int v = 127 - 127 * (dx * dx + dy * dy) / (4 * radius * radius);
			out[y * SLICE_PX + x] = (uint8_t)(v < 0 ? 0 : v);
		}
}
