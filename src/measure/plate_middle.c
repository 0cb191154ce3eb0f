/* The middle of the layer: for each column the slice that looks most like it to a network, and a smooth surface through
 * these. Then once more where the columns are moved so that this layer lies flat. */
#include "measure/plate_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "measure/plate_net.h"
#include "measure/sheet.h"

#define STEP_COST 30 /* of a slice of the network that neighbouring columns differ by, hundredths of the log */
#define SIGMA 2.0    /* bins of the knee: columns are about so far apart */

struct job {
	const struct plate_seen *seen;
	const float *logit; /* [z][y][x] */
	int16_t *cost;      /* [y][x][z] */
};

static void cost_column(const struct job *job, int x, int y, int16_t *cost)
{
	const struct volume *v = &job->seen->volume;
	const size_t plane = (size_t)v->n[0] * (size_t)v->n[1];
	const float *logit = job->logit + (size_t)y * (size_t)v->n[0] + (size_t)x;

	for (int z = 0; z < PLATE_SLICES; z++) {
		const float c = fminf(fmaxf(-100 * logit[plane * (size_t)z], -PLATE_COST_MAX), PLATE_COST_MAX);
		cost[z] = (int16_t)(volume_at(v, x, y, z)[PLATE_INSIDE] > 0.5f ? lrintf(c) : PLATE_OUTSIDE);
	}
	plate_fill_outside(cost, PLATE_SLICES);
}

static int cost_row(void *arg, int y, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const int nx = job->seen->volume.n[0];

	(void)worker;
	(void)err;
	for (int x = 0; x < nx; x++)
		cost_column(job, x, y, job->cost + ((size_t)y * (size_t)nx + (size_t)x) * PLATE_SLICES);
	return 0;
}

int plate_middle(const struct plate_of *of, float *middle, struct gppi_error *err)
{
	struct plate_seen seen;
	struct job job = { .seen = &seen };
	float *logit = NULL;
	int *height = NULL;
	int rc = plate_seen_make(of->knee, of->plane, of->threads, &seen, err);

	if (rc >= 0) {
		const struct volume *v = &seen.volume;
		const size_t n = (size_t)v->n[0] * (size_t)v->n[1];
		job.logit = logit = size_realloc(NULL, n * PLATE_SLICES, sizeof *logit);
		job.cost = size_realloc(NULL, n * PLATE_SLICES, sizeof *job.cost);
		height = size_realloc(NULL, n, sizeof *height);
		if (!logit || !job.cost || !height)
			rc = err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	}
	if (rc >= 0)
		rc = plate_net(&seen.volume, of->threads, logit, err);
	if (rc >= 0)
		rc = parallel_for(of->threads, seen.volume.n[1], cost_row, &job, err);
	const struct sheet_costs costs = { seen.volume.n[0], seen.volume.n[1], PLATE_SLICES, job.cost, STEP_COST };
	if (rc >= 0)
		rc = sheet_find(&costs, of->threads, height, err);
	const struct plate_columns columns = { seen.bins, seen.volume.n[0],
					       (float)seen.first + (float)(seen.slices - 1) / 2,
					       (float)seen.slices };
	if (rc >= 0)
		rc = plate_spread(&columns, height, &of->knee->grid, SIGMA, middle, err);
	plate_seen_free(&seen);
	free(logit);
	free(job.cost);
	free(height);
	return rc < 0 ? rc : plate_refine(of, middle, err);
}
