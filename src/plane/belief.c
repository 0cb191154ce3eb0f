/* What a model believes: a logit for every slice it could place the plane at. */
#include "plane/parts.h"

#include <math.h>
#include <string.h>

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

static double logit(double p)
{
	p = fmin(fmax(p, P_SURE), 1 - P_SURE);
	return log(p / (1 - p));
}

void plane_belief_step(struct plane_belief *b, const float *p, int first, int last)
{
	double sum = 0, best = 0;
	int n = last - first + 2; /* a step may lie behind the last slice */
	int from = first, at = first;

	for (int k = first; k <= last; k++) { /* the step moves past slice k, which turns "before" */
		sum -= logit((double)p[k]);
		if (sum > best) {
			best = sum;
			at = k + 1;
		}
	}
	if (n > PLANE_ROWS) { /* what there is room for lies around the best */
		from = at - PLANE_ROWS / 2 < first ? first : at - PLANE_ROWS / 2;
		from = from > first + n - PLANE_ROWS ? first + n - PLANE_ROWS : from;
		n = PLANE_ROWS;
	}
	*b = (struct plane_belief){ .first = from, .n = n, .none = -INFINITY };
	for (int i = 1; i < n; i++)
		b->logit[i] = b->logit[i - 1] - logit((double)p[from + i - 1]);
}

void plane_belief_cut(struct plane_belief *b, int nslices)
{
	int skip = b->first < 0 ? -b->first : 0;
	int end = b->first + b->n > nslices ? nslices : b->first + b->n;

	b->first += skip;
	b->n = end > b->first ? end - b->first : 0;
	memmove(b->logit, b->logit + (b->n ? skip : 0), (size_t)b->n * sizeof *b->logit);
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

/* Distance of the plane from the knee end, in slices of 10 um, as weights/README.md states it for real femurs. In a
 * volume, planes between near and far lose nothing, others up to `most`. A single picture may miss the valley: there
 * the distance counts as a bell of s.d. 15, from which the one of the training's bones (30) is taken out: 1 / soft^2 =
 * 1 / 15^2 - 1 / 30^2. */
const struct plane_usual plane_usual_volume = { .near = 85, .far = 190, .soft = 20, .most = 2 };
const struct plane_usual plane_usual_picture = { .near = 138, .far = 138, .soft = 17, .most = 3 };

void plane_belief_expect(struct plane_belief *b, int bone_first, const struct plane_usual *usual)
{
	for (int i = 0; i < b->n; i++) {
		double d = b->first + i - bone_first, off = fmax(d - usual->far, bone_first > 0 ? usual->near - d : 0);
		if (off > 0)
			b->logit[i] -= fmin(off * off / (2 * usual->soft * usual->soft), usual->most);
	}
}

struct plane_verdict plane_belief_verdict(const struct plane_belief *b)
{
	double p[PLANE_ROWS], top = -INFINITY, sum = 0, best = -1;
	struct plane_verdict v = { .plane = NAN, .none = 1 };

	for (int i = 0; i < b->n; i++)
		top = fmax(top, b->logit[i]);
	if (b->n < 1 || !isfinite(top))
		return v;
	for (int i = 0; i < b->n; i++)
		sum += p[i] = exp(b->logit[i] - top); /* at least 1, however strong "none" is */
	v.none = 1 / (1 + sum * exp(top - b->none));
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
