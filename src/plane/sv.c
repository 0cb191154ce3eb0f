/* SV: the rough estimate from the classifier, and how far the regressors agree. */
#include "plane/parts.h"

#include <math.h>

#define GAP 3         /* slices of "no" inside a run that do not end it */
#define RUN_MIN 3     /* shorter runs count only where there is nothing else */
#define RIVAL 0.33    /* share of the best run's strength that makes another run a rival */

struct run {
	int from, to;
	double strength, peak;
};

/* Next run at or after `k`; 0 where there is none. */
static int next_run(const float *p, int k, int last, double threshold, struct run *run)
{
	while (k <= last && p[k] < threshold)
		k++;
	if (k > last)
		return 0;
	*run = (struct run){ .from = k, .to = k };
	double pending = 0; /* slices of a gap count only when the run goes on behind it */
	for (; k <= last && k - run->to <= GAP + 1; k++) {
		pending += p[k] - threshold;
		if (p[k] < threshold)
			continue;
		run->to = k;
		run->strength += pending;
		pending = 0;
		if (p[k] > run->peak)
			run->peak = p[k];
	}
	return 1;
}

/* Strongest run at one threshold. Among equals the later one, as in the published rule. */
static int strongest(const float *p, int first, int last, double threshold, struct run *best)
{
	struct run run = { 0 };
	int found = 0;

	for (int k = first; next_run(p, k, last, threshold, &run); k = run.to + 1)
		if (!found++ || run.strength >= best->strength)
			*best = run;
	return found;
}

static int rivals(const float *p, int first, int last, double threshold, double strength)
{
	struct run run = { 0 };
	int n = 0;

	for (int k = first; next_run(p, k, last, threshold, &run); k = run.to + 1)
		n += run.strength >= RIVAL * strength;
	return n;
}

void plane_sv_rough(const float *p, int first, int last, struct sv_rough *out)
{
	struct run best = { 0 }, run = { 0 };
	double threshold = 0;
	int found = 0;

	*out = (struct sv_rough){ .slice = -1 };
	for (int step = 5; step >= 1; step--) {
		double t = step / 10.0 - 1e-6; /* p and 0.1 steps are not exact in binary */
		if (!strongest(p, first, last, t, &run))
			continue;
		int wide = run.to - run.from + 1 >= RUN_MIN;
		if (!found || wide) {
			best = run;
			threshold = t;
			found = 1;
		}
		if (wide)
			break;
	}
	if (!found)
		return;
	out->slice = best.to;
	out->threshold = threshold + 1e-6;
	out->strength = best.strength;
	out->peak = best.peak;
	out->runs = rivals(p, first, last, threshold, best.strength);
}

double plane_spread(const double *fold, int n)
{
	double mean = 0, square = 0;

	if (n < 1)
		return NAN;
	for (int i = 0; i < n; i++)
		mean += fold[i] / n;
	for (int i = 0; i < n; i++)
		square += (fold[i] - mean) * (fold[i] - mean) / n;
	return sqrt(square);
}
