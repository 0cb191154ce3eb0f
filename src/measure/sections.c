#include "measure/sections.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"

#define PI 3.14159265358979323846

/* ---- areas ---- */

/* Half of the angle of directions that each of the four stands for: that to the middles between it and its
 * neighbours. */
static void shares(double step[4][2], double share[4])
{
	double at[4];

	for (int k = 0; k < 4; k++)
		at[k] = atan2(step[k][1], step[k][0]);
	for (int k = 0; k < 4; k++) /* in their order from 0 to PI */
		share[k] = ((k < 3 ? at[k + 1] : at[0] + PI) - (k ? at[k - 1] : at[3] - PI)) / 4;
}

/* Crofton: changes between 0 and not 0 along rows, columns and both diagonals; outside of the slice is 0. */
static double perimeter(const struct grid *g, const struct lattice *l, const uint8_t *v)
{
	const int nx = g->n[0], ny = g->n[1];
	const double *a = l->x, *b = l->y, area = a[0] * b[1] - a[1] * b[0];
	double step[4][2] = { { a[0], a[1] }, { a[0] + b[0], a[1] + b[1] }, { b[0], b[1] },
			      { b[0] - a[0], b[1] - a[1] } };
	double share[4], sum = 0;
	uint64_t along[4] = { 0 };

	for (int y = 0; y <= ny; y++) {
		const uint8_t *row = y < ny ? v + (size_t)y * (size_t)nx : NULL,
			      *up = y ? v + (size_t)(y - 1) * (size_t)nx : NULL;
		for (int x = 0; x <= nx; x++) {
			int here = row && x < nx ? row[x] != 0 : 0, left = row && x ? row[x - 1] != 0 : 0;
			int above = up && x < nx ? up[x] != 0 : 0, corner = up && x ? up[x - 1] != 0 : 0;
			along[0] += here != left;
			along[1] += here != corner;
			along[2] += here != above;
			along[3] += left != above;
		}
	}
	shares(step, share);
	/* Lines of a direction lie the area of a pixel, divided by the step along them, apart. */
	for (int k = 0; k < 4; k++)
		sum += share[k] * (double)along[k] * area / hypot(step[k][0], step[k][1]);
	return sum;
}

static void moments(const struct grid *g, const struct lattice *l, const uint8_t *v, struct cross_section *out)
{
	double n = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;

	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			if (!*v++)
				continue;
			double a = x * l->x[0] + y * l->y[0], b = x * l->x[1] + y * l->y[1];
			n++;
			sx += a;
			sy += b;
			xx += a * a;
			yy += b * b;
			xy += a * b;
		}
	if (n == 0)
		return;
	const double area = l->x[0] * l->y[1] - l->x[1] * l->y[0];
	xx = (xx - sx * sx / n) * area;
	yy = (yy - sy * sy / n) * area;
	xy = (xy - sx * sy / n) * area;
	const double mean = (xx + yy) / 2, half = sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
	out->imin_mm4 = mean - half;
	out->imax_mm4 = mean + half;
}

static double area(const struct grid *g, const struct lattice *l, const uint8_t *v)
{
	size_t n = 0;

	for (size_t i = 0, all = (size_t)g->n[0] * (size_t)g->n[1]; i < all; i++)
		n += v[i] != 0;
	return (double)n * (l->x[0] * l->y[1] - l->x[1] * l->y[0]);
}

struct cross_section section_measure(const struct grid *g, const struct lattice *l, const uint8_t *outline,
				     const uint8_t *cortex, const uint8_t *marrow)
{
	struct cross_section s = { .total_mm2 = area(g, l, outline), .cortex_mm2 = area(g, l, cortex),
				   .marrow_mm2 = area(g, l, marrow), .outer_mm = perimeter(g, l, outline),
				   .inner_mm = perimeter(g, l, marrow) };

	moments(g, l, cortex, &s);
	return s;
}

/* ---- holes ---- */

struct job {
	const struct grid *g;
	const uint8_t *mask;
	uint8_t *out;
	int words;      /* of 64 voxels, in a row */
	uint64_t *bits; /* of every worker: voxels of 0 of a slice by row, and those that lead out */
};

/* Where voxels of 0 lie side by side and one of them leads out, all do. */
static void spread(const uint64_t *open, uint64_t *out, int words)
{
	uint64_t carry = 0;

	for (int w = 0; w < words; w++) { /* a sum carries through all ones above the lowest that is added */
		const uint64_t seed = out[w], half = open[w] + seed, sum = half + carry;
		out[w] = open[w] & (~sum | seed);
		carry = half < seed || sum < half;
	}
	for (int w = words - 1, beside = 0; w >= 0; w--) {
		uint64_t way = open[w], all = out[w] | ((uint64_t)beside << 63 & way);
		for (int by = 1; by < 64; by *= 2) {
			all |= way & all >> by;
			way &= way >> by;
		}
		out[w] = all;
		beside = (int)(all & 1);
	}
}

/* Into row y from one beside; true where there is more than before. */
static bool flow(const uint64_t *slice, size_t words, int y, int beside, uint64_t *reached)
{
	const uint64_t *open = slice + words * (size_t)y, *from = reached + words * (size_t)beside;
	uint64_t *out = reached + words * (size_t)y, fresh = 0;

	for (size_t w = 0; w < words; w++) {
		const uint64_t more = from[w] & open[w] & ~out[w];
		fresh |= more;
		out[w] |= more;
	}
	if (fresh)
		spread(open, out, (int)words);
	return fresh != 0;
}

static void read_open(const struct job *job, const uint8_t *v, uint64_t *open, uint64_t *out)
{
	const int nx = job->g->n[0], ny = job->g->n[1], words = job->words;

	for (int y = 0; y < ny; y++, v += nx, open += words, out += words) {
		for (int w = 0; w < words; w++) {
			open[w] = grid_zeros(v + (size_t)64 * (size_t)w, nx - 64 * w < 64 ? nx - 64 * w : 64);
			out[w] = y == 0 || y == ny - 1 ? open[w] : 0;
		}
		const uint64_t last = (uint64_t)1 << (nx - 1) % 64;
		out[0] |= open[0] & 1;
		out[words - 1] |= open[words - 1] & last;
		spread(open, out, words);
	}
}

static int fill_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->g;
	const size_t n = (size_t)g->n[0] * (size_t)g->n[1], at = n * (size_t)z, words = (size_t)job->words;
	const int nx = g->n[0], ny = g->n[1];
	uint64_t *open = job->bits + 2 * words * (size_t)ny * (size_t)worker, *out = open + words * (size_t)ny;
	bool more = true;

	(void)err;
	read_open(job, job->mask + at, open, out);
	while (more) {
		more = false;
		for (int y = 1; y < ny; y++)
			more |= flow(open, words, y, y - 1, out);
		for (int y = ny - 2; y >= 0; y--)
			more |= flow(open, words, y, y + 1, out);
	}
	for (size_t i = at; i < at + n; i++)
		job->out[i] = job->mask[i] != 0;
	for (int y = 0; y < ny; y++, open += words, out += words)
		for (int w = 0; w < job->words; w++)
			for (uint64_t hole = open[w] & ~out[w]; hole; hole &= hole - 1)
				job->out[at + (size_t)y * (size_t)nx + (size_t)(64 * w + __builtin_ctzll(hole))] = 1;
	return 0;
}

int sections_fill(const struct grid *g, const uint8_t *mask, int threads, uint8_t *out, struct gppi_error *err)
{
	struct job job = { .g = g, .mask = mask, .out = out, .words = (g->n[0] + 63) / 64 };
	size_t n;
	int rc;

	if (size_mul3((size_t)job.words * 2, (size_t)g->n[1], (size_t)threads, &n))
		job.bits = size_realloc(NULL, n, sizeof *job.bits);
	rc = job.bits ? parallel_for(threads, g->n[2], fill_slice, &job, err)
		      : err_set(err, GPPI_E_NOMEM, "out of memory for slices of %d x %d", g->n[0], g->n[1]);
	free(job.bits);
	return rc;
}
