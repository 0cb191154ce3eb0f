/* Whole networks: one pass on a fixed image. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/size.h"
#include "net/builtin.h"
#include "net/net.h"

struct job {
	struct net_run *run;
	uint8_t *in;
	float *out;
};

static void run(void *arg)
{
	struct job *job = arg;
	net_forward(job->run, job->in, 1, job->out, NULL);
}

int bench_networks(void)
{
	return net_builtin_count();
}

int bench_network(int i, double seconds, struct bench_network *out, struct gppi_error *err)
{
	struct job job = { 0 };
	struct net *net = NULL;
	size_t size = 0, image = 0;
	const void *data = net_builtin_data(i, &size);
	int rc = net_load(data, size, net_builtin_name(i), &net, err);

	*out = (struct bench_network){ 0 };
	if (rc < 0)
		return rc;
	const struct net_info *info = net_info(net);
	snprintf(out->name, sizeof out->name, "%s", info->name);
	out->macs = info->macs;
	if (size_mul3((size_t)info->in_c, (size_t)info->in_h, (size_t)info->in_w, &image)) {
		job.in = malloc(image);
		job.out = calloc((size_t)info->out_n, sizeof *job.out);
	}
	if (!job.in || !job.out) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: no memory to measure the network", info->name);
		goto done;
	}
	for (size_t k = 0; k < image; k++)
		job.in[k] = (uint8_t)((k * 2654435761u >> 7) % 128);
	if ((rc = net_run_new(net, NET_INT8, &job.run, err)) == 0)
		bench_time(run, &job, seconds, &out->time);
done:
	net_run_free(job.run);
	free(job.in);
	free(job.out);
	net_free(net);
	return rc;
}
