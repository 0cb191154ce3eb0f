/* Grey levels of marrow and compact bone in the VOI, and the thresholds from them. */
#include "measure/segment_parts.h"

#include <math.h>
#include <stdlib.h>

#include "measure/distance.h"

#define DEEP2 9          /* squared distance from which bone is free of partial volume */
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

int segment_levels(struct segment_job *job, const uint8_t *bone, struct gppi_error *err)
{
	const struct grey *g = &job->out->grey;
	const size_t n = grid_voxels(&g->grid);
	uint64_t *count = calloc((size_t)3 * LEVELS, sizeof *count);
	int rc = count ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for levels");

	if (rc >= 0)
		rc = distance_squared(&g->grid, bone, false, 8, job->o->threads, job->r2, err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		if (job->r2[i] >= DEEP2)
			count[g->v[i] - INT16_MIN]++;
	if (rc >= 0)
		rc = distance_squared(&g->grid, bone, true, 8, job->o->threads, job->r2, err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		if (job->r2[i] >= DEEP2 && job->marrow[i])
			count[LEVELS + g->v[i] - INT16_MIN]++;
	if (rc >= 0)
		rc = distance_squared(&g->grid, job->outline, true, 8, job->o->threads, job->r2, err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		if (job->r2[i] >= DEEP2 && job->r2[i] <= 64)
			count[2 * LEVELS + g->v[i] - INT16_MIN]++;
	if (rc >= 0) {
		double compact = median(count), marrow = median(count + LEVELS), medium = median(count + (size_t)2 * LEVELS);
		job->out->compact = isfinite(compact) ? compact * g->slope + g->intercept : job->where->bone;
		job->out->medium = isfinite(medium) ? medium * g->slope + g->intercept : job->where->medium;
		job->out->marrow = isfinite(marrow) ? marrow * g->slope + g->intercept : job->where->medium;
	}
	free(count);
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
		double apart = sum_below / below - (sum - sum_below) / (all - below), between = below * (all - below) * apart * apart;
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
	s->outer = s->medium + job->o->share[1] * (s->compact - s->medium);
	if (job->o->rule == SEGMENT_OTSU) {
		rc = otsu(job, &raw, err);
		s->trabecular = s->cortical = s->outer = raw * s->grey.slope + s->grey.intercept;
	} else if (job->o->rule == SEGMENT_FIXED) {
		s->trabecular = s->cortical = s->outer = job->o->threshold;
	}
	return rc;
}
