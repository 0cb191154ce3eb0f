#include "measure/plate_net.h"

#define LEVELS 3 /* each half as fine as the one before */

/* plate_weights.S: of each layer its weights and biases, then those of the answer. */
extern const float plate_weights[] __attribute__((visibility("hidden")));
extern const float plate_weights_end[] __attribute__((visibility("hidden")));

/* Channels into and out of the layers: the first, two for each level on the way down, two for each but the lowest on
 * the way back, the last. */
enum { FIRST, LAST = 4 * LEVELS - 1, LAYERS };
static const int channels[LAYERS][2] = {
	{ PLATE_CHANNELS, 8 }, { 8, 16 },  { 16, 16 }, { 16, 32 }, { 32, 32 }, { 32, 32 },
	{ 32, 32 },            { 32, 32 }, { 32, 16 }, { 16, 16 }, { 16, 8 },  { 8, 8 },
};

struct net {
	struct volume_layer layer[LAYERS];
	const float *answer; /* weights of the last layer's channels, and a bias */
	int threads;
};

static int net_open(struct net *net, int threads, struct gppi_error *err)
{
	const float *at = plate_weights;

	for (int i = 0; i < LAYERS; i++) {
		struct volume_layer *l = &net->layer[i];
		*l = (struct volume_layer){ .in = channels[i][0], .out = channels[i][1], .w = at };
		l->bias = at + (ptrdiff_t)27 * l->in * l->out;
		at = l->bias + l->out;
	}
	net->answer = at;
	net->threads = threads;
	if (at + channels[LAST][1] + 1 != plate_weights_end)
		return err_set(err, GPPI_E_WEIGHTS,
			       "weights/growth-plate.f32, packed into this program, is of another network than "
			       "plate_net.c: make it anew (make train-plate) and build again");
	return 0;
}

/* Two layers, one after the other: *out is made. */
static int two(const struct net *net, int first, const struct volume *in, struct volume *out, struct gppi_error *err)
{
	struct volume between = { .v = NULL };
	int rc = volume_conv(in, &net->layer[first], net->threads, &between, err);

	if (rc >= 0)
		rc = volume_conv(&between, &net->layer[first + 1], net->threads, out, err);
	volume_free(&between);
	return rc;
}

/* What level k, 1..LEVELS, and those below make of the one above it: *out is made. */
static int level(const struct net *net, int k, const struct volume *above, struct volume *out, struct gppi_error *err)
{
	struct volume small = { .v = NULL }, here = { .v = NULL }, below = { .v = NULL };
	int rc = volume_halve(above, net->threads, &small, err);

	if (rc >= 0)
		rc = two(net, 2 * k - 1, &small, k < LEVELS ? &here : out, err);
	if (rc >= 0 && k < LEVELS)
		rc = level(net, k + 1, &here, &below, err);
	if (rc >= 0 && k < LEVELS)
		rc = volume_add_up(&here, &below, net->threads, err);
	if (rc >= 0 && k < LEVELS)
		rc = two(net, LAST - 2 * k, &here, out, err);
	volume_free(&small);
	volume_free(&here);
	volume_free(&below);
	return rc;
}

/* One number of a voxel's channels. */
static void answer(const struct net *net, const struct volume *last, float *logit)
{
	for (int z = 0; z < last->n[2]; z++)
		for (int y = 0; y < last->n[1]; y++)
			for (int x = 0; x < last->n[0]; x++) {
				const float *v = volume_at(last, x, y, z);
				float sum = net->answer[last->channels];
				for (int c = 0; c < last->channels; c++)
					sum += v[c] * net->answer[c];
				*logit++ = sum;
			}
}

int plate_net(const struct volume *seen, int threads, float *logit, struct gppi_error *err)
{
	struct volume full = { .v = NULL }, below = { .v = NULL }, last = { .v = NULL };
	struct net net;

	int rc = net_open(&net, threads, err);
	if (rc >= 0)
		rc = volume_conv(seen, &net.layer[FIRST], threads, &full, err);
	if (rc >= 0)
		rc = level(&net, 1, &full, &below, err);
	if (rc >= 0)
		rc = volume_add_up(&full, &below, threads, err);
	if (rc >= 0)
		rc = volume_conv(&full, &net.layer[LAST], threads, &last, err);
	if (rc >= 0)
		answer(&net, &last, logit);
	volume_free(&full);
	volume_free(&below);
	volume_free(&last);
	return rc;
}
