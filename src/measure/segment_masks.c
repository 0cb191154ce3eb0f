/* The masks of bone, TV, cortex and wall, once outline, marrow and thresholds are known. */
#include "measure/segment_parts.h"

#include <math.h>
#include <string.h>

#include "measure/distance.h"

#define EDGE 2           /* voxels from the cortex where its blur reaches */
#define THICK_UM 65      /* radius of balls that fit into the cortex and into no strut; chosen on 40 synthetic bones */
#define SHELL 2          /* depth below the periosteum where voxels are partly of what lies outside */

/* What is bone by its threshold: within the endosteum, in the cortex, or at its outer edge (not wall). The blurred edge
 * of the cortex (near it) is no spongiosa: there only what the calmer voxels show as bone is. */
static void threshold(const void *arg, size_t from, size_t end)
{
	const struct segment_job *job = arg;
	const struct segment *s = job->out;
	const uint8_t *wall = s->wall, *near = s->tv;
	uint8_t *bone = s->bone;
	const uint8_t *outline = job->outline, *marrow = job->marrow;
	const int16_t *v = s->grey.v, *calm = job->calm.v;
	const int16_t *local = job->local;
	const int low = grey_least(&s->grey, s->trabecular), high = grey_least(&s->grey, s->cortical);
	const int outer = grey_least(&s->grey, fmin(s->outer, s->cortical));

	for (size_t i = from; i < end; i++) {
		const int least = marrow[i] ? (local ? local[i] : low) : wall[i] ? high : outer;
		bone[i] = outline[i] & (v[i] >= least) & !(marrow[i] & near[i] & (calm[i] < high));
	}
}

static void take_cortex(const void *arg, size_t from, size_t end)
{
	const struct segment_job *job = arg;
	const uint8_t *outline = job->outline, *marrow = job->marrow;
	uint8_t *cortex = job->out->cortex;

	for (size_t i = from; i < end; i++)
		cortex[i] = outline[i] & !marrow[i];
}

static void take_wall(const void *arg, size_t from, size_t end)
{
	const struct segment_job *job = arg;
	const uint8_t *marrow = job->marrow;
	uint8_t *wall = job->out->wall;

	for (size_t i = from; i < end; i++)
		wall[i] = !marrow[i];
}

struct flake {
	const uint8_t *near, *thick;
	uint8_t *bone, *tv, *cortex;
};

static void give_flakes(const void *arg, size_t from, size_t end)
{
	const struct flake *f = arg;
	uint8_t *tv = f->tv, *cortex = f->cortex;

	for (size_t i = from; i < end; i++) {
		const uint8_t flake = tv[i] & f->bone[i] & f->near[i] & f->thick[i];
		tv[i] ^= flake;
		cortex[i] |= flake;
	}
}

/* Bone of TV next to the cortex that balls of the cortex reach is its inner surface: few voxels, but so thick that they
 * rule Tb.Th where struts are few. */
static int drop_flakes(struct segment_job *job, const uint8_t *near, struct gppi_error *err)
{
	struct segment *s = job->out;
	const struct grid *g = &s->grey.grid;
	const int r = (int)lrint(THICK_UM / 1000.0 / g->mm[0]), threads = job->o->threads;
	uint8_t *thick = grid_alloc(g, 1, err);
	const struct flake f = { near, thick, s->bone, job->marrow, s->cortex };
	int rc = thick ? 0 : GPPI_E_NOMEM;

	if (rc >= 0 && r >= 1 && r < DISTANCE_REACH) {
		memcpy(thick, s->bone, grid_voxels(g));
		rc = shape_erode(g, thick, r, threads, err);
		if (rc >= 0)
			rc = distance_balls(g, thick, true, r * r, threads, thick, err);
		if (rc >= 0)
			rc = grid_each(g, threads, give_flakes, &f, err);
	}
	free(thick);
	return rc;
}

int segment_fill_masks(struct segment_job *job, struct gppi_error *err)
{
	struct segment *s = job->out;
	const struct grid *g = &s->grey.grid;
	const size_t n = grid_voxels(g);
	double kept;
	int rc = grid_each(g, job->o->threads, take_cortex, job, err);

	memcpy(s->wall, job->outline, n); /* for threshold(): what lies deeper than the shell, and, */
	if (rc >= 0)
		rc = shape_erode(g, s->wall, SHELL, job->o->threads, err);
	if (rc >= 0) /* in tv, what is near the cortex */
		rc = distance_balls(g, s->cortex, true, EDGE * EDGE, job->o->threads, s->tv, err);
	if (rc >= 0 && job->o->rule == SEGMENT_LOCAL)
		rc = segment_local(job, &job->local, err);
	if (rc >= 0)
		rc = grid_each(g, job->o->threads, threshold, job, err);
	if (rc >= 0)
		rc = shape_largest(g, s->bone, JOINED_BY_CORNERS, &kept, err);
	if (rc >= 0)
		rc = drop_flakes(job, s->tv, err);
	memcpy(s->tv, job->marrow, n);
	return rc < 0 ? rc : grid_each(g, job->o->threads, take_wall, job, err);
}
