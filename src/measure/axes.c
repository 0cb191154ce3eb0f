#include "measure/axes.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "measure/distance.h"

#define EPSILON 0.9

struct job {
	const struct grid *g;
	const uint8_t *where;
	const uint16_t *r2;
	/* By squared distance of a neighbour, 1 to 3, and by squared radius: that of a neighbour which holds the
	 * ball. */
	int *least[4];
	uint8_t *out;
};

/* The least squared radius at a distance of sqrt(apart) whose ball holds one of r2, but for EPSILON. */
static int *table(int apart)
{
	int *least = malloc((DISTANCE_FAR + 1) * sizeof *least);
	int y = 0;

	for (int r2 = 0; least && r2 <= DISTANCE_FAR; r2++) {
		while (y <= DISTANCE_FAR && sqrt(apart) + sqrt(r2) - sqrt(y) > EPSILON)
			y++;
		least[r2] = y;
	}
	return least;
}

static bool is_middle(const struct job *job, int x, int y, int z)
{
	const struct grid *g = job->g;
	const int r2 = job->r2[grid_at(g, x, y, z)];

	for (int c = z > 0 ? -1 : 0; c <= (z + 1 < g->n[2] ? 1 : 0); c++)
		for (int b = y > 0 ? -1 : 0; b <= (y + 1 < g->n[1] ? 1 : 0); b++)
			for (int a = x > 0 ? -1 : 0; a <= (x + 1 < g->n[0] ? 1 : 0); a++) {
				const int apart = a * a + b * b + c * c;
				if (apart && job->r2[grid_at(g, x + a, y + b, z + c)] >= job->least[apart][r2])
					return false;
			}
	return true;
}

static int do_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->g;
	size_t i = grid_at(g, 0, 0, z);

	(void)worker;
	(void)err;
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++, i++)
			job->out[i] = job->r2[i] && (!job->where || job->where[i]) && is_middle(job, x, y, z);
	return 0;
}

int axes_find(const struct grid *g, const uint8_t *mask, const uint8_t *where, int threads, uint8_t *out,
	      struct gppi_error *err)
{
	uint16_t *r2 = grid_alloc(g, sizeof *r2, err);
	struct job job = { .g = g, .where = where, .r2 = r2, .out = out };
	int rc = r2 ? 0 : GPPI_E_NOMEM;

	for (int k = 1; k <= 3 && rc >= 0; k++)
		if (!(job.least[k] = table(k)))
			rc = err_set(err, GPPI_E_NOMEM, "out of memory for the middle of bone");
	if (rc >= 0)
		rc = distance_squared(g, mask, false, DISTANCE_REACH, threads, r2, err);
	if (rc >= 0)
		rc = parallel_for(threads, g->n[2], do_slice, &job, err);
	for (int k = 1; k <= 3; k++)
		free(job.least[k]);
	free(r2);
	return rc;
}
