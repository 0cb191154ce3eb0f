/* Grey levels of marrow and compact bone in the VOI, and the thresholds from them. */
#include "measure/segment_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/distance.h"

#define DEEP2 9          /* squared distance from which bone is free of partial volume */
#define NEAR2 64         /* and up to which voxels are around the bone */
#define LEVELS 65536

static double median(const uint64_t count[LEVELS])
{
	uint64_t all = 0, below = 0;
	int v = 0;

	for (int i = 0; i < LEVELS; i++)
		all += count[i];
	while (v < LEVELS - 1 && 2 * (below + count[v]) < all)
		below += count[v++];
	return all ? v + INT16_MIN : NAN;
}

struct counting {
	const struct segment_job *job;
	const uint8_t *within; /* NULL: all */
	int far2;              /* voxels count that are DEEP2 .. far2 from the mask */
	uint64_t *count;       /* of every worker */
};

static int count_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct counting *c = arg;
	const struct grey *g = &c->job->out->grey;
	const size_t n = (size_t)g->grid.n[0] * (size_t)g->grid.n[1], at = n * (size_t)z;
	uint64_t *count = c->count + (size_t)LEVELS * (size_t)worker;

	(void)err;
	for (size_t i = at; i < at + n; i++) {
		const int r2 = c->job->r2[i];
		if (r2 >= DEEP2 && r2 <= c->far2 && (!c->within || c->within[i]))
			count[g->v[i] - INT16_MIN]++;
	}
	return 0;
}

/* Median of the voxels that lie so deep in a mask, or outside of it (to_set). */
static int level_of(struct counting *c, const uint8_t *mask, bool to_set, double *level, struct gppi_error *err)
{
	const struct segment_job *job = c->job;
	const struct grey *g = &job->out->grey;
	const int threads = job->o->threads;
	int rc = distance_squared(&g->grid, mask, to_set, 8, threads, job->r2, err);

	memset(c->count, 0, (size_t)threads * LEVELS * sizeof *c->count);
	if (rc >= 0)
		rc = parallel_for(threads, g->grid.n[2], count_slice, c, err);
	for (int t = 1; t < threads; t++)
		for (int v = 0; v < LEVELS; v++)
			c->count[v] += c->count[(size_t)t * LEVELS + (size_t)v];
	*level = median(c->count);
	return rc;
}

int segment_levels(struct segment_job *job, const uint8_t *bone, struct gppi_error *err)
{
	const struct grey *g = &job->out->grey;
	struct counting c = { .job = job, .far2 = UINT16_MAX };
	double compact, marrow, medium;
	int rc = 0;

	c.count = calloc((size_t)job->o->threads * LEVELS, sizeof *c.count);
	if (!c.count)
		return err_set(err, GPPI_E_NOMEM, "out of memory for levels");
	rc = level_of(&c, bone, false, &compact, err);
	c.within = job->marrow;
	if (rc >= 0)
		rc = level_of(&c, bone, true, &marrow, err);
	c.within = NULL;
	c.far2 = NEAR2;
	if (rc >= 0)
		rc = level_of(&c, job->outline, true, &medium, err);
	if (rc >= 0) {
		job->out->compact = isfinite(compact) ? compact * g->slope + g->intercept : job->where->bone;
		job->out->medium = isfinite(medium) ? medium * g->slope + g->intercept : job->where->medium;
		job->out->marrow = isfinite(marrow) ? marrow * g->slope + g->intercept : job->where->medium;
	}
	free(c.count);
	return rc;
}

/* Otsu's threshold of the voxels within the outline: raw. */
static int otsu(const struct segment_job *job, double *raw, struct gppi_error *err)
{
	const struct grey *g = &job->out->grey;
	uint64_t *count = calloc(LEVELS, sizeof *count);
	double all = 0, sum = 0, below = 0, sum_below = 0, best = -1;

	if (!count)
		return err_set(err, GPPI_E_NOMEM, "out of memory for levels");
	for (size_t i = 0, n = grid_voxels(&g->grid); i < n; i++)
		if (job->outline[i])
			count[g->v[i] - INT16_MIN]++;
	for (int v = 0; v < LEVELS; v++) {
		all += (double)count[v];
		sum += (double)count[v] * v;
	}
	for (int v = 0; v < LEVELS - 1; v++) {
		below += (double)count[v];
		sum_below += (double)count[v] * v;
		if (below == 0 || below == all)
			continue;
		double apart = sum_below / below - (sum - sum_below) / (all - below),
		       between = below * (all - below) * apart * apart;
		if (between > best) {
			best = between;
			*raw = v + 1 + INT16_MIN; /* bone is what is not below */
		}
	}
	free(count);
	return 0;
}

int segment_thresholds(struct segment_job *job, struct gppi_error *err)
{
	struct segment *s = job->out;
	const double way = s->compact - s->marrow;
	double raw = grey_raw(&s->grey, s->marrow + job->o->share[1] * way);
	int rc = 0;

	s->trabecular = s->marrow + job->o->share[0] * way;
	s->cortical = s->marrow + job->o->share[1] * way;
	s->outer = (s->medium + s->compact) / 2;
	if (job->o->rule == SEGMENT_OTSU) {
		rc = otsu(job, &raw, err);
		s->trabecular = s->cortical = s->outer = raw * s->grey.slope + s->grey.intercept;
	} else if (job->o->rule == SEGMENT_FIXED) {
		s->trabecular = s->cortical = s->outer = job->o->threshold;
	}
	return rc;
}
