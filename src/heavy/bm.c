/* BM: windows of 64 slices as channels; the window that is surest of having the plane in its middle wins. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heavy/solution.h"

#define DEEP 64
#define PADDED 480          /* voxels of 10 um */
#define MARGIN 16           /* of these cut on each side behind the averaging */
#define HU_LOW (-100.0f)
#define HU_RANGE 3271.0f
#define BATCH 4

/* The slice as BM sees it, first axis x: 0..1, padded with 0 or cropped to 480 x 480, averaged by squares. */
static void shrink(const struct heavy_volume *v, const float *hu, int pixels, float *out)
{
	struct heavy_fit fx = heavy_fit(v->nx, PADDED, 0), fy = heavy_fit(v->ny, PADDED, 0);
	int factor = (PADDED - 2 * MARGIN) / pixels;

	memset(out, 0, (size_t)pixels * (size_t)pixels * sizeof *out);
	for (int y = 0; y < fy.count; y++) {
		int j = fy.to + y - MARGIN;
		if (j < 0 || j >= pixels * factor)
			continue;
		const float *row = hu + (size_t)(fy.from + y) * (size_t)v->nx + fx.from;
		for (int x = 0; x < fx.count; x++) {
			int i = fx.to + x - MARGIN;
			if (i < 0 || i >= pixels * factor)
				continue;
			float u = (row[x] - HU_LOW) / HU_RANGE;
			out[(size_t)(i / factor) * (size_t)pixels + (size_t)(j / factor)] += u < 0 ? 0 : u > 1 ? 1 : u;
		}
	}
	for (size_t i = 0; i < (size_t)pixels * (size_t)pixels; i++)
		out[i] /= (float)(factor * factor);
}

struct search {
	float *hu, *stack, *input; /* a slice; those of a batch's windows; the batch */
	int first, count;          /* slices in `stack` */
	size_t image;
};

/* Has slices first..first+n-1 in the stack; those there already are moved, not made again. */
static int fill(struct heavy_run *run, struct search *s, int first, int n, struct gppi_error *err)
{
	int keep = s->first + s->count - first, rc = 0;

	if (first < s->first || keep < 0)
		keep = 0;
	if (keep > 0)
		memmove(s->stack, s->stack + (size_t)(first - s->first) * s->image,
			(size_t)keep * s->image * sizeof(float));
	for (int k = keep; k < n && rc == 0; k++) {
		rc = heavy_volume_slice(run->volume, first + k, s->hu, err);
		shrink(run->volume, s->hu, run->way->pixels, s->stack + (size_t)k * s->image);
	}
	s->first = first;
	s->count = n;
	return rc;
}

static int search(struct heavy_run *run, struct search *s, int from, int to, double *plane, struct gppi_error *err)
{
	int64_t shape[] = { DEEP, run->way->pixels, run->way->pixels };
	int stride = run->way->stride, rc = 0;
	float best = -INFINITY, logit[BATCH], *out[] = { logit };
	size_t each[] = { 1 };

	for (int start = from; start <= to && rc == 0; start += BATCH * stride) {
		int n = (to - start) / stride + 1;
		n = n < BATCH ? n : BATCH;
		rc = fill(run, s, start, (n - 1) * stride + DEEP, err);
		for (int i = 0; i < n; i++)
			memcpy(s->input + (size_t)i * DEEP * s->image, s->stack + (size_t)(i * stride) * s->image,
			       DEEP * s->image * sizeof(float));
		if (rc == 0)
			rc = heavy_forward(run, s->input, n, shape, 3, out, each, 1, err);
		for (int i = 0; i < n && rc == 0; i++)
			if (logit[i] > best) { /* not a NaN */
				best = logit[i];
				*plane = start + i * stride + (DEEP - 1) / 2.0;
			}
	}
	return rc;
}

int heavy_bm(struct heavy_run *run, double *plane, struct gppi_error *err)
{
	const struct heavy_volume *v = run->volume;
	int from = 0, to = v->nz - DEEP, rc = GPPI_E_NOMEM;
	size_t side = (size_t)run->way->pixels;
	struct search s = { .image = side * side };

	*plane = NAN;
	if (to < 0)
		return heavy_short(run, DEEP, err);
	if (isfinite(run->near)) {
		from = (int)fmax(from, ceil(run->near - HEAVY_NEAR - (DEEP - 1) / 2.0));
		to = (int)fmin(to, floor(run->near + HEAVY_NEAR - (DEEP - 1) / 2.0));
	}
	s.hu = heavy_floats((size_t)v->nx, (size_t)v->ny, 1, err);
	s.stack = heavy_floats(s.image, DEEP + (size_t)((BATCH - 1) * run->way->stride), 1, err);
	s.input = heavy_floats(s.image, DEEP, BATCH, err);
	if (s.hu && s.stack && s.input)
		rc = search(run, &s, from, to, plane, err);
	free(s.hu);
	free(s.stack);
	free(s.input);
	return rc;
}
