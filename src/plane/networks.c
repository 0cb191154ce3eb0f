/* Scores from networks: slices are fetched once, kept, and shared out to workers. */
#include "plane/parts.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"
#include "slices/slices.h"

static const size_t slice_bytes = (size_t)SLICE_PX * SLICE_PX;

#define NETS (2 + PLANE_FOLDS_MAX) /* SV classifier, CW classifier, regressors */

/* Share of what is left that one call takes on the progress bar: the number of calls is not
 * known beforehand. */
#define SHARE_CLASSIFY 0.3
#define SHARE_REGRESS 0.5

struct worker {
	struct net_run *run[NETS]; /* made when first used */
	uint8_t *stack;            /* one view of the input: a slice, or the regressor's stack */
};

struct plane_networks {
	const struct plane_source *source;
	const struct plane_options *options;
	const struct net *net[NETS];
	int workers;
	struct worker *worker;
	uint8_t *slices;   /* nslices * SLICE_BYTES */
	uint8_t *have;     /* nslices: slice fetched; read only in loops after the one that set it */
	uint8_t *stack;    /* the regressor's input as it is */
	/* progress and the first error, under `lock` */
	pthread_mutex_t lock;
	double done, share;
	int items, finished;
	struct err err;
};

static int fail(struct plane_networks *nn, int rc, const struct err *err)
{
	pthread_mutex_lock(&nn->lock);
	if (nn->err.code == 0) {
		nn->err = *err;
		nn->err.code = rc;
	}
	pthread_mutex_unlock(&nn->lock);
	return rc;
}

/* One item of the current loop is finished. */
static int tick(struct plane_networks *nn)
{
	int rc = 0;

	pthread_mutex_lock(&nn->lock);
	nn->finished++;
	if (nn->options->progress) {
		double part = nn->share * nn->finished / nn->items;
		rc = nn->options->progress(nn->options->progress_user,
					   nn->done + (1.0 - nn->done) * part);
	}
	pthread_mutex_unlock(&nn->lock);
	if (rc < 0) {
		struct err err;
		err_set(&err, GPPI_E_CANCELLED, "stopped on request");
		return fail(nn, GPPI_E_CANCELLED, &err);
	}
	return 0;
}

static int loop(struct plane_networks *nn, int n, double share, parallel_fn fn, void *arg,
		struct err *err)
{
	nn->share = share;
	nn->items = n;
	nn->finished = 0;
	int rc = parallel_for(nn->workers, n, fn, arg);
	nn->done += (1.0 - nn->done) * share;
	if (rc < 0)
		return err_set(err, nn->err.code ? nn->err.code : rc, "%s", nn->err.text);
	return 0;
}

static uint8_t *slice_at(uint8_t *slices, int k)
{
	return slices + (size_t)k * slice_bytes;
}

static int fetch(struct plane_networks *nn, int worker, int k, struct err *err)
{
	int rc = 0;

	if (!nn->have[k]) {
		rc = nn->source->get(nn->source->user, worker, k, 1,
				     slice_at(nn->slices, k), err);
		nn->have[k] = rc >= 0;
	}
	return rc;
}

static int forward(struct plane_networks *nn, int worker, int net, const uint8_t *in, float *out,
		   struct err *err)
{
	struct net_run **run = &nn->worker[worker].run[net];
	int rc = 0;

	if (!*run)
		rc = net_run_new(nn->net[net], nn->options->engine, run, err);
	return rc < 0 ? rc : net_forward(*run, in, out, err);
}

/* ---- classifiers ---- */

struct classify_job {
	struct plane_networks *nn;
	int net;
	const int *slice;
	float *score;
};

/* Views of plane_view() that are quarter turns. CW is asked in all of them: on synthetic bones that
 * takes a fifth off the error of its plane. SV's rough plane gains nothing from it. */
static const int quarter_turn[] = { 0, 3, 5, 6 };
#define TURNS (int)(sizeof quarter_turn / sizeof *quarter_turn)

static int classify_one(void *arg, int item, int worker)
{
	struct classify_job *job = arg;
	struct plane_networks *nn = job->nn;
	uint8_t *view = nn->worker[worker].stack;
	struct err err = { 0 };
	int k = job->slice[item], turns = job->net == 0 ? 1 : TURNS;
	float lead = 0; /* logit of the positive class over the other */

	int rc = fetch(nn, worker, k, &err);
	for (int t = 0; t < turns && rc >= 0; t++) {
		float logit[2];
		plane_view(slice_at(nn->slices, k), 1, quarter_turn[t], view);
		rc = forward(nn, worker, job->net, view, logit, &err);
		if (rc >= 0)
			lead += (logit[1] - logit[0]) / (float)turns;
	}
	if (rc >= 0 && !isfinite(lead))
		rc = err_set(&err, GPPI_E_WEIGHTS, "%s answers with no number; its weights are unsuitable",
			     net_info(nn->net[job->net])->name);
	if (rc < 0)
		return fail(nn, rc, &err);
	job->score[k] = 1.0f / (1.0f + expf(-lead));
	return tick(nn);
}

static int classify(void *user, enum plane_classifier which, const int *slice, int n,
		    float *score, struct err *err)
{
	struct plane_networks *nn = user;
	struct classify_job job = { nn, which == PLANE_CLASSIFY_SV ? 0 : 1, slice, score };

	return loop(nn, n, SHARE_CLASSIFY, classify_one, &job, err);
}

/* ---- regressors ---- */

struct regress_job {
	struct plane_networks *nn;
	int centre, nfolds;
	float answer[PLANE_FOLDS_MAX * PLANE_VIEWS];
};

static int clamp(int k, int n)
{
	return k < 0 ? 0 : k >= n ? n - 1 : k;
}

/* Items are the distinct slices of the stack, so that no two workers fetch the same one. */
static int stack_one(void *arg, int item, int worker)
{
	struct regress_job *job = arg;
	struct err err = { 0 };
	int n = job->nn->source->nslices, k = job->centre - PLANE_CENTRE + item;

	if (k < 0 || k >= n)
		return 0;
	int rc = fetch(job->nn, worker, k, &err);
	return rc < 0 ? fail(job->nn, rc, &err) : 0;
}

static int regress_one(void *arg, int item, int worker)
{
	struct regress_job *job = arg;
	struct plane_networks *nn = job->nn;
	int view = item / job->nfolds, fold = item % job->nfolds;
	uint8_t *stack = nn->worker[worker].stack;
	struct err err = { 0 };

	plane_view(nn->stack, PLANE_CHANNELS, view, stack);
	int rc = forward(nn, worker, 2 + fold, stack, &job->answer[item], &err);
	return rc < 0 ? fail(nn, rc, &err) : tick(nn);
}

/* Each fold is averaged over all quarter turns and mirror images: how a bone lay in the
 * scanner then does not matter. */
static int regress(void *user, int centre, int nfolds, double *position, struct err *err)
{
	struct plane_networks *nn = user;
	struct regress_job job = { .nn = nn, .centre = centre, .nfolds = nfolds };

	int rc = loop(nn, PLANE_STACK, 0, stack_one, &job, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < PLANE_STACK; i++) {
		int k = clamp(centre - PLANE_CENTRE + i, nn->source->nslices);
		memcpy(slice_at(nn->stack, i), slice_at(nn->slices, k), slice_bytes);
	}
	plane_centre_map(slice_at(nn->stack, PLANE_STACK));
	rc = loop(nn, nfolds * PLANE_VIEWS, SHARE_REGRESS, regress_one, &job, err);
	if (rc < 0)
		return rc;
	for (int fold = 0; fold < nfolds; fold++) {
		position[fold] = 0;
		for (int view = 0; view < PLANE_VIEWS; view++)
			position[fold] += (double)job.answer[view * nfolds + fold] / PLANE_VIEWS;
	}
	return 0;
}

/* ---- life ---- */

static int check(const struct net *net, const char *what, int channels, int outputs,
		 struct err *err)
{
	if (!net)
		return err_set(err, GPPI_E_WEIGHTS, "the weights hold no %s; give a complete folder of "
			       "weights, or another --model", what);
	const struct net_info *i = net_info(net);
	if (i->in_c != channels || i->in_h != SLICE_PX || i->in_w != SLICE_PX || i->out_n != outputs)
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: %dx%dx%d in, %d out, but a %s takes %dx%dx%d and gives %d; "
			       "use weights of this version", i->name, i->in_c, i->in_h, i->in_w, i->out_n,
			       what, channels, SLICE_PX, SLICE_PX, outputs);
	return 0;
}

static int take(struct plane_networks *nn, const struct plane_models *models, struct err *err)
{
	int rc;

	if (nn->options->choice & PLANE_SV) {
		if ((rc = check(models->sv_classifier, "SV classifier", 1, 2, err)) < 0)
			return rc;
		nn->net[0] = models->sv_classifier;
		for (int i = 0; i < models->nfolds || i == 0; i++) {
			if ((rc = check(models->sv_regressor[i], "SV regressor", PLANE_CHANNELS, 1, err)) < 0)
				return rc;
			nn->net[2 + i] = models->sv_regressor[i];
		}
	}
	if (nn->options->choice & PLANE_CW) {
		if ((rc = check(models->cw_classifier, "CW classifier", 1, 2, err)) < 0)
			return rc;
		nn->net[1] = models->cw_classifier;
	}
	return 0;
}

int plane_workers(int threads)
{
	if (threads <= 0)
		threads = parallel_cpus();
	return threads > PLANE_WORKERS_MAX ? PLANE_WORKERS_MAX : threads;
}

int plane_networks_open(const struct plane_models *models, const struct plane_source *source,
			const struct plane_options *options, struct plane_networks **out,
			struct plane_scorer *scorer, struct err *err)
{
	struct plane_networks *nn = calloc(1, sizeof *nn);
	size_t bytes, n = source->nslices > 0 ? (size_t)source->nslices : 1;
	const size_t stack = PLANE_CHANNELS * slice_bytes;
	int rc, memory = 0;

	*out = NULL;
	if (!nn)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the networks");
	pthread_mutex_init(&nn->lock, NULL);
	nn->source = source;
	nn->options = options;
	nn->workers = plane_workers(options->threads);
	rc = take(nn, models, err);
	if (rc < 0)
		goto error;
	if (size_mul(n, slice_bytes, &bytes)) {
		nn->slices = malloc(bytes);
		nn->have = calloc(n, 1);
		nn->stack = malloc(stack);
		nn->worker = calloc((size_t)nn->workers, sizeof *nn->worker);
		memory = nn->slices && nn->have && nn->stack && nn->worker;
	}
	for (int i = 0; memory && i < nn->workers; i++)
		memory = (nn->worker[i].stack = malloc(stack)) != NULL;
	if (!memory) {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for %zu slices", n);
		goto error;
	}
	*scorer = (struct plane_scorer){ .user = nn, .classify = classify, .regress = regress,
					 .nfolds = models->nfolds };
	*out = nn;
	return 0;
error:
	plane_networks_free(nn);
	return rc;
}

void plane_networks_free(struct plane_networks *nn)
{
	if (!nn)
		return;
	for (int i = 0; nn->worker && i < nn->workers; i++) {
		for (int net = 0; net < NETS; net++)
			net_run_free(nn->worker[i].run[net]);
		free(nn->worker[i].stack);
	}
	free(nn->worker);
	free(nn->slices);
	free(nn->have);
	free(nn->stack);
	pthread_mutex_destroy(&nn->lock);
	free(nn);
}
