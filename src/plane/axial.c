/* Slices across the bone, for the networks that follow two published solutions to the MiceBoneChallenge (arXiv
 * 2411.17260): SV (team Subvisible: a classifier and regressors) and CW (team CodeWarriors2: a classifier). */
#include "plane/networks.h"

#include <math.h>
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
	int net;
	const int *slice;
	float *score;
};

/* Views of plane_view() that CW is asked in, a quarter turn apart. All four would cost twice as much, for a belief that
 * weighs little. SV's rough plane gains nothing from more than one. */
static const int quarter_turn[] = { 0, 3 };
#define TURNS (int)(sizeof quarter_turn / sizeof *quarter_turn)

static int classify_one(void *arg, int item, int worker, struct err *err)
{
	struct classify_job *job = arg;
	struct plane_networks *nn = job->nn;
	const struct net_info *info = net_info(nn->net[job->net]);
	uint8_t *view = nn->worker[worker].image, *turned = view;
	int k = job->slice[item], turns = job->net == NET_SV ? 1 : TURNS;
	float lead = 0; /* logit of the positive class over the other */

	if (info->in_h != SLICE_PX || info->in_w != SLICE_PX)
		turned += (size_t)info->in_h * (size_t)info->in_w;
	int rc = 0;
	for (int t = 0; t < turns && rc >= 0; t++) {
		float logit[2];
		plane_view(networks_slice(nn, k), SLICE_PX, 1, quarter_turn[t], turned);
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
		      float *score, struct err *err)
{
	struct plane_networks *nn = user;
	struct classify_job job = { nn, which == PLANE_CLASSIFY_SV ? NET_SV : NET_CW, slice, score };

	return networks_loop(nn, n, SHARE_CLASSIFY, classify_one, &job, err);
}

struct regress_job {
	struct plane_networks *nn;
	int nets; /* the folds and, last, the network for inner halves */
	int net[PLANE_FOLDS_MAX + 1];
	float answer[(PLANE_FOLDS_MAX + 1) * PLANE_VIEWS][PLANE_STACK];
};

/* Mean of 2x2 pixels. */
static void halve(const uint8_t *in, uint8_t *out)
{
	for (int y = 0; y < STACK_SIDE; y++)
		for (int x = 0; x < STACK_SIDE; x++) {
			const uint8_t *p = in + (size_t)(2 * y) * SLICE_PX + (size_t)(2 * x);
			*out++ = (uint8_t)((p[0] + p[1] + p[SLICE_PX] + p[SLICE_PX + 1] + 2) >> 2);
		}
}

/* The middle, at full size: the valley between the mounds, finer than at half size. */
static void inner_half(const uint8_t *in, uint8_t *out)
{
	const uint8_t *first = in + (size_t)(SLICE_PX - STACK_SIDE) / 2 * (SLICE_PX + 1);

	for (int y = 0; y < STACK_SIDE; y++)
		memcpy(out + (size_t)y * STACK_SIDE, first + (size_t)y * SLICE_PX, STACK_SIDE);
}

static void bell(double at, float *logit)
{
	at = fmin(fmax(at, 0), PLANE_STACK - 1);
	for (int i = 0; i < PLANE_STACK; i++)
		logit[i] = (float)(BELL_TOP - (i - at) * (i - at) / (2 * BELL * BELL));
}

static int regress_one(void *arg, int item, int worker, struct err *err)
{
	struct regress_job *job = arg;
	struct plane_networks *nn = job->nn;
	int view = item / job->nets, net = job->net[item % job->nets];
	uint8_t *image = nn->worker[worker].image;

	int published = net_info(nn->net[net])->out_n == 1;
	float at = 0;
	if (published)
		plane_view(nn->window + 2 * STACK_BYTES, SLICE_PX, PLANE_STACK, view, image);
	else
		plane_view(nn->window + (net == NET_INNER ? STACK_BYTES : 0), STACK_SIDE, PLANE_STACK, view, image);
	int rc = networks_forward(nn, worker, net, image, published ? &at : job->answer[item], err);
	if (rc >= 0 && published)
		bell((double)at, job->answer[item]);
	return rc < 0 ? rc : networks_tick(nn, err);
}

/* Each network is averaged over all quarter turns and mirror images: how a bone lay in the
 * scanner then does not matter. */
int networks_regress(void *user, int centre, int nfolds, float *logit, struct err *err)
{
	struct plane_networks *nn = user;
	struct regress_job job = { .nn = nn };

	for (int i = 0; i < nfolds; i++)
		job.net[job.nets++] = NET_FOLD0 + i;
	if (nn->net[NET_INNER])
		job.net[job.nets++] = NET_INNER;
	for (int i = 0; i < PLANE_STACK; i++) {
		const uint8_t *slice = networks_slice(nn, centre - PLANE_CENTRE + i);
		uint8_t *half = nn->window + (size_t)i * STACK_SIDE * STACK_SIDE;
		halve(slice, half);
		inner_half(slice, half + STACK_BYTES);
		memcpy(nn->window + 2 * STACK_BYTES + (size_t)i * slice_bytes, slice, slice_bytes);
	}
	int rc = networks_loop(nn, job.nets * PLANE_VIEWS, SHARE_REGRESS, regress_one, &job, err);
	if (rc < 0)
		return rc;
	memset(logit, 0, (size_t)job.nets * PLANE_STACK * sizeof *logit);
	for (int item = 0; item < job.nets * PLANE_VIEWS; item++)
		for (int i = 0; i < PLANE_STACK; i++)
			logit[item % job.nets * PLANE_STACK + i] += job.answer[item][i] / PLANE_VIEWS;
	return 0;
}
