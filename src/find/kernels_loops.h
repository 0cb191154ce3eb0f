/* The loops of kernels.h, as a compiler makes them for the instructions that the including file is compiled for. */
#include "find/kernels.h"

#include <math.h>

static void bins(const float *v, size_t n, float lo, float per, int most, int32_t *out)
{
	const float last = (float)most;

	for (size_t i = 0; i < n; i++) {
		float b = (v[i] - lo) * per;
		b = b > 0 ? b : 0;
		b = b < last ? b : last;
		out[i] = (int32_t)b;
	}
}

static void steps(const float *a, const float *b, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = fabsf(a[i] - b[i]);
}

static void mark(const float *v, size_t n, float limit, uint8_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = v[i] >= limit;
}
