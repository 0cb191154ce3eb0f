/* The networks of one detection at work: shared by networks.c, axial.c and longaxis.c. */
#ifndef PLANE_NETWORKS_H
#define PLANE_NETWORKS_H

#include <pthread.h>

#include "base/parallel.h"
#include "plane/parts.h"
#include "plane/table.h"
#include "slices/slices.h"

struct worker {
	struct net_run *run; /* made when first used, lent to every network in turn */
	uint8_t *image;            /* one input of any network */
};

struct plane_networks {
	const struct plane_source *source;
	const struct plane_options *options;
	const struct plane_models *models;
	int workers;
	struct worker *worker;
	float *seen;       /* what every view along the bone left,
			    * [PLANE_LONGAXIS_VIEWS][PLANE_SEEN_ROWS][PLANE_SEEN] */
	uint8_t *together; /* the same of all views, as the network for rows takes it */
	int together_first; /* slice of its first row */
	uint8_t *window;   /* the long-axis network's slices, or the stack as the networks of a kind see it */
	/* progress, under `lock` */
	pthread_mutex_t lock;
	double done, share;
	int items, finished;
};

/* Bytes of a regressor's stack: every slice at half size, or its inner half. */
#define STACK_SIDE (SLICE_PX / 2)
#define STACK_BYTES ((size_t)PLANE_STACK * STACK_SIDE * STACK_SIDE)

/* Bytes of a slice, as a size. */
static const size_t slice_bytes = (size_t)SLICE_PX * SLICE_PX;

/* Slice k of the volume; before the first and behind the last one these are repeated. */
const uint8_t *networks_slice(const struct plane_networks *nn, int k);
int networks_forward(struct plane_networks *nn, int worker, const struct net *net, const uint8_t *in,
		     float *out, struct gppi_error *err);
/* One item of the current loop is finished; GPPI_E_CANCELLED where that was enough. */
int networks_tick(struct plane_networks *nn, struct gppi_error *err);
/* fn for items 0..n-1 on all workers; takes `share` of what is left of the progress bar. */
int networks_loop(struct plane_networks *nn, int n, double share, parallel_fn fn, void *arg,
		  struct gppi_error *err);

/* The three questions of struct plane_scorer. */
int networks_classify(void *user, enum plane_classifier which, const int *slice, int n,
		      float *score, struct gppi_error *err);
int networks_regress(void *user, int centre, float *logit, struct gppi_error *err);
int networks_longaxis(void *user, int first, float *logit, struct gppi_error *err);
void networks_around(void *user, double plane, float out[PLANE_AROUND]);

#endif
