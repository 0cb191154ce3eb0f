#include "find/levels.h"

#include <math.h>

#include "base/parallel.h"
#include "find/histogram.h"

#define BONE_SHARE 0.85     /* percentile of the bright class taken as compact bone */
/* The threshold lies in the emptiest place of this part of the way from medium to bone, by
 * preference in the middle: soft tissue or wax may form a peak of its own there. */
#define THRESHOLD_LO 0.42
#define THRESHOLD_HI 0.68
#define THRESHOLD_PULL 20.0
#define RANGE_MIN 0.25      /* of coarse values, in steps of the scan: averages of equal voxels differ by 0.01 */
#define RANGE_FEW_BINS 16
#define VALLEY_MAX 0.35     /* density at the threshold / at the medium's peak */

static double threshold_between(const struct histogram *h, double medium, double bone)
{
	double best = medium + 0.5 * (bone - medium), best_cost = INFINITY;

	for (int i = 0; i <= 52; i++) {
		double share = THRESHOLD_LO + i * (THRESHOLD_HI - THRESHOLD_LO) / 52, off = share - 0.5;
		double t = medium + share * (bone - medium);
		double cost = (histogram_density(h, histogram_bin(h, t)) + 0.05) * (1 + THRESHOLD_PULL * off * off);
		if (cost < best_cost) {
			best_cost = cost;
			best = t;
		}
	}
	return best;
}

/* The range lo..hi without the rarest 0.02 % at the dark end and what lies beyond share `top`. */
static void narrow(struct histogram *h, const float *v, size_t n, double top, int threads, double *lo, double *hi)
{
	histogram_fill(h, v, n, *lo, *hi, threads);
	*lo = histogram_percentile(h, 0, 0.0002) - h->width;
	*hi = histogram_percentile(h, 0, top) + h->width;
}

/* The same of all values; once more, where the rare ones lay so far away that the others had a few bins only. */
static bool robust_range(struct histogram *h, const float *v, size_t n, double top, int threads, double *lo,
			 double *hi)
{
	histogram_range(v, n, lo, hi, threads);
	double all = *hi - *lo;
	if (!(all > RANGE_MIN))
		return false;
	narrow(h, v, n, top, threads, lo, hi);
	if (*hi - *lo > all / RANGE_FEW_BINS)
		return true;
	double low = *lo, high = *hi;
	narrow(h, v, n, top, threads, &low, &high);
	if (high - low > RANGE_MIN) {
		*lo = low;
		*hi = high;
	}
	return true;
}

bool levels_split(const float *value, size_t n, double top, int threads, struct levels *out)
{
	struct histogram h;
	double lo, hi, peak = 0;

	if (n < 64 || !robust_range(&h, value, n, top, threads, &lo, &hi))
		return false;
	histogram_fill(&h, value, n, lo, hi, threads);
	double t = (histogram_percentile(&h, 0, 0.5) + hi) / 2;
	for (int i = 0; i < 20; i++) {
		int b = histogram_bin(&h, t);
		if (b < 1)
			return false;
		out->medium = histogram_mode_below(&h, b, &peak);
		out->bone = i ? histogram_percentile(&h, b, BONE_SHARE) : hi;
		double next = threshold_between(&h, out->medium, out->bone);
		if (i && fabs(next - t) < h.width / 2)
			break;
		t = next;
	}
	out->threshold = t;
	return histogram_density(&h, histogram_bin(&h, t)) < VALLEY_MAX * peak;
}

/* Values of a row apart: those of the bone, and those around it. */
static void tally_row(struct histogram_counts *bone, struct histogram_counts *rest, const float *v, const uint8_t *mask,
		      int n)
{
	float part[2][OVERVIEW_MAX] = { { 0 } };
	size_t count[2] = { 0, 0 };

	for (int x = 0; x < n; x++) {
		int b = mask[x] != 0;
		part[b][count[b]++] = v[x];
	}
	histogram_counts_add(rest, part[0], count[0]);
	histogram_counts_add(bone, part[1], count[1]);
}

struct refine {
	const struct overview *c;
	const uint8_t *mask;
	const struct levels_box *box;
	struct histogram_counts bone[HISTOGRAM_WORKERS], rest[HISTOGRAM_WORKERS];
};

static int refine_slice(void *arg, int item, int worker, struct gppi_error *err)
{
	struct refine *r = arg;
	const struct levels_box *box = r->box;

	(void)err;
	for (int y = box->lo[1]; y <= box->hi[1]; y++) {
		size_t row = (size_t)(box->lo[2] + item) * (size_t)r->c->ny + (size_t)y;
		size_t at = row * (size_t)r->c->nx + (size_t)box->lo[0];
		tally_row(&r->bone[worker], &r->rest[worker], r->c->value + at, r->mask + at,
			  box->hi[0] - box->lo[0] + 1);
	}
	return 0;
}

void levels_refine(const struct overview *c, const uint8_t *mask, const struct levels_box *box,
		   struct levels *lv)
{
	double span = lv->bone - lv->medium, lo = lv->medium - 2 * span, hi = lv->bone + 2 * span;
	int workers = c->threads < HISTOGRAM_WORKERS ? c->threads : HISTOGRAM_WORKERS;
	struct refine job;
	struct histogram bone, rest;
	struct levels r;

	job.c = c;
	job.mask = mask;
	job.box = box;
	for (int i = 0; i < workers; i++) {
		histogram_counts_init(&job.bone[i], lo, hi);
		histogram_counts_init(&job.rest[i], lo, hi);
	}
	parallel_for(workers, box->hi[2] - box->lo[2] + 1, refine_slice, &job, NULL);
	histogram_init(&bone, lo, hi);
	histogram_init(&rest, lo, hi);
	for (int i = 0; i < workers; i++) {
		histogram_counts_into(&job.bone[i], &bone);
		histogram_counts_into(&job.rest[i], &rest);
	}
	if (bone.total < 50 || rest.total < 50)
		return;
	r.bone = histogram_percentile(&bone, 0, BONE_SHARE);
	r.medium = histogram_mode_below(&rest, histogram_bin(&rest, lv->threshold), NULL);
	histogram_add(&rest, &bone); /* now both */
	r.threshold = threshold_between(&rest, r.medium, r.bone);
	if (r.bone > r.medium)
		*lv = r;
}

double levels_noise(const struct overview *c, const struct levels *lv)
{
	struct histogram h;

	histogram_fill_steps(&h, c->value, overview_count(c), (size_t)c->nx * (size_t)c->ny, 0, lv->bone - lv->medium,
			     c->threads);
	/* |difference| of two normal values has its median at 0.954 s.d. of one. */
	return h.total > 0 ? histogram_percentile(&h, 0, 0.5) / 0.954 : 0;
}
