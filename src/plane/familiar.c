/* How a bone differs from those the long-axis network was trained on. */
#include "plane/parts.h"

#include <math.h>

#define PER_ROW 4 /* slices in a row of what views leave */

/* Rows first..last before or behind the plane's. */
static const struct around {
	int first, last;
} part[] = { { -2, 2 }, { -9, -3 }, { 3, 9 } };

_Static_assert(sizeof part / sizeof part[0] * PLANE_SEEN == PLANE_AROUND, "PLANE_SEEN numbers of each part");

void plane_around(const uint8_t *together, double row, float out[PLANE_AROUND])
{
	int middle = (int)(fmin(fmax(row, 0), PLANE_ROWS - 1) / PER_ROW);

	for (size_t p = 0; p < sizeof part / sizeof part[0]; p++) {
		int first = middle + part[p].first, last = middle + part[p].last;
		first = first < 0 ? 0 : first > PLANE_SEEN_ROWS - 1 ? PLANE_SEEN_ROWS - 1 : first;
		last = last < first ? first : last > PLANE_SEEN_ROWS - 1 ? PLANE_SEEN_ROWS - 1 : last;
		for (int c = 0; c < PLANE_SEEN; c++) {
			int sum = 0;
			for (int r = first; r <= last; r++)
				sum += together[c * PLANE_SEEN_ROWS + r];
			*out++ = (float)sum / (float)(last - first + 1);
		}
	}
}

double plane_unlike(const struct plane_familiar *familiar, const float around[PLANE_AROUND])
{
	double sum = 0;

	for (int i = 0; i < PLANE_AROUND; i++) {
		double far = (around[i] - familiar->mean[i]) / familiar->sd[i];
		sum += far * far;
	}
	return sqrt(sum / PLANE_AROUND) / familiar->limit;
}
