/* Kernels on the sizes the networks use. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

enum what { CONV, DEPTHWISE, MAXPOOL, AVGPOOL, ADD, GAP };

static const struct {
	enum what what;
	int in_c, out_c, h, w, kernel, stride;
} cases[] = {
	{ CONV, 1, 32, 96, 96, 3, 1 }, { CONV, 32, 32, 96, 96, 3, 1 }, { CONV, 32, 32, 48, 48, 3, 1 },
	{ CONV, 52, 32, 48, 48, 3, 1 }, { CONV, 32, 64, 24, 24, 3, 1 }, { CONV, 1, 32, 96, 96, 7, 2 },
	{ CONV, 32, 32, 24, 24, 3, 1 }, { CONV, 32, 64, 24, 24, 3, 2 }, { CONV, 64, 64, 12, 12, 3, 1 },
	{ CONV, 128, 128, 6, 6, 3, 1 }, { CONV, 256, 256, 3, 3, 3, 1 }, { CONV, 32, 64, 24, 24, 1, 2 },
	{ CONV, 6, 16, 448, 48, 3, 1 }, { CONV, 16, 16, 448, 48, 3, 1 }, { CONV, 16, 48, 224, 24, 3, 1 },
	{ CONV, 48, 48, 224, 24, 3, 1 }, { CONV, 48, 80, 112, 12, 3, 1 }, { CONV, 80, 80, 112, 12, 3, 1 },
	{ CONV, 1152, 64, 56, 1, 1, 1 },
	{ DEPTHWISE, 32, 32, 48, 48, 3, 1 }, { MAXPOOL, 32, 32, 48, 48, 3, 2 }, { AVGPOOL, 32, 32, 96, 96, 2, 2 },
	{ ADD, 32, 32, 24, 24, 0, 1 }, { GAP, 64, 64, 24, 24, 0, 1 },
};

struct job {
	const struct net_kernels *k;
	enum what what;
	struct net_conv conv;
	struct net_tensor in, out;
	int8_t *weights;
	int32_t *bias, *sums;
	float *requant;
	void *packed, *scratch;
	void *memory[8];
	int nmemory;
};

/* Fixed pseudo-random numbers 0..n-1. */
static int draw(uint64_t *state, int n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (int)((*state >> 33) % (uint64_t)n);
}

static void *room(struct job *job, size_t size)
{
	void *p = os_aligned(64, (size + 63) / 64 * 64 + 64);

	if (p) {
		memset(p, 0, size);
		job->memory[job->nmemory++] = p;
	}
	return p;
}

static int tensor(struct job *job, struct net_tensor *t, int c, int h, int w, int halo)
{
	*t = (struct net_tensor){ .c = c, .h = h, .w = w, .halo = halo, .pitch = c == 1 ? 1 : (c + 3) / 4 * 4 };
	size_t size = (size_t)(h + 2 * halo) * (size_t)(w + 2 * halo) * (size_t)t->pitch;
	uint8_t *p = room(job, size + 2 * (size_t)NET_OVERREAD);
	if (!p)
		return 0;
	t->data = p + NET_OVERREAD;
	uint64_t state = 1;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			for (int i = 0; i < c; i++)
				net_pixel_out(t, y, x)[i] = (uint8_t)draw(&state, 128);
	return 1;
}

/* Weights spread as trained ones are: a bell with its extremes at 127. */
static int weigh(struct job *job, int deep)
{
	struct net_conv *cv = &job->conv;
	size_t per = (size_t)cv->kernel * (size_t)cv->kernel * (deep ? 1 : (size_t)cv->in_c), c = (size_t)cv->out_c;
	int8_t *weights = room(job, per * c);
	int32_t *bias = room(job, c * sizeof *bias);
	float *requant = room(job, c * sizeof *requant);
	uint64_t state = 2;

	if (!weights || !bias || !requant)
		return 0;
	for (size_t i = 0; i < per * c; i++) {
		int v = draw(&state, 80) + draw(&state, 80) + draw(&state, 80) + draw(&state, 80) - 158;
		weights[i] = (int8_t)(v > 127 ? 127 : v < -127 ? -127 : v);
	}
	for (size_t i = 0; i < c; i++)
		requant[i] = 0.001f;
	cv->bias = bias;
	cv->requant = requant;
	void *packed = room(job, deep ? job->k->depthwise_packed_size(cv) : job->k->conv_packed_size(cv));
	job->scratch = room(job, deep ? job->k->depthwise_scratch(cv) : job->k->conv_scratch(cv));
	if (!packed || !job->scratch)
		return 0;
	(deep ? job->k->depthwise_pack : job->k->conv_pack)(cv, weights, packed);
	cv->packed = packed;
	return 1;
}

static void run(void *arg)
{
	struct job *job = arg;

	switch (job->what) {
	case CONV:
		job->k->conv(&job->conv, &job->in, &job->out, job->scratch);
		break;
	case DEPTHWISE:
		job->k->depthwise(&job->conv, &job->in, &job->out, job->scratch);
		break;
	case MAXPOOL:
		job->k->maxpool(&job->in, &job->out, job->conv.kernel, job->conv.stride, job->conv.pad);
		break;
	case AVGPOOL:
		job->k->avgpool(&job->in, &job->out, 0.25f);
		break;
	case ADD:
		job->k->add(&job->in, &job->in, &job->out, 0.5f, 0.5f);
		break;
	case GAP:
		job->k->gap(&job->in, job->sums);
		break;
	}
}

/* What the peak of each bundle size allows for this convolution's mix of them. */
static double mixed_peak(const struct job *job)
{
	double peak[NET_BUNDLES], groups = 0, cycles = 0;
	int32_t count[NET_BUNDLES];

	if (!job->k->conv_bundles || job->what != CONV)
		return 0;
	bench_peak(peak);
	job->k->conv_bundles(&job->conv, count);
	for (int b = 0; b < NET_BUNDLES; b++) {
		groups += (b + 1) * count[b];
		if (count[b] && peak[b] > 0)
			cycles += (b + 1) * count[b] / peak[b];
	}
	return cycles > 0 ? groups / cycles : 0;
}

int bench_kernels(void)
{
	return (int)(sizeof cases / sizeof *cases);
}

int bench_kernel(int i, double seconds, struct bench_kernel *out, struct gppi_error *err)
{
	static const char *const names[] = { "conv", "depthwise", "maxpool", "avgpool", "add", "gap" };
	struct job job = { .k = net_kernels(cpu_features()), .what = cases[i].what };
	int kernel = cases[i].kernel, stride = cases[i].stride, pad = cases[i].what == AVGPOOL ? 0 : kernel / 2, rc = 0;
	int oh = kernel ? (cases[i].h + 2 * pad - kernel) / stride + 1 : cases[i].h;
	int ow = kernel ? (cases[i].w + 2 * pad - kernel) / stride + 1 : cases[i].w;
	int deep = job.what == DEPTHWISE;

	*out = (struct bench_kernel){ 0 };
	job.conv = (struct net_conv){ .kernel = kernel, .stride = stride, .pad = pad };
	int good = tensor(&job, &job.in, cases[i].in_c, cases[i].h, cases[i].w, pad) &&
		   tensor(&job, &job.out, cases[i].out_c, oh, ow, 1) &&
		   (job.sums = room(&job, (size_t)cases[i].in_c * sizeof *job.sums)) != NULL;
	job.conv.in_c = job.in.c, job.conv.in_pitch = job.in.pitch;
	job.conv.out_c = job.out.c, job.conv.out_pitch = job.out.pitch;
	if (!good || (job.what <= DEPTHWISE && !weigh(&job, deep))) {
		rc = err_set(err, GPPI_E_NOMEM, "no memory to measure a kernel");
		goto done;
	}
	snprintf(out->name, sizeof out->name, "%s %d->%d %dx%d%s %dx%d", names[job.what], job.in.c, job.out.c, kernel,
		 kernel, stride == 2 ? "/2" : "", cases[i].h, cases[i].w);
	if (!kernel)
		snprintf(out->name, sizeof out->name, "%s %d %dx%d", names[job.what], job.in.c, cases[i].h, cases[i].w);
	if (job.what <= DEPTHWISE)
		out->macs = (double)oh * ow * job.out.c * kernel * kernel * (deep ? 1 : job.in.c);
	bench_time(run, &job, seconds, &out->time);
	out->peak = mixed_peak(&job);
done:
	for (int m = 0; m < job.nmemory; m++)
		os_aligned_free(job.memory[m]);
	return rc;
}

struct peak_job {
	const struct net_kernels *k;
	int bundle;
	double macs;
};

static void run_peak(void *arg)
{
	struct peak_job *job = arg;
	job->macs = job->k->peak(job->bundle, 200);
}

/* Measured once for each set of features. */
void bench_peak(double peak[NET_BUNDLES])
{
	static double known[CPU_ALL + 1][NET_BUNDLES];
	static int done[CPU_ALL + 1];
	unsigned level = cpu_features();
	struct peak_job job = { .k = net_kernels(level) };

	for (int b = 0; b < NET_BUNDLES && !done[level] && job.k->peak; b++) {
		struct bench_time time;
		job.bundle = b + 1;
		bench_time(run_peak, &job, 0.05, &time);
		known[level][b] = time.cycles_min > 0 ? job.macs / time.cycles_min : 0;
	}
	done[level] = 1;
	memcpy(peak, known[level], sizeof known[level]);
}
