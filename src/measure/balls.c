#include "measure/balls.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/distance.h"

struct job {
	const struct grid *g;
	const uint16_t *r2;
	/* by kind of neighbour (1: beside a face, 2: an edge, 3: a corner) and r2: the least squared radius of the
	 * neighbour's ball that contains this one */
	uint16_t *least[4];
	int first, last; /* slices */
	struct balls *out;
};

/* The voxel of the ball that is farthest from the neighbour lies opposite to it, and has its largest components where
 * the neighbour has its own: one of every 48 directions is enough. */
static void fill(uint16_t *least, int largest, int kind)
{
	for (int a = 0; a * a < largest; a++)
		for (int b = 0; b <= a && a * a + b * b < largest; b++)
			for (int c = 0; c <= b && a * a + b * b + c * c < largest; c++) {
				int o2 = a * a + b * b + c * c, along = a + (kind > 1 ? b : 0) + (kind > 2 ? c : 0);
				int need = o2 + 2 * along + kind + 1;
				need = need < DISTANCE_FAR ? need : DISTANCE_FAR;
				if (need > least[o2 + 1]) /* balls of r2 > o2 have this voxel */
					least[o2 + 1] = (uint16_t)need;
			}
	for (int r2 = 1; r2 <= largest; r2++)
		if (least[r2] < least[r2 - 1])
			least[r2] = least[r2 - 1];
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* Contained in the ball of a neighbour? The one along the gradient is asked first: it mostly is. p: at (x, y, z). */
static bool contained(const struct job *job, int x, int y, int z, const uint16_t *p)
{
	const ptrdiff_t row = job->g->n[0], slice = row * job->g->n[1];
	const int left = x > 0, right = x + 1 < job->g->n[0], up = y > 0, down = y + 1 < job->g->n[1], below = z > 0,
		  above = z + 1 < job->g->n[2];
	const uint16_t need[4] = { DISTANCE_FAR, job->least[1][*p], job->least[2][*p], job->least[3][*p] };
	int dx = left && right ? sign(p[1] - p[-1]) : 0, dy = up && down ? sign(p[row] - p[-row]) : 0;
	int dz = below && above ? sign(p[slice] - p[-slice]) : 0;
	int kind = (dx != 0) + (dy != 0) + (dz != 0);

	if (kind && p[dx + dy * row + dz * slice] >= need[kind])
		return true;
	for (dz = -below; dz <= above; dz++)
		for (dy = -up; dy <= down; dy++) {
			const uint16_t *q = p + dy * row + dz * slice;
			kind = (dy != 0) + (dz != 0);
			if ((kind && *q >= need[kind]) || (left && q[-1] >= need[kind + 1]) ||
			    (right && q[1] >= need[kind + 1]))
				return true;
		}
	return false;
}

/* By r2, largest first, else as they are. */
static int sort(struct ball **list, size_t n, int largest, struct gppi_error *err)
{
	struct ball *sorted = malloc(n * sizeof *sorted);
	size_t *at = calloc((size_t)largest + 2, sizeof *at);
	int rc = 0;

	if (sorted && at) {
		for (size_t i = 0; i < n; i++)
			at[(*list)[i].r2 - 1]++; /* a ball's place is behind all larger ones */
		for (int r2 = largest; r2 > 0; r2--)
			at[r2 - 1] += at[r2];
		for (size_t i = 0; i < n; i++)
			sorted[at[(*list)[i].r2]++] = (*list)[i];
		free(*list);
		*list = sorted;
		sorted = NULL;
	} else {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for balls");
	}
	free(sorted);
	free(at);
	return rc;
}

static int do_slice(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->g;
	const int z = job->first + item;
	struct balls *out = job->out;
	const uint16_t *r2 = job->r2 + grid_at(g, 0, 0, z);
	size_t room = 0;

	(void)worker;
	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++, r2++) {
			if (!*r2 || contained(job, x, y, z, r2))
				continue;
			if (out->n[z] == room) {
				room = room ? 2 * room : 256;
				struct ball *grown = size_realloc(out->slice[z], room, sizeof *grown);
				if (!grown)
					return err_set(err, GPPI_E_NOMEM, "out of memory for balls");
				out->slice[z] = grown;
			}
			out->slice[z][out->n[z]++] = (struct ball){ (uint16_t)x, (uint16_t)y, *r2 };
		}
	return out->n[z] ? sort(&out->slice[z], out->n[z], out->largest, err) : 0;
}

static int largest(const struct grid *g, const uint16_t *r2)
{
	unsigned most = 0;

	for (size_t i = 0, n = grid_voxels(g); i < n; i++)
		most = r2[i] > most ? r2[i] : most;
	return (int)most;
}

int balls_find(const struct grid *g, const uint16_t *r2, int first, int last, int threads, struct balls *out,
	       struct gppi_error *err)
{
	struct job job = { .g = g, .r2 = r2, .out = out };
	int rc = 0, reach = 0;

	*out = (struct balls){ .nz = g->n[2], .largest = largest(g, r2) };
	while ((reach + 1) * (reach + 1) < out->largest)
		reach++;
	job.first = first > reach ? first - reach : 0;
	job.last = last + reach < g->n[2] ? last + reach : g->n[2] - 1;
	out->slice = calloc((size_t)g->n[2], sizeof(struct ball *));
	out->n = calloc((size_t)g->n[2], sizeof *out->n);
	if (!out->slice || !out->n)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for balls");
	for (int kind = 1; kind <= 3 && rc >= 0; kind++) {
		job.least[kind] = calloc((size_t)out->largest + 1, sizeof **job.least);
		if (job.least[kind])
			fill(job.least[kind], out->largest, kind);
		else
			rc = err_set(err, GPPI_E_NOMEM, "out of memory for balls");
	}
	if (rc >= 0)
		rc = parallel_for(threads, job.last - job.first + 1, do_slice, &job, err);
	for (int kind = 1; kind <= 3; kind++)
		free(job.least[kind]);
	return rc;
}

void balls_free(struct balls *balls)
{
	for (int z = 0; balls->slice && z < balls->nz; z++)
		free(balls->slice[z]);
	free(balls->slice);
	free(balls->n);
	*balls = (struct balls){ 0 };
}
