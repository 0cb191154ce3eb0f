#include "slices/levels.h"

#include <math.h>
#include <string.h>

#define BINS 1024
#define SMOOTH 4
#define BLOCK 512           /* values at a time, on the stack */
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

/* Counts being made: four tables in turn, since equal neighbours would wait for each other. */
struct tally {
	float lo, per; /* bins per unit */
	uint32_t count[4][BINS];
};

static void tally_init(struct tally *t, double lo, double hi)
{
	memset(t, 0, sizeof *t);
	t->lo = (float)lo;
	t->per = (float)(BINS / (hi - lo));
}

static void tally_block(struct tally *t, const float *v, size_t n)
{
	int32_t bin[BLOCK];

	for (size_t i = 0; i < n; i++) {
		float b = (v[i] - t->lo) * t->per;
		b = b > 0 ? b : 0;
		b = b < BINS - 1 ? b : BINS - 1;
		bin[i] = (int32_t)b;
	}
	for (size_t i = 0; i < n; i++)
		t->count[i & 3][bin[i]]++;
}

static void tally_add(struct tally *t, const float *v, size_t n)
{
	for (size_t i = 0; i < n; i += BLOCK)
		tally_block(t, v + i, n - i < BLOCK ? n - i : BLOCK);
}

/* Adds the counts to a histogram, which keeps what it has. */
static void tally_into(const struct tally *t, struct hist *h)
{
	for (int b = 0; b < BINS; b++) {
		double sum = 0;
		for (int k = 0; k < 4; k++)
			sum += t->count[k][b];
		h->count[b] += sum;
		h->total += sum;
	}
}

static void hist_init(struct hist *h, double lo, double hi)
{
	memset(h, 0, sizeof *h);
	h->lo = lo;
	h->width = (hi - lo) / BINS;
}

static void hist_fill(struct hist *h, const float *v, size_t n, double lo, double hi)
{
	struct tally t;

	tally_init(&t, lo, hi);
	tally_add(&t, v, n);
	hist_init(h, lo, hi);
	tally_into(&t, h);
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
	float least = v[0], most = v[0];

	for (size_t i = 1; i < n; i++) {
		least = v[i] < least ? v[i] : least;
		most = v[i] > most ? v[i] : most;
	}
	*lo = (double)least;
	*hi = (double)most;
	if (!(*hi - *lo > 1e-4 * fmax(1, fmax(fabs(*lo), fabs(*hi)))))
		return false;
	hist_fill(h, v, n, *lo, *hi);
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
	hist_fill(&h, value, n, lo, hi);
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

/* Values of a row apart: those of the bone, and those around it. */
static void tally_row(struct tally *bone, struct tally *rest, const float *v, const uint8_t *mask, int n)
{
	float part[2][COARSE_MAX] = { { 0 } };
	size_t count[2] = { 0, 0 };

	for (int x = 0; x < n; x++) {
		int b = mask[x] != 0;
		part[b][count[b]++] = v[x];
	}
	tally_add(rest, part[0], count[0]);
	tally_add(bone, part[1], count[1]);
}

void levels_refine(const struct coarse *c, const uint8_t *mask, const struct levels_box *box,
		   struct levels *lv)
{
	double span = lv->bone - lv->medium, lo = lv->medium - 2 * span, hi = lv->bone + 2 * span;
	struct tally in, around;
	struct hist bone, rest;
	struct levels r;

	tally_init(&in, lo, hi);
	tally_init(&around, lo, hi);
	for (int z = box->lo[2]; z <= box->hi[2]; z++)
		for (int y = box->lo[1]; y <= box->hi[1]; y++) {
			size_t at = ((size_t)z * (size_t)c->ny + (size_t)y) * (size_t)c->nx + (size_t)box->lo[0];
			tally_row(&in, &around, c->value + at, mask + at, box->hi[0] - box->lo[0] + 1);
		}
	hist_init(&bone, lo, hi);
	hist_init(&rest, lo, hi);
	tally_into(&in, &bone);
	tally_into(&around, &rest);
	if (bone.total < 50 || rest.total < 50)
		return;
	r.bone = percentile(&bone, 0, BONE_SHARE);
	r.medium = mode_below(&rest, bin_of(&rest, lv->threshold), NULL);
	tally_into(&in, &rest); /* now both */
	r.threshold = threshold_between(&rest, r.medium, r.bone);
	if (r.bone > r.medium)
		*lv = r;
}

double levels_noise(const float *value, size_t n, size_t plane, const struct levels *lv)
{
	double width = lv->bone - lv->medium;
	struct tally t;
	struct hist h;
	float difference[BLOCK];

	tally_init(&t, 0, width);
	hist_init(&h, 0, width);
	for (size_t i = 0; i + plane < n; i += BLOCK) {
		size_t part = n - plane - i < BLOCK ? n - plane - i : BLOCK;
		for (size_t k = 0; k < part; k++)
			difference[k] = fabsf(value[i + k + plane] - value[i + k]);
		tally_block(&t, difference, part);
	}
	tally_into(&t, &h);
	/* |difference| of two normal values has its median at 0.954 s.d. of one. */
	return h.total > 0 ? percentile(&h, 0, 0.5) / 0.954 : 0;
}
