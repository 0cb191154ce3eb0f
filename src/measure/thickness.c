#include "measure/thickness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/balls.h"
#include "measure/cover.h"
#include "measure/distance.h"

#define LEVELS 65536
#define AHEAD 8 /* discs that memory takes to answer */

struct job {
	const struct thickness_of *of;
	struct balls balls;
	bool level[LEVELS]; /* squared radii that occur */
	struct cover_discs discs;
	struct worker {
		struct cover cover;
		uint8_t *want; /* voxels of the slice that count */
		size_t *next;  /* of every slice: the largest ball not yet used */
	} *worker;
	struct thickness *out;
};

static int worker_begin(struct job *job, struct worker *w, struct gppi_error *err)
{
	const struct grid *g = job->of->grid;

	if (w->want)
		return 0;
	w->want = malloc((size_t)g->n[0] * (size_t)g->n[1]);
	w->next = malloc((size_t)g->n[2] * sizeof *w->next);
	if (!w->want || !w->next)
		return err_set(err, GPPI_E_NOMEM, "out of memory for local thickness");
	return cover_make(&job->discs, g->n[0], g->n[1], &w->cover, err);
}

/* The voxels of slice z that count; returns how many. */
static size_t wanted(const struct thickness_of *of, int z, uint8_t *want)
{
	const size_t n = (size_t)of->grid->n[0] * (size_t)of->grid->n[1], at = grid_at(of->grid, 0, 0, z);
	const uint8_t *mask = of->mask + at, *where = of->where ? of->where + at : NULL;
	const bool inverse = of->inverse;
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		want[i] = !mask[i] == inverse;
	for (size_t i = 0; i < n && where; i++)
		want[i] &= where[i] != 0;
	for (size_t i = 0; i < n; i++)
		sum += want[i];
	return sum;
}

void thickness_count(struct thickness *t, int r2, size_t voxels)
{
	if (!voxels)
		return;
	t->voxels += voxels;
	t->sum += (double)voxels * 2 * sqrt(r2);
	t->squares += (double)voxels * 4 * r2;
	t->max = fmax(t->max, 2 * sqrt(r2));
}

void thickness_add(struct thickness *sum, const struct thickness *more)
{
	sum->voxels += more->voxels;
	sum->sum += more->sum;
	sum->squares += more->squares;
	sum->max = fmax(sum->max, more->max);
}

/* The sections of all balls, from the largest to the smallest, until every voxel of the slice is covered. */
static int do_slice(void *arg, int item, int worker, struct gppi_error *err)
{
	struct job *job = arg;
	const int z = job->of->first + item;
	struct thickness *t = &job->out[z];
	struct worker *w = &job->worker[worker];
	const struct balls *balls = &job->balls;
	int rc = worker_begin(job, w, err);

	if (rc < 0)
		return rc;
	size_t left = wanted(job->of, z, w->want);
	cover_begin(&w->cover, w->want, job->of->map ? job->of->map + grid_at(job->of->grid, 0, 0, z) : NULL);
	memset(w->next, 0, (size_t)balls->nz * sizeof *w->next);
	for (int r2 = balls->largest; r2 > 0 && left; r2--) {
		const size_t before = left;
		/* Slices whose balls of this size reach this one; all larger ones of theirs did. */
		const int reach = job->discs.half[r2];
		const int z0 = z > reach ? z - reach : 0, z1 = z + reach < balls->nz ? z + reach : balls->nz - 1;
		for (int k = z0; job->level[r2] && k <= z1; k++) {
			const int s = r2 - (k - z) * (k - z);
			const struct ball *b = balls->slice[k] + w->next[k], *end = balls->slice[k] + balls->n[k];
			for (; b < end && b->r2 == r2; b++) {
				if (end - b > AHEAD)
					cover_soon(&w->cover, b[AHEAD].x, b[AHEAD].y);
				left -= cover_disc(&w->cover, b->x, b->y, s, (uint16_t)r2);
			}
			w->next[k] = (size_t)(b - balls->slice[k]);
		}
		thickness_count(t, r2, before - left);
	}
	return 0;
}

static int cover_all(struct job *job, struct gppi_error *err)
{
	const struct balls *balls = &job->balls;

	for (int z = 0; z < balls->nz; z++)
		for (size_t i = 0; i < balls->n[z]; i++)
			job->level[balls->slice[z][i].r2] = true;
	job->worker = calloc((size_t)job->of->threads, sizeof *job->worker);
	if (!job->worker)
		return err_set(err, GPPI_E_NOMEM, "out of memory for local thickness");
	int rc = balls->largest ? cover_discs_make(balls->largest, &job->discs, err) : 0;
	if (rc >= 0 && balls->largest)
		rc = parallel_for(job->of->threads, job->of->last - job->of->first + 1, do_slice, job, err);
	return rc;
}

static void job_free(struct job *job)
{
	for (int t = 0; job->worker && t < job->of->threads; t++) {
		cover_free(&job->worker[t].cover);
		free(job->worker[t].want);
		free(job->worker[t].next);
	}
	free(job->worker);
	cover_discs_free(&job->discs);
	balls_free(&job->balls);
	free(job);
}

int thickness_measure(const struct thickness_of *of, struct thickness *out, const char **why, struct gppi_error *err)
{
	const size_t n = grid_voxels(of->grid);
	uint16_t *r2 = NULL;
	struct job *job = NULL;
	int rc = 0;

	*why = NULL;
	for (int z = of->first; z <= of->last; z++)
		out[z] = (struct thickness){ .voxels = 0 };
	if (!grid_is_even(of->grid)) {
		*why = "voxels are not cubes";
		return 0;
	}
	job = calloc(1, sizeof *job);
	if (!job)
		return err_set(err, GPPI_E_NOMEM, "out of memory for local thickness");
	job->of = of;
	job->out = out;
	r2 = grid_alloc(of->grid, sizeof *r2, err);
	rc = r2 ? distance_squared(of->grid, of->mask, of->inverse, DISTANCE_REACH, of->threads, r2, err)
		: GPPI_E_NOMEM;
	bool far = false;
	for (size_t i = 0; i < n && rc >= 0; i++)
		far |= r2[i] == DISTANCE_FAR;
	if (far)
		*why = "wider than 510 voxels, or without an end";
	if (rc >= 0 && !*why)
		rc = balls_find(of->grid, r2, of->first, of->last, of->threads, &job->balls, err);
	free(r2);
	if (rc >= 0 && !*why)
		rc = cover_all(job, err);
	job_free(job);
	return rc;
}
