/* The networks of a detection, shared out to workers. */
#include "plane/networks.h"

#include <math.h>
#include <stdlib.h>

#include "slices/slices.h"

#define LONG_BYTES ((size_t)2 * PLANE_LONGAXIS_PLANES * PLANE_ROWS * (SLICE_PX / 2)) /* one view */
#define WINDOW_BYTES ((size_t)PLANE_ROWS * slice_bytes)
#define SEEN_BYTES (sizeof(float) * PLANE_LONGAXIS_VIEWS * PLANE_SEEN_ROWS * PLANE_SEEN) /* all views */

int networks_tick(struct plane_networks *nn, struct gppi_error *err)
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
	return rc < 0 ? err_set(err, GPPI_E_CANCELLED, "stopped on request") : 0;
}

int networks_loop(struct plane_networks *nn, int n, double share, parallel_fn fn, void *arg,
		  struct gppi_error *err)
{
	nn->share = share;
	nn->items = n;
	nn->finished = 0;
	int rc = parallel_for(nn->workers, n, fn, arg, err);
	nn->done += (1.0 - nn->done) * share;
	return rc;
}

const uint8_t *networks_slice(const struct plane_networks *nn, int k)
{
	int last = nn->source->nslices - 1;

	k = k < 0 ? 0 : k > last ? last : k;
	return nn->source->slices + (size_t)(k - nn->source->first) * slice_bytes;
}

void plane_slices_wanted(int nslices, int bone_first, int bone_last, int *first, int *n)
{
	int rows = bone_first > PLANE_LEAD ? bone_first - PLANE_LEAD : 0, rows_end = rows + PLANE_ROWS;
	int end = (bone_last + 1 > rows_end ? bone_last + 1 : rows_end) + PLANE_REACH;

	*first = bone_first > PLANE_REACH ? bone_first - PLANE_REACH : 0;
	*n = (end < nslices ? end : nslices) - *first;
}

static int check_slices(const struct plane_source *s, struct gppi_error *err)
{
	int first, n;

	plane_slices_wanted(s->nslices, s->bone_first, s->bone_last, &first, &n);
	if (s->first <= first && s->first + s->n >= first + n && s->slices)
		return 0;
	return err_set(err, GPPI_E_USAGE, "slices %d to %d of the bone are given, but %d to %d are needed", s->first,
		       s->first + s->n - 1, first, first + n - 1);
}

int networks_forward(struct plane_networks *nn, int worker, const struct net *net, const uint8_t *in,
		     float *out, struct gppi_error *err)
{
	struct net_run **run = &nn->worker[worker].run;
	int rc = *run ? net_run_use(*run, net, err)
		      : net_run_new(net, nn->options->engine, run, err);

	if (rc >= 0)
		rc = net_forward(*run, in, 1, out, err);
	const struct net_info *info = net_info(net);
	for (int i = 0; rc >= 0 && i < info->out_n; i++)
		if (!isfinite(out[i]))
			rc = err_set(err, GPPI_E_WEIGHTS,
				     "%s answers with no number; its weights are unsuitable", info->name);
	return rc;
}

/* Bytes of the largest input, and of what it is made from. */
static size_t image_bytes(const struct plane_networks *nn)
{
	const struct net *classifier = nn->models->net[PLANE_NET_CW_CLASSIFIER][0];
	const struct net_info *cw = classifier ? net_info(classifier) : NULL;
	size_t most = PLANE_STACK * slice_bytes;

	most = LONG_BYTES > most ? LONG_BYTES : most;
	size_t bytes = cw ? (size_t)cw->in_h * (size_t)cw->in_w + slice_bytes : 0;
	return bytes > most ? bytes : most;
}

int plane_prepare(const struct plane_models *m, enum plane_choice choice, enum net_engine engine,
		  struct gppi_error *err)
{
	int rc = 0;

	for (int k = 0; k < PLANE_KINDS && rc == 0; k++)
		for (int i = 0;
		     (plane_table[k].choice & choice) && i < plane_models_count(m, (enum plane_kind)k) && rc == 0; i++)
			rc = net_prepare(m->net[k][i], engine, 1, err);
	return rc;
}

int plane_workers(int threads)
{
	if (threads <= 0)
		threads = parallel_cpus();
	return threads > PLANE_WORKERS_MAX ? PLANE_WORKERS_MAX : threads;
}

int plane_networks_open(const struct plane_models *models, const struct plane_source *source,
			const struct plane_options *options, struct plane_networks **out,
			struct plane_scorer *scorer, struct gppi_error *err)
{
	struct plane_networks *nn = calloc(1, sizeof *nn);
	int rc, memory;

	*out = NULL;
	if (!nn)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the networks");
	pthread_mutex_init(&nn->lock, NULL);
	nn->source = source;
	nn->options = options;
	nn->workers = plane_workers(options->threads);
	nn->models = models;
	rc = plane_models_check(models, options->choice, err);
	if (rc == 0)
		rc = check_slices(source, err);
	if (rc < 0)
		goto error;
	nn->window = malloc(WINDOW_BYTES);
	nn->seen = malloc(SEEN_BYTES);
	nn->together = malloc((size_t)PLANE_SEEN * PLANE_SEEN_ROWS);
	nn->worker = calloc((size_t)nn->workers, sizeof *nn->worker);
	memory = nn->window && nn->seen && nn->together && nn->worker;
	for (int i = 0; memory && i < nn->workers; i++)
		memory = (nn->worker[i].image = malloc(image_bytes(nn))) != NULL;
	if (!memory) {
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the networks");
		goto error;
	}
	*scorer = (struct plane_scorer){ .user = nn, .classify = networks_classify,
					 .regress = networks_regress, .longaxis = networks_longaxis,
					 .around = networks_around };
	for (int k = 0; k < PLANE_KINDS; k++)
		if (plane_table[k].task == PLANE_STACKED)
			scorer->stacked[k] = plane_models_count(models, (enum plane_kind)k);
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
		net_run_free(nn->worker[i].run);
		free(nn->worker[i].image);
	}
	free(nn->worker);
	free(nn->window);
	free(nn->seen);
	free(nn->together);
	pthread_mutex_destroy(&nn->lock);
	free(nn);
}
