/* What a model believes: a logit for every slice it could place the plane at. */
#include "plane/parts.h"

#include <math.h>

#define REACH 40 /* slices beyond which Eq. 1 scores nothing worth counting */
#define P_SURE 1e-3 /* scores are cut at P_SURE and 1 - P_SURE: no slice decides alone */

void plane_belief_mean(struct plane_belief *b, int first, int n, const float *logit, int count)
{
	*b = (struct plane_belief){ .first = first, .n = n > PLANE_ROWS ? PLANE_ROWS : n };
	for (int i = 0; i < b->n; i++) {
		double sum = 0;
		for (int k = 0; k < count; k++)
			sum += (double)logit[(size_t)k * (size_t)n + (size_t)i];
		b->logit[i] = sum / count;
	}
}

void plane_belief_step(struct plane_belief *b, const float *p, int first, int last)
{
	double sum = 0;
	int n = last - first + 2; /* a step may lie behind the last slice */

	*b = (struct plane_belief){ .first = first, .n = n > PLANE_ROWS ? PLANE_ROWS : n,
				    .none = -INFINITY };
	for (int i = 0; i < b->n; i++) {
		b->logit[i] = sum;
		if (i + 1 < b->n) { /* the step moves past slice first + i, which turns "before" */
			double q = fmin(fmax((double)p[first + i], P_SURE), 1 - P_SURE);
			sum -= log(q / (1 - q));
		}
	}
}

/* Log-odds at a slice; outside of what a model saw, those of its nearest end. */
static double at(const struct plane_belief *b, int slice)
{
	int i = slice - b->first;

	return b->logit[i < 0 ? 0 : i >= b->n ? b->n - 1 : i];
}

void plane_belief_add(struct plane_belief *b, double weight, const struct plane_belief *other,
		      double other_weight)
{
	double top = -INFINITY;

	for (int i = 0; i < b->n; i++)
		b->logit[i] *= weight;
	if (other->n < 1)
		return;
	for (int i = 0; i < other->n; i++)
		top = fmax(top, other->logit[i]);
	for (int i = 0; i < b->n; i++) /* relative to its best: `other` moves the plane, not "none" */
		b->logit[i] += other_weight * (at(other, b->first + i) - top);
}

struct plane_verdict plane_belief_verdict(const struct plane_belief *b)
{
	double p[PLANE_ROWS], top = b->none, sum = 0, best = -1;
	struct plane_verdict v = { .plane = NAN, .none = 1 };

	for (int i = 0; i < b->n; i++)
		top = fmax(top, b->logit[i]);
	if (b->n < 1 || !isfinite(top))
		return v;
	double none = exp(b->none - top);
	for (int i = 0; i < b->n; i++)
		sum += p[i] = exp(b->logit[i] - top);
	v.none = none / (sum + none);
	for (int i = 0; i < b->n; i++) {
		double score = 0;
		for (int d = -REACH; d <= REACH; d++)
			if (i + d >= 0 && i + d < b->n)
				score += p[i + d] * plane_score(d, 0);
		if (score > best) {
			best = score;
			v.plane = b->first + i;
		}
	}
	for (int i = 0; i < b->n; i++) {
		double d = fabs(b->first + i - v.plane);
		if (d <= PLANE_NEAR)
			v.near += p[i] / sum;
		else if (d > 3 * PLANE_NEAR && p[i] / sum > v.rival_p) {
			v.rival_p = p[i] / sum;
			v.rival = b->first + i;
		}
	}
	return v;
}
