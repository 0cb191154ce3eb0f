#include "measure/knee.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/shape.h"

#define BIN_MM 0.02
#define BRIDGE_MM 0.12 /* radius of the closing that makes the outline: the plate interrupts the cortex */
#define WALL_MM 0.08   /* of the cortex near the plate */
#define DEEP 2         /* bins from everything else where compact bone is told */
#define LEVELS 65536
#define ENOUGH 200     /* voxels that a level is told by */

struct job {
	const struct grey *g;
	struct knee *out;
	int16_t *mean; /* raw value of each bin */
	int32_t *line; /* of every worker: sums of a row */
};

static int bin_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = &job->g->grid, *to = &job->out->grid;
	const int bin = job->out->bin, nx = to->n[0];
	int32_t *sum = job->line + (size_t)nx * (size_t)worker;

	(void)err;
	for (int y = 0; y < to->n[1]; y++) {
		int16_t *mean = job->mean + grid_at(to, 0, y, z);
		memset(sum, 0, (size_t)nx * sizeof *sum);
		for (int j = 0; j < bin; j++) {
			const int16_t *v = job->g->v + grid_at(g, 0, y * bin + j, z);
			for (int i = 0; i < bin; i++)
				for (int x = 0; x < nx; x++)
					sum[x] += v[x * bin + i];
		}
		for (int x = 0; x < nx; x++)
			mean[x] = (int16_t)((double)sum[x] / (bin * bin)); /* towards zero, as whole numbers are */
	}
	return 0;
}

/* Median raw value of the voxels of `mask` on one side of a limit; `otherwise` where there are few. */
static double level(const struct job *job, const uint8_t *mask, double limit, bool above, double otherwise,
		    struct gppi_error *err)
{
	uint32_t *count = calloc(LEVELS, sizeof *count);
	size_t all = 0, below = 0;
	int v = 0;

	if (!count) {
		err_set(err, GPPI_E_NOMEM, "out of memory for levels");
		return otherwise;
	}
	for (size_t i = 0, n = grid_voxels(&job->out->grid); i < n; i++)
		if (mask[i] && (job->mean[i] >= limit) == above) {
			count[job->mean[i] - INT16_MIN]++;
			all++;
		}
	while (v < LEVELS - 1 && 2 * (below + count[v]) < all)
		below += count[v++];
	free(count);
	return all >= ENOUGH ? v + INT16_MIN : otherwise;
}

/* Voxels of each piece before the plane, and from there on. */
static void count_sides(const struct components *c, const struct grid *g, int plane, size_t (*count)[2])
{
	for (int z = 0; z < g->n[2]; z++)
		for (size_t row = (size_t)z * (size_t)g->n[1], end = row + (size_t)g->n[1]; row < end; row++)
			for (int32_t i = c->row[row]; i < c->row[row + 1]; i++)
				count[c->run[i].part][z >= plane] += (size_t)(c->run[i].end - c->run[i].first);
}

/* Leaves the largest piece of the epiphysis and that of the shaft: one and the same, but where the plate runs on
 * through all of the cortex. */
static int keep_bone(struct knee *k, int plane, struct gppi_error *err)
{
	const struct grid *g = &k->grid;
	struct components c = { .run = NULL };
	size_t (*count)[2] = NULL;
	int32_t best[2] = { 0, 0 };
	int rc = components_find(k->inside, g->n, 1, JOINED_BY_FACES, &c);

	if (rc >= 0)
		count = calloc((size_t)c.parts + 1, sizeof *count);
	if (!count) {
		components_free(&c);
		return err_set(err, GPPI_E_NOMEM, "out of memory for the pieces of a bone");
	}
	count_sides(&c, g, plane, count);
	for (int32_t i = 1; i < c.parts; i++)
		for (int side = 0; side < 2; side++)
			best[side] = count[i][side] > count[best[side]][side] ? i : best[side];
	for (size_t row = 0, rows = (size_t)g->n[1] * (size_t)g->n[2]; row < rows; row++)
		for (int32_t i = c.row[row]; i < c.row[row + 1]; i++) {
			const struct run *r = &c.run[i];
			memset(k->inside + row * (size_t)g->n[0] + r->first, r->part == best[0] || r->part == best[1],
			       (size_t)(r->end - r->first));
		}
	free(count);
	components_free(&c);
	return 0;
}

/* Outline of the bone, levels within it, and what lies deeper than the cortex. */
static int find_inside(struct job *job, double bone, double medium, int plane, int threads, struct gppi_error *err)
{
	struct knee *k = job->out;
	const size_t n = grid_voxels(&k->grid);
	const double limit = (bone + medium) / 2;
	bool any = false;
	int rc;

	for (size_t i = 0; i < n; i++)
		any |= k->inside[i] = job->mean[i] >= limit;
	if (!any)
		return err_set(err, GPPI_E_NOBONE, "no bone around the growth plate");
	rc = keep_bone(k, plane, err);
	if (rc >= 0) { /* room for the compact parts */
		memcpy(k->share, k->inside, n);
		rc = shape_erode(&k->grid, k->share, DEEP, threads, err);
	}
	if (rc >= 0) {
		k->bone = level(job, k->share, limit, true, bone, err);
		rc = shape_close(&k->grid, k->inside, knee_bins(k, BRIDGE_MM), true, threads, k->inside, err);
	}
	if (rc >= 0)
		rc = shape_erode(&k->grid, k->inside, knee_bins(k, WALL_MM), threads, err);
	if (rc >= 0)
		k->marrow = level(job, k->inside, limit, false, medium, err);
	return rc;
}

static int fill_shares(const struct job *job, struct gppi_error *err)
{
	struct knee *k = job->out;
	const double way = k->bone - k->marrow;
	uint8_t *of = malloc(LEVELS); /* by raw value */

	if (!of)
		return err_set(err, GPPI_E_NOMEM, "out of memory for levels");
	for (int v = INT16_MIN; v <= INT16_MAX; v++) {
		double share = way > 0 ? KNEE_ALL * (v - k->marrow) / way : 0;
		of[v - INT16_MIN] = (uint8_t)fmin(fmax(rint(share), 0), 2 * KNEE_ALL);
	}
	for (size_t i = 0, n = grid_voxels(&k->grid); i < n; i++)
		k->share[i] = of[job->mean[i] - INT16_MIN];
	free(of);
	return 0;
}

int knee_make(const struct grey *g, double bone, double medium, int plane, int threads, struct knee *out,
	      struct gppi_error *err)
{
	struct job job = { .g = g, .out = out };
	int bin = (int)lrint(BIN_MM / g->grid.mm[0]), rc = 0;

	*out = (struct knee){ .bin = bin < 1 ? 1 : bin };
	bin = out->bin;
	out->grid = (struct grid){ .n = { g->grid.n[0] / bin, g->grid.n[1] / bin, g->grid.n[2] },
				   .mm = { g->grid.mm[0] * bin, g->grid.mm[1] * bin, g->grid.mm[2] } };
	if (out->grid.n[0] < 1 || out->grid.n[1] < 1)
		return err_set(err, GPPI_E_NOBONE, "no bone around the growth plate");
	job.mean = grid_alloc(&out->grid, sizeof *job.mean, err);
	job.line = calloc((size_t)threads * (size_t)out->grid.n[0], sizeof *job.line);
	out->share = grid_alloc(&out->grid, 1, err);
	out->inside = grid_alloc(&out->grid, 1, err);
	if (!job.mean || !job.line || !out->share || !out->inside)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	if (rc >= 0)
		rc = parallel_for(threads, out->grid.n[2], bin_slice, &job, err);
	if (rc >= 0)
		rc = find_inside(&job, bone, medium, plane, threads, err);
	if (rc >= 0)
		rc = fill_shares(&job, err);
	free(job.mean);
	free(job.line);
	return rc;
}

void knee_free(struct knee *k)
{
	free(k->share);
	free(k->inside);
	*k = (struct knee){ .bin = 0 };
}

int knee_bins(const struct knee *k, double mm)
{
	int n = (int)lrint(mm / k->grid.mm[0]);
	return n < 1 ? 1 : n;
}

int knee_slices(const struct knee *k, double mm)
{
	int n = (int)lrint(mm / k->grid.mm[2]);
	return n < 1 ? 1 : n;
}
