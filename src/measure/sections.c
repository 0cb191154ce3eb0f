#include "measure/sections.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"

#define PI 3.14159265358979323846

/* ---- areas ---- */

/* Changes between 0 and not 0 along rows, columns and both diagonals; outside of the slice is 0. */
static double perimeter(const struct grid *g, const uint8_t *v)
{
	const int nx = g->n[0], ny = g->n[1];
	uint64_t along[4] = { 0 };

	for (int y = 0; y <= ny; y++) {
		const uint8_t *row = y < ny ? v + (size_t)y * (size_t)nx : NULL, *up = y ? v + (size_t)(y - 1) * (size_t)nx : NULL;
		for (int x = 0; x <= nx; x++) {
			int a = row && x < nx ? row[x] != 0 : 0, left = row && x ? row[x - 1] != 0 : 0;
			int above = up && x < nx ? up[x] != 0 : 0, corner = up && x ? up[x - 1] != 0 : 0;
			along[0] += a != left;
			along[1] += a != above;
			along[2] += a != corner;
			along[3] += left != above;
		}
	}
	/* Lines of a direction lie the area of a pixel, divided by the step along them, apart. */
	const double dx = g->mm[0], dy = g->mm[1], diagonal = sqrt(dx * dx + dy * dy);
	return PI / 8 * ((double)along[0] * dy + (double)along[1] * dx + (double)(along[2] + along[3]) * dx * dy / diagonal);
}

static void moments(const struct grid *g, const uint8_t *v, struct cross_section *out)
{
	double n = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;

	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			if (!*v++)
				continue;
			double a = x * g->mm[0], b = y * g->mm[1];
			n++;
			sx += a;
			sy += b;
			xx += a * a;
			yy += b * b;
			xy += a * b;
		}
	if (n == 0)
		return;
	const double area = g->mm[0] * g->mm[1];
	xx = (xx - sx * sx / n) * area;
	yy = (yy - sy * sy / n) * area;
	xy = (xy - sx * sy / n) * area;
	const double mean = (xx + yy) / 2, half = sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
	out->imin_mm4 = mean - half;
	out->imax_mm4 = mean + half;
}

static double area(const struct grid *g, const uint8_t *v)
{
	size_t n = 0;

	for (size_t i = 0, all = (size_t)g->n[0] * (size_t)g->n[1]; i < all; i++)
		n += v[i] != 0;
	return (double)n * g->mm[0] * g->mm[1];
}

struct cross_section section_measure(const struct grid *g, const uint8_t *outline, const uint8_t *cortex,
				     const uint8_t *marrow)
{
	struct cross_section s = { .total_mm2 = area(g, outline), .cortex_mm2 = area(g, cortex), .marrow_mm2 = area(g, marrow),
			     .outer_mm = perimeter(g, outline), .inner_mm = perimeter(g, marrow) };

	moments(g, cortex, &s);
	return s;
}

/* ---- holes ---- */

struct job {
	const struct grid *g;
	const uint8_t *mask;
	uint8_t *out;
	uint32_t *stack; /* of every worker: voxels of a slice */
};

/* Everything of 1 that is reached from voxel `at` becomes 0. */
static void drain(const struct grid *g, uint8_t *v, uint32_t at, uint32_t *stack)
{
	const uint32_t nx = (uint32_t)g->n[0], ny = (uint32_t)g->n[1];
	size_t n = 0;

	if (v[at] != 2)
		return;
	v[at] = 0;
	stack[n++] = at;
	while (n) {
		uint32_t i = stack[--n], x = i % nx, y = i / nx;
		const uint32_t next[4] = { x ? i - 1 : i, x + 1 < nx ? i + 1 : i, y ? i - nx : i, y + 1 < ny ? i + nx : i };
		for (int k = 0; k < 4; k++)
			if (v[next[k]] == 2) {
				v[next[k]] = 0;
				stack[n++] = next[k];
			}
	}
}

static int fill_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->g;
	const uint32_t nx = (uint32_t)g->n[0], ny = (uint32_t)g->n[1];
	const size_t n = (size_t)nx * ny, at = n * (size_t)z;
	uint32_t *stack = job->stack + n * (size_t)worker;
	uint8_t *v = job->out + at;

	(void)err;
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		v[i] = job->mask[at + i] ? 1 : 2; /* 2: a hole, unless it leads out */
	for (uint32_t x = 0; x < nx; x++) {
		drain(g, v, x, stack);
		drain(g, v, (ny - 1) * nx + x, stack);
	}
	for (uint32_t y = 0; y < ny; y++) {
		drain(g, v, y * nx, stack);
		drain(g, v, y * nx + nx - 1, stack);
	}
	for (size_t i = 0; i < n; i++)
		v[i] = v[i] != 0;
	return 0;
}

int sections_fill(const struct grid *g, const uint8_t *mask, int threads, uint8_t *out, struct gppi_error *err)
{
	struct job job = { .g = g, .mask = mask, .out = out };
	size_t n;
	int rc;

	if (size_mul3((size_t)g->n[0], (size_t)g->n[1], (size_t)threads, &n))
		job.stack = size_realloc(NULL, n, sizeof *job.stack);
	rc = job.stack ? parallel_for(threads, g->n[2], fill_slice, &job, err)
		       : err_set(err, GPPI_E_NOMEM, "out of memory for slices of %d x %d", g->n[0], g->n[1]);
	free(job.stack);
	return rc;
}
