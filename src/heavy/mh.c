/* MH: nine sorted planes along the bone, drawn from its middle; first all of the bone, squeezed, then 300 slices about
 * the place that this gives, as the paper has it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heavy/solution.h"

#define PLANES 9
#define SIDE 300
#define CENTRAL 0.4
#define HU_LOW (-1000.0f)
#define HU_RANGE 4000.0f
#define DRAWS_MAX 16

struct planes {
	int index[2][DRAWS_MAX][PLANES]; /* by axis and draw, ascending */
	float *hu[2];                    /* [draw][plane][across][slice] */
	int across[2];
};

/* PLANES different places of the middle CENTRAL of n, by a rule of their own in place of the script's random ones; the
 * Python definition has the same one. */
static bool choose(int n, uint32_t seed, int out[PLANES])
{
	int count = (int)(n * CENTRAL), low = (n - count) / 2, place[HEAVY_SIDE_MAX];
	uint32_t state = seed * 2654435761u;

	if ((n + count) / 2 - low < PLANES)
		return false;
	count = (n + count) / 2 - low;
	for (int i = 0; i < count; i++)
		place[i] = low + i;
	for (int i = 0; i < PLANES; i++) {
		state = state * 1664525u + 1013904223u;
		int k = i + (int)((state >> 16) % (uint32_t)(count - i)), taken = place[k];
		place[k] = place[i];
		place[i] = taken;
	}
	for (int i = 0; i < PLANES; i++) {
		int at = i;
		for (; at > 0 && out[at - 1] > place[i]; at--)
			out[at] = out[at - 1];
		out[at] = place[i];
	}
	return true;
}

static int gather(struct heavy_run *run, struct planes *p, float *hu, struct gppi_error *err)
{
	struct heavy_volume *v = run->volume;
	size_t nz = (size_t)v->nz;
	int rc = 0;

	for (int k = 0; k < v->nz && rc == 0; k++) {
		rc = heavy_volume_slice(v, k, hu, err);
		for (int axis = 0; axis < 2 && rc == 0; axis++)
			for (int i = 0; i < run->way->draws * PLANES; i++) {
				int at = p->index[axis][i / PLANES][i % PLANES];
				float *to = p->hu[axis] + (size_t)i * (size_t)p->across[axis] * nz + k;
				const float *from = axis ? hu + (size_t)at * (size_t)v->nx : hu + at;
				size_t step = axis ? 1 : (size_t)v->nx;
				for (int j = 0; j < p->across[axis]; j++) {
					float u = (from[(size_t)j * step] - HU_LOW) / HU_RANGE;
					to[(size_t)j * nz] = u < 0 ? 0 : u > 1 ? 1 : u;
				}
			}
	}
	return rc;
}

/* Linear interpolation at `at` of n values `step` apart, the last one beyond the end. */
static float between(const float *v, size_t step, int n, double at)
{
	int i = (int)at;
	float t = (float)(at - i);

	if (i >= n - 1)
		return v[(size_t)(n - 1) * step];
	return v[(size_t)i * step] * (1 - t) + v[(size_t)(i + 1) * step] * t;
}

/* One plane as 300 x 300: across stretched end to end; slices likewise (start < 0), or as they are from `start` on. */
static void resize(const float *v, int across, int nz, int start, float *out)
{
	for (int r = 0; r < SIDE; r++) {
		double at = r * (double)(across - 1) / (SIDE - 1);
		for (int c = 0; c < SIDE; c++) {
			double z = start < 0 ? c * (double)(nz - 1) / (SIDE - 1) : start + c;
			int k = (int)z;
			float t = (float)(z - k), u = 0;
			if (k < nz)
				u = between(v + k, (size_t)nz, across, at);
			if (t > 0 && k + 1 < nz)
				u = u * (1 - t) + t * between(v + k + 1, (size_t)nz, across, at);
			*out++ = u;
		}
	}
}

/* The mean answer over both axes and all draws, in rows of 0..300. */
static int answer(struct heavy_run *run, const struct planes *p, int start, float *input, double *row,
		  struct gppi_error *err)
{
	static const int64_t shape[] = { PLANES, SIDE, SIDE };
	const size_t each[] = { 1 };
	float one = NAN, *out[] = { &one };
	int rc = 0;

	*row = 0;
	for (int i = 0; i < 2 * run->way->draws && rc == 0; i++) {
		int axis = i % 2, across = p->across[axis], nz = run->volume->nz;
		const float *from = p->hu[axis] + (size_t)(i / 2) * PLANES * (size_t)across * (size_t)nz;
		for (int k = 0; k < PLANES; k++)
			resize(from + (size_t)k * (size_t)across * (size_t)nz, across, nz, start,
			       input + (size_t)k * SIDE * SIDE);
		rc = heavy_forward(run, input, 1, shape, 3, out, each, 1, err);
		*row += (double)one / (2 * run->way->draws);
	}
	return rc;
}

static int two_passes(struct heavy_run *run, const struct planes *p, float *input, double *plane,
		      struct gppi_error *err)
{
	int nz = run->volume->nz, rc;
	double row;

	rc = answer(run, p, -1, input, &row, err);
	if (rc < 0)
		return rc;
	if (!isfinite(row))
		return 0;
	double start = fmin(rint(row * nz / SIDE - SIDE / 2.0), nz - SIDE);
	start = start < 0 ? 0 : start;
	rc = answer(run, p, (int)start, input, &row, err);
	if (rc == 0 && isfinite(row))
		*plane = start + row;
	return rc;
}

int heavy_mh(struct heavy_run *run, double *plane, struct gppi_error *err)
{
	struct heavy_volume *v = run->volume;
	struct planes p = { .across = { v->ny, v->nx } };
	int rc = GPPI_E_NOMEM;

	*plane = NAN;
	for (int i = 0; i < 2 * run->way->draws; i++)
		if (!choose(i % 2 ? v->ny : v->nx, 1 + (uint32_t)i, p.index[i % 2][i / 2]))
			return err_set(err, GPPI_E_UNSUPPORTED, "%s: the bone's volume is too narrow for this network",
				       scan_info(v->scan)->path);
	float *hu = heavy_floats((size_t)v->nx, (size_t)v->ny, 1, err), *input = heavy_floats(PLANES, SIDE, SIDE, err);
	for (int axis = 0; axis < 2; axis++)
		p.hu[axis] = heavy_floats((size_t)run->way->draws * PLANES, (size_t)p.across[axis], (size_t)v->nz, err);
	if (hu && input && p.hu[0] && p.hu[1])
		rc = gather(run, &p, hu, err);
	if (rc == 0)
		rc = two_passes(run, &p, input, plane, err);
	free(hu);
	free(input);
	free(p.hu[0]);
	free(p.hu[1]);
	return rc;
}
