#include "measure/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"

static const int way[4][2] = { { 1, 0 }, { 0, 1 }, { 1, 1 }, { 1, -1 } };

struct job {
	const struct sheet_costs *c;
	const int *d;  /* of this pass */
	int32_t *sum;  /* [ny][nx][nz] */
	int32_t *line; /* of every worker: nz costs so far */
};

/* Costs on the way to the next column: the least over all heights there, each step paid for. */
static void spread(int32_t *v, int n, int step)
{
	int32_t least = v[0];

	for (int z = 1; z < n; z++) {
		v[z] = v[z] < v[z - 1] + step ? v[z] : v[z - 1] + step;
		least = v[z] < least ? v[z] : least;
	}
	for (int z = n - 2; z >= 0; z--)
		v[z] = v[z] < v[z + 1] + step ? v[z] : v[z + 1] + step;
	for (int z = 0; z < n; z++)
		v[z] -= least;
}

static void walk(const struct job *job, int x, int y, int dx, int dy, int32_t *v)
{
	const struct sheet_costs *c = job->c;
	const size_t nz = (size_t)c->nz;

	memset(v, 0, nz * sizeof *v);
	for (; x >= 0 && x < c->nx && y >= 0 && y < c->ny; x += dx, y += dy) {
		size_t at = ((size_t)y * (size_t)c->nx + (size_t)x) * nz;
		spread(v, c->nz, c->step);
		for (size_t z = 0; z < nz; z++) {
			v[z] += c->cost[at + z];
			job->sum[at + z] += v[z];
		}
	}
}

/* Both ways along the line that begins at a column of the first row, or at the left or right side. */
static int do_line(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const int nx = job->c->nx, ny = job->c->ny, dx = job->d[0], dy = job->d[1];
	int32_t *v = job->line + (size_t)job->c->nz * (size_t)worker;
	int x, y, steps;

	(void)err;
	if (dy == 0) {
		x = 0;
		y = item;
	} else if (dx == 0) {
		x = item;
		y = 0;
	} else if (dy > 0) { /* downwards from the upper or left side */
		x = item < nx ? item : 0;
		y = item < nx ? 0 : item - nx + 1;
	} else { /* upwards from the lower or left side */
		x = item < nx ? item : 0;
		y = item < nx ? ny - 1 : ny - 1 - (item - nx + 1);
	}
	walk(job, x, y, dx, dy, v);
	int along_x = dx ? nx - 1 - x : ny, along_y = dy > 0 ? ny - 1 - y : dy < 0 ? y : nx;
	steps = along_x < along_y ? along_x : along_y;
	if (dx == 0 || dy == 0)
		steps = dx ? nx - 1 : ny - 1;
	walk(job, x + steps * dx, y + steps * dy, -dx, -dy, v);
	return 0;
}

int sheet_find(const struct sheet_costs *c, int threads, int *height, struct gppi_error *err)
{
	struct job job = { .c = c };
	size_t columns = (size_t)c->nx * (size_t)c->ny, all;
	int rc = 0;

	if (size_mul(columns, (size_t)c->nz, &all))
		job.sum = calloc(all, sizeof *job.sum);
	job.line = calloc((size_t)threads * (size_t)c->nz, sizeof *job.line);
	if (!job.sum || !job.line)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate's surface");
	for (int d = 0; d < 4 && rc >= 0; d++) {
		job.d = way[d];
		int lines = way[d][1] == 0 ? c->ny : way[d][0] == 0 ? c->nx : c->nx + c->ny - 1;
		rc = parallel_for(threads, lines, do_line, &job, err);
	}
	for (size_t i = 0; i < columns && rc >= 0; i++) {
		const int32_t *s = job.sum + i * (size_t)c->nz;
		height[i] = 0;
		for (int z = 1; z < c->nz; z++)
			if (s[z] < s[height[i]])
				height[i] = z;
	}
	free(job.sum);
	free(job.line);
	return rc;
}
