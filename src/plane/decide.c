/* The course of a detection: views along the bone, scores across it, regressors, one plane.
 *
 * A volume has some 600 slices and only those around the plate matter. Where the views along the
 * bone show the plate, the slices around it are scored; else every STEP-th slice of the bone
 * first and every slice only around the candidates. Slices between are taken as linear between
 * their scored neighbours. Where coarse scores are ambiguous, everything is scored.
 */
#include "plane/parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

#define STEP 4
#define MARGIN 40        /* slices scored on each side of the candidates */
#define SAFE 16          /* slices around a candidate that must all have been scored */
#define CW_EXPLAINED 0.9 /* less means that the coarse labels are no single step */
#define CW_APART 12.0    /* closing and likelihood farther apart: likewise */
#define NONE_MAX 0.5     /* belief in "no plate" above which the views along the bone do not lead */
#define SV_BEFORE 96     /* slices scored before and after the plane seen along the bone; */
#define SV_AFTER 40      /* the four mounds begin 20..80 slices before it */
#define CW_AROUND 12
#define BRIDGE 36.0      /* slices between SV and CW that one stack can still judge */
#define PASSES 3         /* of the regressors */
_Static_assert(PLANE_REACH > PASSES * PLANE_CENTRE && 2 * PLANE_CENTRE + 1 == PLANE_STACK && PLANE_REACH >= PLANE_LEAD,
	       "each may begin at the end of the one before");
#define OFF_CENTRE 3.0   /* slices off the centre of the stack that call for another pass */

struct work {
	const struct plane_scorer *scorer;
	const struct plane_context *context;
	struct plane_result *out;
	struct plane_beliefs *belief;
	struct span {
		int first, last;
	} sv, cw, near;   /* slices of the bone that are searched; those that CW's belief rests on */
	int *list;        /* slices to score next */
	float *dense;     /* scores without holes */
	uint8_t *labels;
	struct sv_rough rough;
	struct cw_step step;
};

static int check_numbers(const float *v, int n, struct gppi_error *err)
{
	for (int i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return err_set(err, GPPI_E_WEIGHTS,
				       "a network answers with no number; its weights are unsuitable");
	return 0;
}

/* Scores every step-th slice of from..to, and `to`, that has none yet. */
static int score(struct work *w, enum plane_classifier which, int from, int to, int step,
		 struct gppi_error *err)
{
	int sv = which == PLANE_CLASSIFY_SV, n = 0, rc;
	const struct span *span = sv ? &w->sv : &w->cw;
	float *p = sv ? w->out->sv_score : w->out->cw_score;
	double start = clock_now();

	from = from < span->first ? span->first : from;
	to = to > span->last ? span->last : to;
	for (int k = from; k <= to; k++)
		if (p[k] < 0 && ((k - from) % step == 0 || k == to))
			w->list[n++] = k;
	if (n == 0)
		return 0;
	rc = w->scorer->classify(w->scorer->user, which, w->list, n, p, err);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = check_numbers(p + w->list[i], 1, err);
	*(sv ? &w->out->seconds_sv : &w->out->seconds_cw) += clock_now() - start;
	return rc;
}

static void fill(const struct work *w, struct span span, const float *p)
{
	int left = span.first; /* the ends are always scored */

	for (int k = span.first; k <= span.last; k++) {
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
		fill(w, w->sv, w->out->sv_score);
		plane_sv_rough(w->dense, w->sv.first, w->sv.last, &w->rough);
	}
	if (w->context->choice & PLANE_CW) {
		fill(w, w->cw, w->out->cw_score);
		plane_cw_step(w->dense, w->cw.first, w->cw.last, w->labels, &w->step);
		/* Near the plane seen along the bone, however much of the bone was scored. */
		struct plane_belief *b = &w->belief->of[PLANE_NET_CW_CLASSIFIER];
		plane_belief_step(b, w->dense, w->near.first, w->near.last);
		plane_belief_cut(b, w->context->nslices);
		double best = plane_belief_verdict(b).plane;
		if (!(best > b->first && best < b->first + b->n - 1))
			b->n = 0; /* all on one side: no opinion */
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
static int surrounded(struct span span, const float *p, double at)
{
	if (isnan(at))
		return 1;
	for (int k = (int)at - SAFE; k <= (int)at + SAFE; k++)
		if (k >= span.first && k <= span.last && p[k] < 0)
			return 0;
	return 1;
}

/* Everything a classifier can see of its span. */
static int score_all(struct work *w, enum plane_classifier which, int step, struct gppi_error *err)
{
	const struct span *span = which == PLANE_CLASSIFY_SV ? &w->sv : &w->cw;

	return score(w, which, span->first, span->last, step, err);
}

/* The plate lies where the views along the bone saw it: look only there. */
static int classify_near(struct work *w, struct gppi_error *err)
{
	int sv = w->context->choice & PLANE_SV, cw = w->context->choice & PLANE_CW, rc;

	if ((sv && (rc = score_all(w, PLANE_CLASSIFY_SV, STEP, err)) < 0) ||
	    (cw && (rc = score_all(w, PLANE_CLASSIFY_CW, 1, err)) < 0))
		return rc;
	look(w);
	return 0;
}

static int classify_bone(struct work *w, int step, struct gppi_error *err)
{
	int sv = w->context->choice & PLANE_SV, cw = w->context->choice & PLANE_CW, rc;
	double low, high;

	if ((sv && (rc = score_all(w, PLANE_CLASSIFY_SV, step, err)) < 0) ||
	    (cw && (rc = score_all(w, PLANE_CLASSIFY_CW, step, err)) < 0))
		return rc;
	look(w);
	if (step == 1)
		return 0;

	int sv_all = sv && sv_unclear(w), cw_all = cw && cw_unclear(w);
	if ((sv_all && (rc = score_all(w, PLANE_CLASSIFY_SV, 1, err)) < 0) ||
	    (cw_all && (rc = score_all(w, PLANE_CLASSIFY_CW, 1, err)) < 0))
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
	if (sv && !surrounded(w->sv, w->out->sv_score, w->rough.slice < 0 ? NAN : w->rough.slice) &&
	    (rc = score_all(w, PLANE_CLASSIFY_SV, 1, err)) < 0)
		return rc;
	if (cw && !(surrounded(w->cw, w->out->cw_score, w->step.plane) &&
		    surrounded(w->cw, w->out->cw_score, w->step.likelihood)) &&
	    (rc = score_all(w, PLANE_CLASSIFY_CW, 1, err)) < 0)
		return rc;
	look(w);
	return 0;
}

/* Views along the bone; with `narrow`, the classifiers then search only where these show the plate. */
static int longaxis(struct work *w, int narrow, struct gppi_error *err)
{
	float logit[PLANE_ROWS];
	struct plane_result *out = w->out;
	int first = w->context->bone_first - PLANE_LEAD;
	double start = clock_now();

	first = first < 0 ? 0 : first;
	int rc = w->scorer->longaxis(w->scorer->user, first, logit, err);
	if (rc >= 0)
		rc = check_numbers(logit, PLANE_ROWS, err);
	if (rc < 0)
		return rc;
	struct plane_belief *b = &w->belief->of[PLANE_NET_LONGAXIS_ROWS];
	plane_belief_mean(b, first, PLANE_ROWS, logit, 1);
	plane_belief_cut(b, w->context->nslices); /* what lies behind the volume is no answer */
	plane_belief_expect(b, w->context->bone_first, &plane_usual_volume);
	struct plane_verdict v = plane_belief_verdict(b);
	out->longaxis_near = v.near;
	out->longaxis_none = v.none;
	out->seconds_longaxis = clock_now() - start;
	if (v.none > NONE_MAX) {
		b->n = 0; /* it sees no plate: no belief on where it could be */
		return 0;
	}
	out->longaxis_plane = v.plane;
	int at = (int)v.plane, low = w->context->bone_first, high = w->context->bone_last;
	at = at < low ? low : at > high ? high : at;
	w->near = (struct span){ at - CW_AROUND < low ? low : at - CW_AROUND,
				 at + CW_AROUND > high ? high : at + CW_AROUND };
	if (!narrow)
		return 0;
	w->sv = (struct span){ at - SV_BEFORE < low ? low : at - SV_BEFORE,
			       at + SV_AFTER > high ? high : at + SV_AFTER };
	w->cw = w->near;
	return 0;
}

/* Where the regressors begin: where the views along the bone show the plane; else midway between the
 * classifier's rough plane and the change-over of CW, whose errors have little in common; at the
 * only one there is, or at the rough plane where the two are too far apart for one stack to hold
 * both. -1 where there is nothing to begin with. */
static int regress_from(const struct work *w)
{
	double cw = w->step.likelihood;

	if (!(w->context->choice & PLANE_SV))
		return -1;
	if (!isnan(w->out->longaxis_plane))
		return (int)w->out->longaxis_plane;
	if (w->rough.slice < 0 && isnan(cw))
		return -1;
	if (w->rough.slice < 0)
		return (int)lround(cw);
	if (isnan(cw) || fabs(cw - w->rough.slice) > BRIDGE)
		return w->rough.slice;
	return (int)lround((cw + w->rough.slice) / 2);
}

/* What `count` networks believe together of the stack around `centre`; returns their plane. */
static double believe(struct plane_belief *b, int centre, const float *logit, int count, int nslices)
{
	plane_belief_mean(b, centre - PLANE_CENTRE, PLANE_STACK, logit, count);
	plane_belief_cut(b, nslices);
	return plane_belief_verdict(b).plane;
}

/* The plane of SV's regressors around a centre. Where it is nearer to that than `nearest`, what all networks of the
 * stack believe counts from now on. */
static double regressors_believe(struct work *w, int centre, const float *logit, double nearest)
{
	struct plane_result *out = w->out;
	const int *count = w->scorer->stacked;
	int n = w->context->nslices;
	struct plane_belief belief[PLANE_KINDS], one;
	double plane[PLANE_KINDS];

	for (int k = 0; k < PLANE_KINDS; k++) {
		if (count[k] < 1)
			continue;
		plane[k] = believe(&belief[k], centre, logit, count[k], n);
		for (int f = 0; k == PLANE_NET_SV_REGRESSOR && f < count[k] && fabs(plane[k] - centre) < nearest; f++)
			out->sv_fold[f] = believe(&one, centre, logit + (size_t)f * PLANE_STACK, 1, n);
		logit += (size_t)count[k] * PLANE_STACK;
	}
	if (!(fabs(plane[PLANE_NET_SV_REGRESSOR] - centre) < nearest))
		return plane[PLANE_NET_SV_REGRESSOR];
	for (int k = 0; k < PLANE_KINDS; k++)
		if (count[k] > 0)
			w->belief->of[k] = belief[k];
	out->sv_plane = plane[PLANE_NET_SV_REGRESSOR];
	if (count[PLANE_NET_SV_INNER] > 0)
		out->inner_plane = plane[PLANE_NET_SV_INNER];
	return out->sv_plane;
}

/* Regressors are most exact near the centre of their stack: where their plane lies far from it,
 * they are asked again around that plane, and the pass with the most central answer counts. Not where the views
 * along the bone show the plane: a regressor that errs would only move away from there. */
static int regress(struct work *w, struct gppi_error *err)
{
	struct plane_result *out = w->out;
	int centre = regress_from(w), nets = 0, nfolds = w->scorer->stacked[PLANE_NET_SV_REGRESSOR];
	int passes = isnan(out->longaxis_plane) ? PASSES : 1;
	double nearest = INFINITY, start = clock_now();

	for (int k = 0; k < PLANE_KINDS; k++)
		nets += w->scorer->stacked[k];
	for (int pass = 0; pass < passes; pass++) {
		float logit[PLANE_KINDS * PLANE_FOLDS_MAX * PLANE_STACK];
		int rc = w->scorer->regress(w->scorer->user, centre, logit, err);
		if (rc >= 0)
			rc = check_numbers(logit, nets * PLANE_STACK, err);
		if (rc < 0)
			return rc;
		double plane = regressors_believe(w, centre, logit, nearest);
		double off = fabs(plane - centre);
		nearest = off < nearest ? off : nearest;
		if (off <= OFF_CENTRE)
			break;
		centre = (int)plane;
	}
	out->nfolds = nfolds;
	out->sv_spread = plane_spread(out->sv_fold, nfolds);
	out->seconds_regress += clock_now() - start;
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
		 int exhaustive, struct plane_result *out, struct gppi_error *err)
{
	struct plane_beliefs *belief = calloc(1, sizeof *belief);
	struct span bone = { context->bone_first, context->bone_last };
	struct work w = { .scorer = scorer, .context = context, .out = out, .belief = belief,
			  .sv = bone, .cw = bone, .near = bone, .rough = { .slice = -1 },
			  .step = { .plane = NAN, .likelihood = NAN } };
	int n = context->nslices, rc;

	*out = (struct plane_result){ .plane = NAN, .beliefs = belief, .longaxis_plane = NAN, .unlike = NAN,
				      .rival = NAN, .sv_rough = -1, .sv_plane = NAN, .inner_plane = NAN,
				      .sv_spread = NAN,
				      .cw_plane = NAN, .cw_likelihood_plane = NAN, .nslices = n };
	if (n < 1 || bone.first < 0 || bone.last >= n || bone.first > bone.last) {
		plane_result_free(out);
		return err_set(err, GPPI_E_USAGE, "slices %d to %d are no part of a volume of %d slices",
			       bone.first, bone.last, n);
	}
	int *list = w.list = malloc((size_t)n * sizeof *list);
	float *dense = w.dense = malloc((size_t)n * sizeof *dense);
	uint8_t *labels = w.labels = malloc(2 * (size_t)n);
	if (!belief || !list || !dense || !labels || !scores_new(n, &out->sv_score) ||
	    !scores_new(n, &out->cw_score)) {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the scores of %d slices", n);
		goto done;
	}
	if ((context->choice & PLANE_LONGAXIS) && (rc = longaxis(&w, !exhaustive, err)) < 0)
		goto done;
	rc = exhaustive || isnan(out->longaxis_plane) ? classify_bone(&w, exhaustive ? 1 : STEP, err)
						  : classify_near(&w, err);
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
	plane_combine(belief, out);
	if (!isnan(out->longaxis_plane) && !isnan(out->plane) && scorer->around) {
		scorer->around(scorer->user, out->plane, belief->around);
		belief->around_known = 1;
		if (context->familiar)
			out->unlike = plane_unlike(context->familiar, belief->around);
	}
	plane_confidence(out, context);
done:
	free(list);
	free(dense);
	free(labels);
	if (rc < 0)
		plane_result_free(out);
	return rc;
}
