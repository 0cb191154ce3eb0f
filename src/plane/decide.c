/* The course of a detection: coarse scores, fine scores, rough plane, regressors, one plane.
 *
 * A volume has some 600 slices and only those around the plate matter, so every STEP-th slice
 * of the bone is scored first and every slice only around the candidates. Slices between are
 * taken as linear between their scored neighbours. Where the coarse scores do not tell one
 * clear story, everything is scored.
 */
#define _POSIX_C_SOURCE 199309L
#include "plane/parts.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define STEP 4
#define MARGIN 40        /* slices scored on each side of the candidates */
#define SAFE 16          /* slices around a candidate that must all have been scored */
#define CW_EXPLAINED 0.9 /* less means that the coarse labels are no single step */
#define CW_APART 12.0    /* closing and likelihood farther apart: likewise */
#define BRIDGE 36.0      /* slices between SV and CW that one stack can still judge */
#define PASSES 3         /* of the regressors */
#define OFF_CENTRE 3.0   /* slices off the centre of the stack that call for another pass */

struct work {
	const struct plane_scorer *scorer;
	const struct plane_context *context;
	struct plane_result *out;
	int first, last;
	int *list;        /* slices to score next */
	float *dense;     /* scores without holes */
	uint8_t *labels;
	struct sv_rough rough;
	struct cw_step step;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Scores every step-th slice of from..to, and `to`, that has none yet. */
static int score(struct work *w, enum plane_classifier which, int from, int to, int step,
		 struct err *err)
{
	int sv = which == PLANE_CLASSIFY_SV, n = 0, rc;
	float *p = sv ? w->out->sv_score : w->out->cw_score;
	double start = now();

	from = from < w->first ? w->first : from;
	to = to > w->last ? w->last : to;
	for (int k = from; k <= to; k++)
		if (p[k] < 0 && ((k - from) % step == 0 || k == to))
			w->list[n++] = k;
	if (n == 0)
		return 0;
	rc = w->scorer->classify(w->scorer->user, which, w->list, n, p, err);
	*(sv ? &w->out->seconds_sv : &w->out->seconds_cw) += now() - start;
	return rc;
}

static void fill(const struct work *w, const float *p)
{
	int left = w->first; /* the ends are always scored */

	for (int k = w->first; k <= w->last; k++) {
		if (p[k] < 0)
			continue;
		for (int i = left; i < k; i++)
			w->dense[i] = p[left] + (p[k] - p[left]) * (float)(i - left) / (float)(k - left);
		w->dense[k] = p[k];
		left = k;
	}
}

static void look(struct work *w)
{
	if (w->context->choice & PLANE_SV) {
		fill(w, w->out->sv_score);
		plane_sv_rough(w->dense, w->first, w->last, &w->rough);
	}
	if (w->context->choice & PLANE_CW) {
		fill(w, w->out->cw_score);
		plane_cw_step(w->dense, w->first, w->last, w->labels, &w->step);
	}
}

static int sv_unclear(const struct work *w)
{
	return w->rough.slice < 0 || w->rough.runs > 1 || w->rough.threshold < 0.5;
}

static int cw_unclear(const struct work *w)
{
	return isnan(w->step.plane) || isnan(w->step.likelihood) ||
	       w->step.explained < CW_EXPLAINED ||
	       fabs(w->step.plane - w->step.likelihood) > CW_APART;
}

/* Smallest range that holds what both models found; 0 where neither found anything. */
static int hull(const struct work *w, double *low, double *high)
{
	double at[3] = { NAN, NAN, NAN };

	if ((w->context->choice & PLANE_SV) && w->rough.slice >= 0)
		at[0] = w->rough.slice;
	if (w->context->choice & PLANE_CW) {
		at[1] = w->step.plane;
		at[2] = w->step.likelihood;
	}
	*low = fmin(at[0], fmin(at[1], at[2])); /* fmin and fmax pass over NAN */
	*high = fmax(at[0], fmax(at[1], at[2]));
	return !isnan(*low);
}

/* 1 where every slice within SAFE of the candidate has been scored. */
static int surrounded(const struct work *w, const float *p, double at)
{
	if (isnan(at))
		return 1;
	for (int k = (int)at - SAFE; k <= (int)at + SAFE; k++)
		if (k >= w->first && k <= w->last && p[k] < 0)
			return 0;
	return 1;
}

static int classify(struct work *w, int step, struct err *err)
{
	int sv = w->context->choice & PLANE_SV, cw = w->context->choice & PLANE_CW, rc;
	double low, high;

	if ((sv && (rc = score(w, PLANE_CLASSIFY_SV, w->first, w->last, step, err)) < 0) ||
	    (cw && (rc = score(w, PLANE_CLASSIFY_CW, w->first, w->last, step, err)) < 0))
		return rc;
	look(w);
	if (step == 1)
		return 0;

	int sv_all = sv && sv_unclear(w), cw_all = cw && cw_unclear(w);
	if ((sv_all && (rc = score(w, PLANE_CLASSIFY_SV, w->first, w->last, 1, err)) < 0) ||
	    (cw_all && (rc = score(w, PLANE_CLASSIFY_CW, w->first, w->last, 1, err)) < 0))
		return rc;
	look(w);
	if (hull(w, &low, &high)) {
		int from = (int)low - MARGIN, to = (int)high + MARGIN;
		if ((sv && (rc = score(w, PLANE_CLASSIFY_SV, from, to, 1, err)) < 0) ||
		    (cw && (rc = score(w, PLANE_CLASSIFY_CW, from, to, 1, err)) < 0))
			return rc;
		look(w);
	}
	/* Fine scores may have moved a candidate out of the finely scored range. */
	if (sv && !surrounded(w, w->out->sv_score, w->rough.slice < 0 ? NAN : w->rough.slice) &&
	    (rc = score(w, PLANE_CLASSIFY_SV, w->first, w->last, 1, err)) < 0)
		return rc;
	if (cw && !(surrounded(w, w->out->cw_score, w->step.plane) &&
		    surrounded(w, w->out->cw_score, w->step.likelihood)) &&
	    (rc = score(w, PLANE_CLASSIFY_CW, w->first, w->last, 1, err)) < 0)
		return rc;
	look(w);
	return 0;
}

/* Where the regressors begin: midway between the classifier's rough plane and the change-over of CW,
 * whose errors have little in common; at the only one there is, or at the rough plane where the two are
 * too far apart for one stack to hold both. -1 where there is nothing to begin with. */
static int regress_from(const struct work *w)
{
	double cw = w->step.likelihood;

	if (!(w->context->choice & PLANE_SV) || (w->rough.slice < 0 && isnan(cw)))
		return -1;
	if (w->rough.slice < 0)
		return (int)lround(cw);
	if (isnan(cw) || fabs(cw - w->rough.slice) > BRIDGE)
		return w->rough.slice;
	return (int)lround((cw + w->rough.slice) / 2);
}

/* Regressors are most exact near the centre of their stack: where their mean lies far from it,
 * they are asked again around that mean. The pass with the most central answer counts. */
static int regress(struct work *w, struct err *err)
{
	struct plane_result *out = w->out;
	int centre = regress_from(w), nfolds = w->scorer->nfolds;
	double nearest = INFINITY, start = now();

	for (int pass = 0; pass < PASSES; pass++) {
		double position[PLANE_FOLDS_MAX], mean, spread;
		int rc = w->scorer->regress(w->scorer->user, centre, nfolds, position, err);
		if (rc < 0)
			return rc;
		for (int i = 0; i < nfolds; i++)
			if (!isfinite(position[i]))
				return err_set(err, GPPI_E_WEIGHTS,
					       "SV regressor %d answers with no number; its weights are unsuitable", i + 1);
		plane_sv_mean(position, nfolds, &mean, &spread);
		double off = fabs(mean - PLANE_CENTRE);
		if (off < nearest) {
			nearest = off;
			for (int i = 0; i < nfolds; i++)
				out->sv_fold[i] = fmin(fmax(centre + position[i] - PLANE_CENTRE, 0),
						       w->context->nslices - 1);
		}
		double next = fmin(fmax(centre + mean - PLANE_CENTRE, 0), w->context->nslices - 1);
		if (off <= OFF_CENTRE || (int)lround(next) == centre)
			break;
		centre = (int)lround(next);
	}
	out->nfolds = nfolds;
	plane_sv_mean(out->sv_fold, nfolds, &out->sv_plane, &out->sv_spread);
	out->seconds_regress += now() - start;
	return 0;
}

static int scores_new(int n, float **out)
{
	*out = malloc((size_t)n * sizeof **out);
	for (int k = 0; *out && k < n; k++)
		(*out)[k] = -1;
	return *out != NULL;
}

int plane_decide(const struct plane_scorer *scorer, const struct plane_context *context,
		 int exhaustive, struct plane_result *out, struct err *err)
{
	struct work w = { .scorer = scorer, .context = context, .out = out,
			  .first = context->bone_first, .last = context->bone_last,
			  .rough = { .slice = -1 },
			  .step = { .plane = NAN, .likelihood = NAN } };
	int n = context->nslices, rc;

	*out = (struct plane_result){ .plane = NAN, .sv_rough = -1, .sv_plane = NAN, .sv_spread = NAN,
				      .cw_plane = NAN, .cw_likelihood_plane = NAN, .nslices = n };
	if (n < 1 || w.first < 0 || w.last >= n || w.first > w.last)
		return err_set(err, GPPI_E_USAGE, "slices %d to %d are no part of a volume of %d slices",
			       w.first, w.last, n);
	int *list = w.list = malloc((size_t)n * sizeof *list);
	float *dense = w.dense = malloc((size_t)n * sizeof *dense);
	uint8_t *labels = w.labels = malloc(2 * (size_t)n);
	if (!list || !dense || !labels || !scores_new(n, &out->sv_score) ||
	    !scores_new(n, &out->cw_score)) {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the scores of %d slices", n);
		goto done;
	}
	rc = classify(&w, exhaustive ? 1 : STEP, err);
	if (rc < 0)
		goto done;
	out->cw_plane = w.step.plane;
	out->cw_likelihood_plane = w.step.likelihood;
	out->cw_sharpness = w.step.sharpness;
	out->sv_rough = w.rough.slice;
	out->sv_rough_p = w.rough.threshold;
	out->sv_peak = w.rough.peak;
	out->sv_strength = w.rough.strength;
	out->sv_runs = w.rough.runs;
	if (regress_from(&w) >= 0 && (rc = regress(&w, err)) < 0)
		goto done;
	plane_combine(out);
	plane_confidence(out, context);
done:
	free(list);
	free(dense);
	free(labels);
	if (rc < 0)
		plane_result_free(out);
	return rc;
}

void plane_result_free(struct plane_result *result)
{
	if (!result)
		return;
	free(result->sv_score);
	free(result->cw_score);
	result->sv_score = result->cw_score = NULL;
}
