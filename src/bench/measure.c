/* The default numbers of a VOI that is segmented already: a generated body. */
#include <math.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "measure/measures.h"

#define SIDE 300
#define SLICES 100
#define OUTER 140.0 /* radii of the cortex, voxels */
#define INNER 125.0
#define CELL 32.0   /* of struts */

struct job {
	struct measure_input in;
	uint8_t *walls; /* bone, and all beyond the endosteum */
	int rc;
	struct gppi_error err;
};

/* Struts with loops, a fifth of the inside. */
static bool strut(int x, int y, int z)
{
	const double k = 2 * 3.14159265358979 / CELL;
	double w = sin(k * x) * cos(k * y) + sin(k * y) * cos(k * z) + sin(k * z) * cos(k * x);

	return w > 0.9;
}

static void fill(const struct grid *g, uint8_t *bone, uint8_t *tv, uint8_t *cortex, uint8_t *wall)
{
	size_t i = 0;

	for (int z = 0; z < g->n[2]; z++)
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++, i++) {
				double r = hypot(x - SIDE / 2.0, y - SIDE / 2.0);
				tv[i] = r < INNER;
				wall[i] = !tv[i];
				cortex[i] = r < OUTER && !tv[i];
				bone[i] = cortex[i] || (tv[i] && strut(x, y, z));
			}
}

static void run(void *arg)
{
	struct job *job = arg;
	struct measures m;
	int rc = measures_make(&job->in, &m, &job->err);

	job->rc = rc < 0 ? rc : job->rc;
	measures_free(&m);
}

/* Tb.Th and Tb.Sp alone; marrow is what bone and cortex leave. */
static void run_thickness(void *arg)
{
	struct job *job = arg;
	const struct measure_input *in = &job->in;
	struct thickness out[SLICES];
	const char *why;

	for (int inverse = 0; inverse < 2; inverse++) {
		const struct thickness_of of = { .grid = &in->grid, .mask = inverse ? job->walls : in->bone,
						 .inverse = inverse,
						 .where = in->tv, .last = in->last, .threads = in->threads };
		int rc = thickness_measure(&of, out, &why, &job->err);
		job->rc = rc < 0 ? rc : job->rc;
	}
}

int bench_measure(int threads, double seconds, struct bench_voi *out, struct gppi_error *err)
{
	struct grid g = { { SIDE, SIDE, SLICES }, { 0.01, 0.01, 0.01 } };
	uint8_t *mask[5];
	struct job job = { .rc = 0 };
	bool all = true;

	for (int i = 0; i < 5; i++)
		all = (mask[i] = grid_alloc(&g, 1, err)) && all;
	if (all) {
		fill(&g, mask[0], mask[1], mask[2], mask[3]);
		job.in = (struct measure_input){ .grid = g, .bone = mask[0], .tv = mask[1], .cortex = mask[2],
						 .wall = mask[3],
						 .last = SLICES - 1, .threads = threads };
		*out = (struct bench_voi){ .x = SIDE, .y = SIDE, .z = SLICES };
		bench_time(run, &job, seconds, &out->time);
		job.walls = mask[4];
		for (size_t i = 0; i < grid_voxels(&g); i++)
			job.walls[i] = mask[0][i] || mask[3][i];
		bench_time(run_thickness, &job, seconds, &out->thickness);
		if (job.rc < 0)
			*err = job.err;
	}
	for (int i = 0; i < 5; i++)
		free(mask[i]);
	return all ? job.rc : GPPI_E_NOMEM;
}
