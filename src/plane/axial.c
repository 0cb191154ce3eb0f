/* Slices across the bone, for the networks that follow two published solutions to the MiceBoneChallenge (arXiv
 * 2411.17260): SV (team Subvisible: a classifier and regressors) and CW (team CodeWarriors2: a classifier). */
#include "plane/networks.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "slices/slices.h"

/* Share of what is left that one call takes on the progress bar: the number of calls is not
 * known beforehand. */
#define SHARE_CLASSIFY 0.3
#define SHARE_REGRESS 0.5

/* Belief made of the number that a published regressor answers with: s.d. in slices, and how far its
 * top lies above "none". The mean of several is a bell around the mean of their numbers. */
#define BELL 2.0
#define BELL_TOP 6.0

struct classify_job {
	struct plane_networks *nn;
	const struct net *net;
	int turns;
	const int *slice;
	float *score;
};

/* Views of plane_turned() that CW is asked in, a quarter turn apart. All four would cost twice as much, for a belief
 * that weighs little. SV's rough plane gains nothing from more than one. */
static const int quarter_turn[] = { 0, 3 };
#define TURNS (int)(sizeof quarter_turn / sizeof *quarter_turn)

static int classify_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct classify_job *job = arg;
	struct plane_networks *nn = job->nn;
	const struct net_info *info = net_info(job->net);
	uint8_t *view = nn->worker[worker].image, *turned = view;
	int k = job->slice[item], turns = job->turns;
	float lead = 0; /* logit of the positive class over the other */

	if (info->in_h != SLICE_PX || info->in_w != SLICE_PX)
		turned += (size_t)info->in_h * (size_t)info->in_w;
	int rc = 0;
	for (int t = 0; t < turns && t < TURNS && rc >= 0; t++) {
		float logit[2];
		plane_turned(networks_slice(nn, k), SLICE_PX, 1, quarter_turn[t], turned);
		if (view != turned)
			plane_resample(turned, nn->source->um_per_px, info->in_h, info->in_w, view);
		rc = networks_forward(nn, worker, job->net, view, logit, err);
		if (rc >= 0)
			lead += (logit[1] - logit[0]) / (float)turns;
	}
	if (rc < 0)
		return rc;
	job->score[k] = 1.0f / (1.0f + expf(-lead));
	return networks_tick(nn, err);
}

int networks_classify(void *user, enum plane_classifier which, const int *slice, int n,
		      float *score, struct gppi_error *err)
{
	struct plane_networks *nn = user;
	bool sv = which == PLANE_CLASSIFY_SV;
	const struct net *net = nn->models->net[sv ? PLANE_NET_SV_CLASSIFIER : PLANE_NET_CW_CLASSIFIER][0];
	struct classify_job job = { nn, net, sv ? 1 : TURNS, slice, score };

	return networks_loop(nn, n, SHARE_CLASSIFY, classify_one, &job, err);
}

#define STACKED_MAX (PLANE_KINDS * PLANE_FOLDS_MAX)

struct regress_job {
	struct plane_networks *nn;
	int nets; /* in the order of the table */
	const struct net *net[STACKED_MAX];
	const uint8_t *stack[STACKED_MAX]; /* as each sees it, not turned */
	float answer[STACKED_MAX * PLANE_TURNS][PLANE_STACK];
};

static void bell(double at, float *logit)
{
	at = fmin(fmax(at, 0), PLANE_STACK - 1);
	for (int i = 0; i < PLANE_STACK; i++)
		logit[i] = (float)(BELL_TOP - (i - at) * (i - at) / (2 * BELL * BELL));
}

static int regress_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct regress_job *job = arg;
	int view = item / job->nets, i = item % job->nets;
	uint8_t *image = job->nn->worker[worker].image;
	bool published = plane_is_published(job->net[i]);
	float at = 0;

	plane_turned(job->stack[i], published ? SLICE_PX : STACK_SIDE, PLANE_STACK, view, image);
	int rc = networks_forward(job->nn, worker, job->net[i], image, published ? &at : job->answer[item], err);
	if (rc >= 0 && published)
		bell((double)at, job->answer[item]);
	return rc < 0 ? rc : networks_tick(job->nn, err);
}

/* The stack around a slice, as networks of a kind see it, or whole, as published ones do; returns what follows in
 * memory. */
static uint8_t *make_stack(const struct plane_networks *nn, int centre,
			   void (*see)(const uint8_t *slice, uint8_t *image), uint8_t *to)
{
	for (int i = 0; i < PLANE_STACK; i++) {
		const uint8_t *slice = networks_slice(nn, centre - PLANE_CENTRE + i);
		if (see)
			see(slice, to);
		else
			memcpy(to, slice, slice_bytes);
		to += see ? (size_t)STACK_SIDE * STACK_SIDE : slice_bytes;
	}
	return to;
}

/* All networks of the kind, and the stacks they see. */
static void add_kind(struct regress_job *job, enum plane_kind kind, int centre, const uint8_t *whole, uint8_t **to)
{
	const struct plane_models *m = job->nn->models;
	const uint8_t *seen = *to;

	*to = make_stack(job->nn, centre, plane_table[kind].see, *to);
	for (int i = 0; i < plane_models_count(m, kind); i++) {
		job->net[job->nets] = m->net[kind][i];
		job->stack[job->nets++] = plane_is_published(m->net[kind][i]) ? whole : seen;
	}
}

_Static_assert((size_t)PLANE_STACK *((size_t)SLICE_PX *SLICE_PX) + PLANE_KINDS * STACK_BYTES <=
		       (size_t)PLANE_ROWS * ((size_t)SLICE_PX * SLICE_PX),
	       "all stacks fit into the window");

/* Each network is averaged over all quarter turns and mirror images: how a bone lay in the
 * scanner then does not matter. */
int networks_regress(void *user, int centre, float *logit, struct gppi_error *err)
{
	struct plane_networks *nn = user;
	struct regress_job job = { .nn = nn };
	uint8_t *to = make_stack(nn, centre, NULL, nn->window);

	for (int k = 0; k < PLANE_KINDS; k++)
		if (plane_table[k].task == PLANE_STACKED && (plane_table[k].choice & nn->options->choice) &&
		    nn->models->net[k][0])
			add_kind(&job, (enum plane_kind)k, centre, nn->window, &to);
	int rc = networks_loop(nn, job.nets * PLANE_TURNS, SHARE_REGRESS, regress_one, &job, err);
	if (rc < 0)
		return rc;
	memset(logit, 0, (size_t)job.nets * PLANE_STACK * sizeof *logit);
	for (int item = 0; item < job.nets * PLANE_TURNS; item++)
		for (int i = 0; i < PLANE_STACK; i++)
			logit[item % job.nets * PLANE_STACK + i] += job.answer[item][i] / PLANE_TURNS;
	return 0;
}
