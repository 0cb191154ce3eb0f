/* The middle of the layer once more, around one that was found. A slice is told by how much bone there is at 24 heights
 * above and below it, within three widths around the column, in a block whose columns are moved so that the layer lies
 * about flat: on the flanks of mounds what lies beside a column is of other heights else. What each counts was fitted
 * to the layers of 34 synthetic bones (conditional logit: the log of how likely a slice is). */
#include "measure/plate_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/sheet.h"

#define EVERY 2          /* columns are this many bins apart */
#define HEIGHTS 24
#define KINDS 3
#define UNIT_MM 0.01     /* of the heights */
#define AROUND 6         /* slices of UNIT_MM to both sides in which it is looked for */
#define STRONG 70        /* share of bone, in percent, from which the third kind counts it as bone */
#define STEP_COST 20   /* of a slice that neighbouring columns differ by, hundredths of the log */

static const int edge_at[HEIGHTS + 1] = { -64, -48, -36, -28, -22, -17, -13, -10, -8, -6, -4, -2, 0,
					  2, 4, 6, 8, 10, 13, 17, 22, 28, 36, 48, 64 };
static const int radius[KINDS] = { 1, 4, 3 }; /* bins */
/* Hundredths, for a share of 1: bone within the first and the second width, and compact bone within the third. */
static const int weight[KINDS][HEIGHTS] = {
	{ 35, 16, 7, -12, -26, -36, -23, -2, 6, 107, 162, 16,
	  -123, 89, 211, 118, 45, 19, 15, 9, 5, 5, -1, -18 },
	{ 10, -9, -77, -88, -76, -65, -10, 66, 179, 278, 272, 208,
	  208, 343, 463, 443, 309, 126, -31, -108, -142, -93, -47, -45 },
	{ -4, 35, 92, 107, 126, 142, 94, 30, -56, -161, -268, -404,
	  -651, -595, -469, -342, -192, -86, -42, -11, 1, 18, -27, -39 },
};

/* What lies within the cortex around a column, summed along z from its beginning. */
struct sums {
	int32_t share, bins;
};

struct job {
	const struct grid *grid;
	const uint8_t *share, *inside; /* as in struct knee */
	int threads;
	int nx, ny, first, n;      /* columns; slices that are looked at */
	struct sums *sum[KINDS];   /* [ny][nx][slices + 1] */
	int32_t *line;             /* of every worker: bins of a row, and one, twice */
	int (*at)[HEIGHTS + 1];
	int16_t *cost;
};

/* What the bins of one row of a slice add to their columns, for one kind. */
static void add_bins(const uint8_t *share, const uint8_t *inside, int n, bool compact, int32_t *bone, int32_t *bins)
{
	for (int x = 0; x < n; x++) {
		const int value = !compact ? share[x] : share[x] > STRONG ? KNEE_ALL : 0;
		bone[x] += inside[x] ? value : 0;
		bins[x] += inside[x];
	}
}

/* By bin of rows y0 .. y1 of slice z: of all that lie before it in these rows. */
static void sum_before(const struct job *job, int kind, int y0, int y1, int z, int32_t *bone, int32_t *bins)
{
	const int nx = job->grid->n[0];

	memset(bone, 0, ((size_t)nx + 1) * sizeof *bone);
	memset(bins, 0, ((size_t)nx + 1) * sizeof *bins);
	for (int y = y0; y <= y1; y++) {
		const size_t at = grid_at(job->grid, 0, y, z);
		add_bins(job->share + at, job->inside + at, nx, kind == 2, bone + 1, bins + 1);
	}
	for (int x = 1; x <= nx; x++) {
		bone[x] += bone[x - 1];
		bins[x] += bins[x - 1];
	}
}

/* One row of columns. */
static int sum_row(void *arg, int j, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->grid;
	const int nx = g->n[0];
	const size_t stride = (size_t)g->n[2] + 1;
	int32_t *bone = job->line + (size_t)worker * 2 * ((size_t)nx + 1), *bins = bone + nx + 1;

	(void)err;
	for (int kind = 0; kind < KINDS; kind++) {
		const int r = radius[kind], y = j * EVERY, y1 = y + r < g->n[1] ? y + r : g->n[1] - 1;
		struct sums *row = job->sum[kind] + (size_t)j * (size_t)job->nx * stride;
		for (int i = 0; i < job->nx; i++)
			row[(size_t)i * stride] = (struct sums){ 0, 0 };
		for (int z = 0; z < g->n[2]; z++) {
			sum_before(job, kind, y > r ? y - r : 0, y1, z, bone, bins);
			for (int i = 0; i < job->nx; i++) {
				const int x = i * EVERY, x0 = x > r ? x - r : 0, x1 = x + r < nx ? x + r + 1 : nx;
				struct sums *s = row + (size_t)i * stride + z;
				s[1].share = s[0].share + bone[x1] - bone[x0];
				s[1].bins = s[0].bins + bins[x1] - bins[x0];
			}
		}
	}
	return 0;
}

static int clamp(int v, int n)
{
	return v < 0 ? 0 : v < n ? v : n;
}

/* By slice that is looked at, and height around it: how many slices of the block lie before that. */
static void fill_heights(const struct job *job)
{
	const struct grid *g = job->grid;
	const double unit = UNIT_MM / g->mm[2];

	for (int z = 0; z < job->n; z++)
		for (int h = 0; h <= HEIGHTS; h++)
			job->at[z][h] = clamp(job->first + z + (int)lrint(edge_at[h] * unit), g->n[2]);
}

/* Minus the log of how likely slice first + z is, in hundredths. */
static int cost_at(const struct job *job, size_t column, int z)
{
	const struct grid *g = job->grid;
	const size_t stride = (size_t)g->n[2] + 1;
	const int *at = job->at[z];
	int sum = 0;

	for (int kind = 0; kind < KINDS; kind++) {
		const struct sums *s = job->sum[kind] + column * stride;
		int bone[HEIGHTS], all[HEIGHTS];
		for (int h = 0; h < HEIGHTS; h++) {
			const struct sums *a = s + at[h], *b = s + at[h + 1];
			bone[h] = weight[kind][h] * (b->share - a->share);
			all[h] = b->bins > a->bins ? (b->bins - a->bins) * KNEE_ALL : 1; /* no bins: no bone */
		}
		for (int h = 0; h < HEIGHTS; h++) /* whole numbers of 32 bits: exactly as their division */
			sum += (int)((double)bone[h] / (double)all[h]);
	}
	return sum > PLATE_COST_MAX ? -PLATE_COST_MAX : sum < -PLATE_COST_MAX ? PLATE_COST_MAX : -sum;
}

static int cost_row(void *arg, int j, int worker, struct gppi_error *err)
{
	const struct job *job = arg;

	(void)worker;
	(void)err;
	for (int i = 0; i < job->nx; i++) {
		const size_t column = (size_t)j * (size_t)job->nx + (size_t)i;
		int16_t *c = job->cost + column * (size_t)job->n;
		for (int z = 0; z < job->n; z++) {
			const bool in = job->inside[grid_at(job->grid, i * EVERY, j * EVERY, job->first + z)];
			c[z] = (int16_t)(in ? cost_at(job, column, z) : PLATE_OUTSIDE);
		}
		plate_fill_outside(c, job->n);
	}
	return 0;
}

/* The layer in a block, by bin. Of the job all is set but what is told by these. */
static int search(struct job *job, float *middle, struct gppi_error *err)
{
	const struct grid *g = job->grid;

	job->nx = (g->n[0] + EVERY - 1) / EVERY;
	job->ny = (g->n[1] + EVERY - 1) / EVERY;
	const size_t columns = (size_t)job->nx * (size_t)job->ny;
	int *height = size_realloc(NULL, columns, sizeof *height), rc = 0;

	job->cost = size_realloc(NULL, columns * (size_t)job->n, sizeof *job->cost);
	job->at = size_realloc(NULL, (size_t)job->n, sizeof *job->at);
	job->line = calloc((size_t)job->threads * 2 * ((size_t)g->n[0] + 1), sizeof *job->line);
	bool all = height && job->cost && job->at && job->line;
	for (int kind = 0; kind < KINDS; kind++) {
		job->sum[kind] = size_realloc(NULL, columns * ((size_t)g->n[2] + 1), sizeof *job->sum[kind]);
		all = all && job->sum[kind];
	}
	if (!all)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	if (rc >= 0) {
		fill_heights(job);
		rc = parallel_for(job->threads, job->ny, sum_row, job, err);
	}
	if (rc >= 0)
		rc = parallel_for(job->threads, job->ny, cost_row, job, err);
	struct sheet_costs costs = { job->nx, job->ny, job->n, job->cost, (int)lrint(STEP_COST * g->mm[2] / UNIT_MM) };
	if (rc >= 0)
		rc = sheet_find(&costs, job->threads, height, err);
	const struct plate_columns at = { EVERY, job->nx, (float)job->first, 1 };
	if (rc >= 0)
		rc = plate_spread(&at, height, g, EVERY, middle, err);
	for (int kind = 0; kind < KINDS; kind++)
		free(job->sum[kind]);
	free(job->line);
	free(job->at);
	free(job->cost);
	free(height);
	return rc;
}

/* The block with its columns moved so that the middle lies in slice `zero`; what lies outside of it is nothing. */
static void flatten(const struct knee *k, const float *middle, const struct grid *flat, int zero, uint8_t *share,
		    uint8_t *inside)
{
	const struct grid *g = &k->grid;

	for (int z = 0; z < flat->n[2]; z++)
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++) {
				const int from = z - zero + (int)lrintf(middle[y * g->n[0] + x]);
				const bool known = from >= 0 && from < g->n[2];
				const size_t at = known ? grid_at(g, x, y, from) : 0;
				*share++ = known ? k->share[at] : 0;
				*inside++ = known ? k->inside[at] : 0;
			}
}

int plate_refine(const struct plate_of *of, float *middle, struct gppi_error *err)
{
	const struct knee *k = of->knee;
	const double unit = UNIT_MM / k->grid.mm[2];
	const int around = (int)lrint(AROUND * unit), zero = around + (int)lrint(edge_at[HEIGHTS] * unit);
	struct grid flat = k->grid;

	flat.n[2] = 2 * zero + 1;
	const size_t columns = (size_t)flat.n[0] * (size_t)flat.n[1];
	uint8_t *share = grid_alloc(&flat, 1, err), *inside = grid_alloc(&flat, 1, err);
	float *moved = size_realloc(NULL, columns, sizeof *moved);
	struct job job = { .grid = &flat, .share = share, .inside = inside, .threads = of->threads,
			   .first = zero - around, .n = 2 * around + 1 };
	int rc = share && inside && moved ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");

	if (rc >= 0) {
		flatten(k, middle, &flat, zero, share, inside);
		rc = search(&job, moved, err);
	}
	for (size_t c = 0; c < columns && rc >= 0; c++)
		middle[c] = rintf(middle[c]) + moved[c] - (float)zero;
	free(share);
	free(inside);
	free(moved);
	return rc;
}
