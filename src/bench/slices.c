/* A whole bone's worth of slices through one network, shared out to threads as a detection does it. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "base/size.h"
#include "net/builtin.h"
#include "net/net.h"

#define SIDE 96 /* of a slice */
#define PIXELS ((size_t)SIDE * SIDE)

struct job {
	int slices, threads;
	uint8_t *in;
	float *out; /* [slices][outputs] */
	size_t outputs;
	struct net_run *run[BENCH_THREADS_MAX];
	int rc;
	struct gppi_error err;
};

static int one_slice(void *arg, int slice, int worker, struct gppi_error *err)
{
	struct job *job = arg;
	return net_forward(job->run[worker], job->in + (size_t)slice * PIXELS, 1,
			   job->out + (size_t)slice * job->outputs, err);
}

static void run(void *arg)
{
	struct job *job = arg;
	int rc = parallel_for(job->threads, job->slices, one_slice, job, &job->err);

	if (rc < 0)
		job->rc = rc;
}

static int measure(const struct net *net, struct job *job, double seconds, struct bench_network *out,
		   struct gppi_error *err)
{
	const struct net_info *info = net_info(net);
	size_t bytes = 0, floats = 0;
	int rc = 0;

	job->outputs = (size_t)info->out_n;
	if (size_mul((size_t)job->slices, PIXELS, &bytes) &&
	    size_mul((size_t)job->slices, job->outputs, &floats)) {
		job->in = malloc(bytes);
		job->out = calloc(floats, sizeof *job->out);
	}
	if (!job->in || !job->out) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: no memory for %d slices; give fewer with --slices", info->name,
			     job->slices);
		goto done;
	}
	for (size_t i = 0; i < bytes; i++)
		job->in[i] = (uint8_t)(((uint64_t)i * 2654435761u >> 7) % 128);
	for (int t = 0; t < job->threads && rc == 0; t++)
		rc = net_run_new(net, NET_INT8, &job->run[t], err);
	if (rc < 0)
		goto done;
	bench_time(run, job, seconds, &out->time);
	if (job->rc < 0)
		rc = err_set(err, job->rc, "%s: could not be run: %s", info->name, job->err.text);
	/* the clock of one core says nothing of several */
	out->time.cycles_min = out->time.cycles_median = 0;
done:
	for (int t = 0; t < job->threads; t++)
		net_run_free(job->run[t]);
	free(job->in);
	free(job->out);
	return rc;
}

int bench_slices(int i, int slices, int threads, double seconds, struct bench_network *out, struct gppi_error *err)
{
	struct job job = { .slices = slices, .threads = threads < BENCH_THREADS_MAX ? threads : BENCH_THREADS_MAX };
	struct net *net = NULL;
	size_t size = 0;
	const void *data = net_builtin_data(i, &size);
	int rc = net_load(data, size, net_builtin_name(i), &net, err);

	*out = (struct bench_network){ 0 };
	if (rc < 0)
		return rc;
	const struct net_info *info = net_info(net);
	if (info->in_c == 1 && info->in_h == SIDE && info->in_w == SIDE) {
		snprintf(out->name, sizeof out->name, "%s", info->name);
		out->macs = info->macs * slices;
		rc = measure(net, &job, seconds, out, err);
	}
	net_free(net);
	return rc;
}
