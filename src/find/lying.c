#include "find/lying.h"

#include <math.h>

/* Spread along x or y against both others. Bones that stand have at most 1.2; a femur end that lies reaches 2. */
#define LONGER 1.6
#define STEP 2 /* voxels of 80 um show that too */

int lying_axis(const struct overview *c, const uint8_t *mask, double threshold)
{
	double sum[3] = { 0 }, square[3] = { 0 }, spread[3];
	size_t n = 0;

	for (int z = 0; z < c->nz; z += STEP)
		for (int y = 0; y < c->ny; y += STEP) {
			size_t row = ((size_t)z * (size_t)c->ny + (size_t)y) * (size_t)c->nx;
			for (int x = 0; x < c->nx; x += STEP) {
				const double at[3] = { x * c->um[0], y * c->um[1], z * c->um[2] };
				if (mask ? !mask[row + (size_t)x] : c->value[row + (size_t)x] < threshold)
					continue;
				n++;
				for (int i = 0; i < 3; i++) {
					sum[i] += at[i];
					square[i] += at[i] * at[i];
				}
			}
		}
	for (int i = 0; i < 3; i++)
		spread[i] = n ? sqrt(fmax(0, square[i] / (double)n - sum[i] / (double)n * (sum[i] / (double)n))) : 0;
	for (int i = 0; i < 2; i++)
		if (spread[i] > LONGER * fmax(spread[1 - i], spread[2]))
			return i;
	return -1;
}
