#include "plane/plane.h"

/* Value `want` anywhere within half a window of i in the dilated (or raw) labels. */
static int any(const uint8_t *label, int n, int i, int half, uint8_t want)
{
	int from = i - half < 0 ? 0 : i - half;
	int to = i + half > n - 1 ? n - 1 : i + half;

	for (int k = from; k <= to; k++)
		if ((label[k] != 0) == want)
			return 1;
	return 0;
}

/* Replicated edges add nothing to a maximum or minimum over a window that contains the edge,
 * so windows are simply cut at the ends. */
void plane_closing(const uint8_t *in, int n, int width, uint8_t *out)
{
	int half = width / 2;

	for (int i = 0; i < n; i++) {
		/* The erosion at i needs the dilation within `half` of i, computed on the fly. */
		int from = i - half < 0 ? 0 : i - half;
		int to = i + half > n - 1 ? n - 1 : i + half;
		uint8_t closed = 1;

		for (int k = from; closed && k <= to; k++)
			closed = (uint8_t)any(in, n, k, half, 1);
		out[i] = closed;
	}
}
