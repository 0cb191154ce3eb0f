#include "measure/distance.h"

#include <string.h>

#include "base/parallel.h"
#include "measure/kernels.h"

#define LANES MEASURE_LANES
#define WIDE 2 /* blocks of columns copied together: a line of the cache */

struct job {
	const struct grid *g;
	const uint8_t *mask;
	bool to_set;
	int reach;
	uint16_t *out, (*column)[LANES]; /* column: room of every worker for two blocks */
	size_t room;                     /* rows of column that are one worker's */
	const struct measure_kernels *kernel;
};

/* Along x: runs of inside voxels, counted from both of their ends. */
static void along_x(const uint8_t *mask, bool to_set, int n, uint16_t *out)
{
	int away = 256;

	for (int x = 0; x < n; x++) {
		away = !mask[x] == to_set ? away + (away < 256) : 0;
		out[x] = (uint16_t)(away < 256 ? away * away : DISTANCE_FAR);
	}
	away = 256;
	for (int x = n - 1; x >= 0; x--) {
		away = out[x] ? away + (away < 256) : 0;
		if (away < 256 && away * away < out[x])
			out[x] = (uint16_t)(away * away);
	}
}

/* Columns of n values, `stride` apart, `width` side by side: replaced by the distance along them as well. */
static void along(const struct job *job, uint16_t *first, int n, size_t stride, int width, uint16_t (*column)[LANES])
{
	uint16_t (*block[WIDE])[LANES] = { column, column + n };

	for (int x = 0; x < width; x += WIDE * LANES) {
		int w = width - x < WIDE * LANES ? width - x : WIDE * LANES;
		uint16_t any = 0;
		for (int i = 0; i < n; i++) {
			const uint16_t *p = first + (size_t)i * stride + x;
			for (int b = 0; b < WIDE; b++) {
				int m = w - b * LANES < LANES ? w - b * LANES : LANES;
				for (int c = 0; c < m; c++)
					any |= block[b][i][c] = p[b * LANES + c];
			}
		}
		if (!any)
			continue;
		for (int b = 0; b < WIDE && b * LANES < w; b++) {
			uint16_t *to = first + x + (size_t)b * LANES;
			if (w - b * LANES >= LANES) {
				job->kernel->lower(block[b], n, job->reach, to, stride);
				continue;
			}
			/* A block that is cut is made in full behind the columns, and copied. */
			uint16_t (*full)[LANES] = column + (size_t)WIDE * (size_t)n;
			job->kernel->lower(block[b], n, job->reach, full[0], LANES);
			for (int i = 0; i < n; i++)
				memcpy(to + (size_t)i * stride, full[i], (size_t)(w - b * LANES) * sizeof **full);
		}
	}
}

static int do_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const int nx = job->g->n[0], ny = job->g->n[1];
	size_t at = grid_at(job->g, 0, 0, z);

	(void)err;
	for (int y = 0; y < ny; y++)
		along_x(job->mask + at + (size_t)y * (size_t)nx, job->to_set, nx, job->out + at + (size_t)y * (size_t)nx);
	along(job, job->out + at, ny, (size_t)nx, nx, job->column + job->room * (size_t)worker);
	return 0;
}

static int do_row(void *arg, int y, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->g;

	(void)err;
	along(job, job->out + grid_at(g, 0, y, 0), g->n[2], (size_t)g->n[0] * (size_t)g->n[1], g->n[0],
	      job->column + job->room * (size_t)worker);
	return 0;
}

int distance_squared(const struct grid *g, const uint8_t *mask, bool to_set, int reach, int threads, uint16_t *out,
		     struct gppi_error *err)
{
	int longest = g->n[1] > g->n[2] ? g->n[1] : g->n[2];
	struct job job = { .g = g, .mask = mask, .to_set = to_set, .reach = reach, .out = out, .kernel = measure_kernels(),
			   .room = (size_t)longest * (WIDE + 1) };

	job.column = calloc((size_t)threads * job.room, sizeof *job.column);
	if (!job.column)
		return err_set(err, GPPI_E_NOMEM, "out of memory for distances");
	int rc = parallel_for(threads, g->n[2], do_slice, &job, err);
	if (rc >= 0)
		rc = parallel_for(threads, g->n[1], do_row, &job, err);
	free(job.column);
	return rc;
}
