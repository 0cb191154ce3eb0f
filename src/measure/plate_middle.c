/* The middle of the layer: for each column the slice that looks most like it to a network, and a smooth surface through
 * these. Then once more where the columns are moved so that this layer lies flat. */
#include "measure/plate_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "measure/plate_net.h"
#include "measure/sheet.h"

#define STEP_COST 30 /* of a slice of the network that neighbouring columns differ by, hundredths of the log */
#define COST_MAX 16000
#define SIGMA 2.0    /* bins of the knee: columns are about so far apart */

struct job {
	const struct plate_seen *seen;
	const float *logit; /* [z][y][x] */
	int16_t *cost;      /* [y][x][z] */
};

/* Where a slice lies outside of the cortex it is as likely as the least likely within. */
static void cost_column(const struct job *job, int x, int y, int16_t *cost)
{
	const struct volume *v = &job->seen->volume;
	const size_t plane = (size_t)v->n[0] * (size_t)v->n[1];
	const float *logit = job->logit + (size_t)y * (size_t)v->n[0] + (size_t)x;
	bool in[PLATE_SLICES], any = false;
	int most = -COST_MAX;

	for (int z = 0; z < PLATE_SLICES; z++) {
		in[z] = volume_at(v, x, y, z)[PLATE_INSIDE] > 0.5f;
		cost[z] = (int16_t)lrintf(fminf(fmaxf(-100 * logit[plane * (size_t)z], -COST_MAX), COST_MAX));
		most = in[z] && cost[z] > most ? cost[z] : most;
		any |= in[z];
	}
	for (int z = 0; z < PLATE_SLICES; z++)
		cost[z] = !any ? 0 : in[z] ? cost[z] : (int16_t)most;
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

/* From columns to bins, smoothed. */
static int spread_out(const struct plate_seen *s, const struct grid *g, const int *height, float *middle,
		      struct gppi_error *err)
{
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			const int h = height[y / s->bins * s->volume.n[0] + x / s->bins];
			middle[y * g->n[0] + x] = (float)(s->first + h * s->slices) + (float)(s->slices - 1) / 2;
		}
	return plate_smooth(g->n[0], g->n[1], NULL, middle, SIGMA, err);
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
		const size_t columns = (size_t)v->n[0] * (size_t)v->n[1];
		job.logit = logit = size_realloc(NULL, columns * PLATE_SLICES, sizeof *logit);
		job.cost = size_realloc(NULL, columns * PLATE_SLICES, sizeof *job.cost);
		height = size_realloc(NULL, columns, sizeof *height);
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
	if (rc >= 0)
		rc = spread_out(&seen, &of->knee->grid, height, middle, err);
	plate_seen_free(&seen);
	free(logit);
	free(job.cost);
	free(height);
	return rc < 0 ? rc : plate_refine(of, middle, err);
}
