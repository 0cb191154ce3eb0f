/* CW: one change-over from "before" to "after" in a noisy sequence. */
#include "plane/parts.h"

#include <math.h>

#define WIDTH 5       /* published 5x1 structuring element */
#define P_SURE 1e-3   /* scores are cut at P_SURE and 1 - P_SURE: no slice decides alone */
#define AROUND 30     /* slices on each side that the sharpness looks at */
#define SIDE_MIN 2    /* a change-over needs this many slices on each side */

static double logit(double p)
{
	p = fmin(fmax(p, P_SURE), 1.0 - P_SURE);
	return log(p / (1.0 - p));
}

/* The step that contradicts the fewest closed labels; the first of equals. The published rule,
 * the first "after", follows a stray label; this is the same where the labels are clean. */
static int best_step(const float *p, int first, int last, uint8_t *label, double *explained)
{
	int n = last - first + 1;
	uint8_t *closed = label + n;

	for (int i = 0; i < n; i++)
		label[i] = p[first + i] >= 0.5f;
	plane_closing(label, n, WIDTH, closed);

	int wrong = 0, best, at = 0;
	for (int i = 0; i < n; i++)
		wrong += !closed[i]; /* step at 0: every "before" is wrong */
	best = wrong;
	for (int i = 0; i < n; i++) {
		wrong += closed[i] ? 1 : -1; /* step at i + 1 */
		if (wrong < best) {
			best = wrong;
			at = i + 1;
		}
	}
	*explained = 1.0 - (double)best / n;
	return first + at;
}

/* Maximum of sum log(1-p) before + sum log p after. Moving the step past a slice loses its
 * logit, so the maximum lies where the logit changes sign, and the straight line between the
 * two slices there gives the part of a slice. Half a slice is added because a sharp step at
 * slice s crosses between s-1 and s. */
static double likely_step(const float *p, int first, int last, int *at)
{
	double sum = 0, best = 0;

	*at = first;
	for (int k = first; k <= last; k++) {
		sum -= logit(p[k]);
		if (sum > best) {
			best = sum;
			*at = k + 1;
		}
	}
	if (*at <= first || *at > last)
		return *at;
	double a = logit(p[*at - 1]), b = logit(p[*at]);
	double part = b > a ? fmin(fmax(-a / (b - a), 0), 1) : 0.5;
	return *at - 1 + part + 0.5;
}

static int inside(int at, int first, int last)
{
	return at - first >= SIDE_MIN && last + 1 - at >= SIDE_MIN;
}

void plane_cw_step(const float *p, int first, int last, uint8_t *scratch, struct cw_step *out)
{
	int at, step = best_step(p, first, last, scratch, &out->explained);
	double likely = likely_step(p, first, last, &at);

	out->plane = inside(step, first, last) ? step : NAN;
	out->likelihood = inside(at, first, last) ? likely : NAN;
	out->sharpness = 0;
	if (isnan(out->likelihood))
		return;

	double sum = 0;
	int from = at - AROUND < first ? first : at - AROUND;
	int to = at + AROUND - 1 > last ? last : at + AROUND - 1;
	for (int k = from; k <= to; k++)
		sum += (k >= at ? 1 : -1) * (2.0 * p[k] - 1.0);
	out->sharpness = fmax(0, sum / (to - from + 1));
}
