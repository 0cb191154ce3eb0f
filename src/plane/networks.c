/* The networks of a detection, shared out to workers. */
#include "plane/networks.h"

#include <math.h>
#include <stdlib.h>

#include "slices/slices.h"

#define LONG_BYTES ((size_t)2 * PLANE_LONG_PLANES * PLANE_ROWS * (SLICE_PX / 2)) /* one view */
#define WINDOW_BYTES ((size_t)PLANE_ROWS * slice_bytes)
#define SEEN_BYTES (sizeof(float) * PLANE_LONG_VIEWS * PLANE_SEEN_ROWS * PLANE_SEEN) /* all views */
#define CW_SIDE_MIN 32 /* pixels of its input */
#define CW_SIDE_MAX 512

int networks_tick(struct plane_networks *nn, struct err *err)
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
		  struct err *err)
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

static int check_slices(const struct plane_source *s, struct err *err)
{
	int first, n;

	plane_slices_wanted(s->nslices, s->bone_first, s->bone_last, &first, &n);
	if (s->first <= first && s->first + s->n >= first + n && s->slices)
		return 0;
	return err_set(err, GPPI_E_USAGE, "slices %d to %d of the bone are given, but %d to %d are needed", s->first,
		       s->first + s->n - 1, first, first + n - 1);
}

int networks_forward(struct plane_networks *nn, int worker, int net, const uint8_t *in,
		     float *out, struct err *err)
{
	struct net_run **run = &nn->worker[worker].run;
	int rc = *run ? net_run_use(*run, nn->net[net], err)
		      : net_run_new(nn->net[net], nn->options->engine, run, err);

	if (rc >= 0)
		rc = net_forward(*run, in, 1, out, err);
	const struct net_info *info = net_info(nn->net[net]);
	for (int i = 0; rc >= 0 && i < info->out_n; i++)
		if (!isfinite(out[i]))
			rc = err_set(err, GPPI_E_WEIGHTS,
				     "%s answers with no number; its weights are unsuitable", info->name);
	return rc;
}

/* Whether a network is there and of the shape of `what`. */
static int fits(const struct net *net, const char *what, int c, int h, int w, int outputs, struct err *err)
{
	if (!net)
		return err_set(err, GPPI_E_WEIGHTS, "the weights hold no %s; give a complete folder of "
			       "weights, or another --model", what);
	const struct net_info *i = net_info(net);
	if (i->in_c != c || i->in_h != h || i->in_w != w || i->out_n != outputs)
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: %dx%dx%d in, %d out, but a %s takes %dx%dx%d and gives %d; "
			       "use weights of this version", i->name, i->in_c, i->in_h, i->in_w, i->out_n,
			       what, c, h, w, outputs);
	return 0;
}

static int take_one(struct plane_networks *nn, int place, const struct net *net, const char *what,
		    int c, int h, int w, int outputs, struct err *err)
{
	nn->net[place] = net;
	return fits(net, what, c, h, w, outputs, err);
}

/* A network of views and the one that reads its rows. */
static int along_fits(const struct net *view, const char *what, int channels, const struct net *rows,
		      const char *what_rows, struct err *err)
{
	int rc = fits(view, what, channels, PLANE_ROWS, SLICE_PX / 2, PLANE_SEEN_ROWS * PLANE_SEEN, err);

	return rc < 0 ? rc : fits(rows, what_rows, PLANE_SEEN, PLANE_SEEN_ROWS, 1, PLANE_ROWS, err);
}

int plane_long_check(const struct plane_models *m, struct err *err)
{
	return along_fits(m->longaxis, "long-axis network", 2 * PLANE_LONG_PLANES, m->longaxis_rows,
			  "network for the rows of views along the bone", err);
}

int plane_picture_check(const struct plane_models *m, struct err *err)
{
	if (!m->picture || !m->picture_rows) /* there is no other --model to choose */
		return err_set(err, GPPI_E_WEIGHTS, "the weights hold no networks for pictures; give a complete folder of "
			       "weights, or leave --weights out");
	return along_fits(m->picture, "picture network", PLANE_PICTURE_CHANNELS, m->picture_rows,
			  "network for the rows of pictures", err);
}

/* The regressor as SV published it: all slices of the stack as channels, one number. */
static int is_published(const struct net *net)
{
	const struct net_info *i = net ? net_info(net) : NULL;

	return i && i->in_c == PLANE_STACK && i->in_h == SLICE_PX && i->in_w == SLICE_PX && i->out_n == 1;
}

/* CW may see pixels of its own (plane_resample()). */
static void any_side(const struct net *net, int *h, int *w)
{
	const struct net_info *i = net ? net_info(net) : NULL;

	if (i && i->in_c == 1 && i->out_n == 2 && i->in_h >= CW_SIDE_MIN && i->in_h <= CW_SIDE_MAX &&
	    i->in_w >= CW_SIDE_MIN && i->in_w <= CW_SIDE_MAX) {
		*h = i->in_h;
		*w = i->in_w;
	}
}

/* Bytes of the largest input, and of what it is made from. */
static size_t image_bytes(const struct plane_networks *nn)
{
	const struct net_info *cw = nn->net[NET_CW] ? net_info(nn->net[NET_CW]) : NULL;
	size_t most = PLANE_STACK * slice_bytes;

	most = LONG_BYTES > most ? LONG_BYTES : most;
	size_t bytes = cw ? (size_t)cw->in_h * (size_t)cw->in_w + slice_bytes : 0;
	return bytes > most ? bytes : most;
}

static int take(struct plane_networks *nn, const struct plane_models *m, struct err *err)
{
	enum plane_choice choice = nn->options->choice;
	int rc = 0;

	if (choice & PLANE_LONG) {
		nn->net[NET_LONGAXIS] = m->longaxis;
		nn->net[NET_ROWS] = m->longaxis_rows;
		rc = plane_long_check(m, err);
	}
	if (rc == 0 && (choice & PLANE_SV))
		rc = take_one(nn, NET_SV, m->sv_classifier, "SV classifier", 1, SLICE_PX, SLICE_PX, 2, err);
	for (int i = 0; rc == 0 && (choice & PLANE_SV) && (i < m->nfolds || i == 0); i++) {
		if (is_published(m->sv_regressor[i]))
			nn->net[NET_FOLD0 + i] = m->sv_regressor[i];
		else
			rc = take_one(nn, NET_FOLD0 + i, m->sv_regressor[i], "SV regressor", 1,
				      PLANE_STACK * STACK_SIDE, STACK_SIDE, PLANE_STACK, err);
	}
	if (rc == 0 && (choice & PLANE_SV) && m->sv_inner)
		rc = take_one(nn, NET_INNER, m->sv_inner, "network for inner halves", 1, PLANE_STACK * STACK_SIDE,
			      STACK_SIDE, PLANE_STACK, err);
	if (rc == 0 && (choice & PLANE_CW)) {
		int h = SLICE_PX, w = SLICE_PX;
		any_side(m->cw_classifier, &h, &w);
		rc = take_one(nn, NET_CW, m->cw_classifier, "CW classifier", 1, h, w, 2, err);
	}
	return rc;
}

int plane_prepare(const struct plane_models *m, enum plane_choice choice, enum net_engine engine, struct err *err)
{
	const struct net *net[NETS] = { 0 };
	int n = 0, rc = 0;

	if (choice & PLANE_LONG) {
		net[n++] = m->longaxis;
		net[n++] = m->longaxis_rows;
	}
	if (choice & PLANE_SV)
		net[n++] = m->sv_classifier;
	if (choice & PLANE_CW)
		net[n++] = m->cw_classifier;
	for (int i = 0; (choice & PLANE_SV) && i < m->nfolds; i++)
		net[n++] = m->sv_regressor[i];
	if (choice & PLANE_SV)
		net[n++] = m->sv_inner;
	for (int i = 0; i < n && rc == 0; i++)
		rc = net[i] ? net_prepare(net[i], engine, 1, err) : 0;
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
			struct plane_scorer *scorer, struct err *err)
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
	rc = take(nn, models, err);
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
					 .regress = networks_regress, .along = networks_along, .around = networks_around,
					 .nfolds = models->nfolds, .inner = nn->net[NET_INNER] != NULL };
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
