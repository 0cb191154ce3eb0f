#include "slices/levels.h"

#include <math.h>
#include <string.h>

#define BINS 1024
#define SMOOTH 4
#define BONE_SHARE 0.85     /* percentile of the bright class taken as compact bone */
/* The threshold lies in the emptiest place of this part of the way from medium to bone, by
 * preference in the middle: soft tissue or wax may form a peak of its own there. */
#define THRESHOLD_LO 0.42
#define THRESHOLD_HI 0.68
#define THRESHOLD_PULL 20.0
#define VALLEY_MAX 0.35     /* density at the threshold / at the medium's peak */

struct hist {
	double lo, width;
	double count[BINS];
	double total;
};

static int bin_of(const struct hist *h, double v)
{
	double b = (v - h->lo) / h->width;
	return b < 0 ? 0 : b >= BINS ? BINS - 1 : (int)b;
}

/* mask NULL: all values; else those with (mask & bits) == want. */
static void hist_fill(struct hist *h, const float *v, const uint8_t *mask, int bits, int want,
		      size_t n, double lo, double hi)
{
	memset(h, 0, sizeof *h);
	h->lo = lo;
	h->width = (hi - lo) / BINS;
	for (size_t i = 0; i < n; i++) {
		if (mask && (mask[i] & bits) != want)
			continue;
		h->count[bin_of(h, v[i])]++;
		h->total++;
	}
}

/* Value below which `share` of the bins begin..BINS-1 lies. */
static double percentile(const struct hist *h, int begin, double share)
{
	double total = 0, sum = 0;

	for (int b = begin; b < BINS; b++)
		total += h->count[b];
	for (int b = begin; b < BINS; b++) {
		if (h->count[b] > 0 && sum + h->count[b] >= share * total)
			return h->lo + h->width * (b + (share * total - sum) / h->count[b]);
		sum += h->count[b];
	}
	return h->lo + h->width * BINS;
}

static double density(const struct hist *h, int b)
{
	double sum = 0;
	int n = 0;

	for (int i = b - SMOOTH; i <= b + SMOOTH; i++)
		if (i >= 0 && i < BINS) {
			sum += h->count[i];
			n++;
		}
	return sum / n;
}

/* Most frequent value below bin `end`, from the centre of mass around the peak. */
static double mode_below(const struct hist *h, int end, double *peak)
{
	int best = 0;
	double sum = 0, moment = 0;

	for (int b = 1; b < end; b++)
		if (density(h, b) > density(h, best))
			best = b;
	for (int b = best - 2 * SMOOTH; b <= best + 2 * SMOOTH; b++)
		if (b >= 0 && b < end) {
			sum += h->count[b];
			moment += h->count[b] * (b + 0.5);
		}
	if (peak)
		*peak = density(h, best);
	return h->lo + h->width * (sum > 0 ? moment / sum : best + 0.5);
}

static double threshold_between(const struct hist *h, double medium, double bone)
{
	double best = medium + 0.5 * (bone - medium), best_cost = INFINITY;

	for (int i = 0; i <= 52; i++) {
		double share = THRESHOLD_LO + i * (THRESHOLD_HI - THRESHOLD_LO) / 52, off = share - 0.5;
		double t = medium + share * (bone - medium);
		double cost = (density(h, bin_of(h, t)) + 0.05) * (1 + THRESHOLD_PULL * off * off);
		if (cost < best_cost) {
			best_cost = cost;
			best = t;
		}
	}
	return best;
}

/* The range without the rarest 0.02 % at the dark end and what lies beyond share `top`. */
static bool robust_range(struct hist *h, const float *v, size_t n, double top, double *lo, double *hi)
{
	*lo = *hi = v[0];
	for (size_t i = 1; i < n; i++) {
		*lo = fmin(*lo, v[i]);
		*hi = fmax(*hi, v[i]);
	}
	if (!(*hi - *lo > 1e-4 * fmax(1, fmax(fabs(*lo), fabs(*hi)))))
		return false;
	hist_fill(h, v, NULL, 0, 0, n, *lo, *hi);
	*lo = percentile(h, 0, 0.0002) - h->width;
	*hi = percentile(h, 0, top) + h->width;
	return true;
}

bool levels_split(const float *value, size_t n, double top, struct levels *out)
{
	struct hist h;
	double lo, hi, peak = 0;

	if (n < 64 || !robust_range(&h, value, n, top, &lo, &hi))
		return false;
	hist_fill(&h, value, NULL, 0, 0, n, lo, hi);
	double t = (percentile(&h, 0, 0.5) + hi) / 2;
	for (int i = 0; i < 20; i++) {
		int b = bin_of(&h, t);
		if (b < 1)
			return false;
		out->medium = mode_below(&h, b, &peak);
		out->bone = i ? percentile(&h, b, BONE_SHARE) : hi;
		double next = threshold_between(&h, out->medium, out->bone);
		if (i && fabs(next - t) < h.width / 2)
			break;
		t = next;
	}
	out->threshold = t;
	return density(&h, bin_of(&h, t)) < VALLEY_MAX * peak;
}

void levels_refine(const float *value, const uint8_t *in, size_t n, struct levels *lv)
{
	struct hist h;
	double span = lv->bone - lv->medium, lo = lv->medium - 2 * span, hi = lv->bone + 2 * span;
	struct levels r;

	hist_fill(&h, value, in, 3, 3, n, lo, hi);
	if (h.total < 50)
		return;
	r.bone = percentile(&h, 0, BONE_SHARE);
	hist_fill(&h, value, in, 3, 1, n, lo, hi);
	if (h.total < 50)
		return;
	r.medium = mode_below(&h, bin_of(&h, lv->threshold), NULL);
	hist_fill(&h, value, in, 1, 1, n, lo, hi);
	r.threshold = threshold_between(&h, r.medium, r.bone);
	if (r.bone > r.medium)
		*lv = r;
}

double levels_noise(const float *value, size_t n, size_t plane, const struct levels *lv)
{
	struct hist h = { .width = (lv->bone - lv->medium) / BINS };

	for (size_t i = 0; i + plane < n; i++) {
		h.count[bin_of(&h, fabs((double)value[i + plane] - (double)value[i]))]++;
		h.total++;
	}
	/* |difference| of two normal values has its median at 0.954 s.d. of one. */
	return h.total > 0 ? percentile(&h, 0, 0.5) / 0.954 : 0;
}
