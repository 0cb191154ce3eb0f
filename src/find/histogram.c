#include "find/histogram.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "find/kernels.h"

#define SMOOTH 4
#define BLOCK 512           /* values at a time, on the stack */
#define LANES 16            /* values side by side, which the compiler makes vectors of */
#define ITEM ((size_t)1 << 17) /* values */

static void count_block(struct histogram_counts *t, const float *v, size_t n)
{
	int32_t bin[BLOCK];
	size_t i = 0;

	find_kernels()->bins(v, n, t->lo, t->per, HISTOGRAM_BINS - 1, bin);
	for (; i + 4 <= n; i += 4)
		for (size_t k = 0; k < 4; k++)
			t->count[k][bin[i + k]]++;
	for (; i < n; i++)
		t->count[i & 3][bin[i]]++;
}

void histogram_counts_init(struct histogram_counts *t, double lo, double hi)
{
	memset(t, 0, sizeof *t);
	t->lo = (float)lo;
	t->per = (float)(HISTOGRAM_BINS / (hi - lo));
}

void histogram_counts_add(struct histogram_counts *t, const float *v, size_t n)
{
	for (size_t i = 0; i < n; i += BLOCK)
		count_block(t, v + i, n - i < BLOCK ? n - i : BLOCK);
}

void histogram_counts_into(const struct histogram_counts *t, struct histogram *h)
{
	for (int b = 0; b < HISTOGRAM_BINS; b++) {
		double sum = 0;
		for (int k = 0; k < 4; k++)
			sum += t->count[k][b];
		h->count[b] += sum;
		h->total += sum;
	}
}

/* ---- on several threads ---- */

struct job {
	const float *v;
	size_t n, plane; /* plane > 0: steps */
	struct histogram_counts tally[HISTOGRAM_WORKERS];
	float least[HISTOGRAM_WORKERS], most[HISTOGRAM_WORKERS];
};

static size_t item_size(const struct job *job, int item)
{
	size_t first = (size_t)item * ITEM;

	return job->n - first < ITEM ? job->n - first : ITEM;
}

static int count_item(void *arg, int item, int worker, struct gppi_error *err)
{
	struct job *job = arg;

	(void)err;
	histogram_counts_add(&job->tally[worker], job->v + (size_t)item * ITEM, item_size(job, item));
	return 0;
}

static int step_item(void *arg, int item, int worker, struct gppi_error *err)
{
	struct job *job = arg;
	const float *v = job->v + (size_t)item * ITEM;
	size_t n = item_size(job, item);
	float step[BLOCK];

	(void)err;
	for (size_t i = 0; i < n; i += BLOCK) {
		size_t part = n - i < BLOCK ? n - i : BLOCK;
		find_kernels()->steps(v + i + job->plane, v + i, part, step);
		count_block(&job->tally[worker], step, part);
	}
	return 0;
}

static int range_item(void *arg, int item, int worker, struct gppi_error *err)
{
	struct job *job = arg;
	const float *v = job->v + (size_t)item * ITEM;
	size_t n = item_size(job, item);
	float least[LANES], most[LANES];

	(void)err;
	for (size_t k = 0; k < LANES; k++) {
		least[k] = job->least[worker];
		most[k] = job->most[worker];
	}
	for (size_t i = 0; i < n; i += LANES) {
		const float *p = v + (n - i < LANES ? (n > LANES ? n - LANES : 0) : i);
		size_t count = n < LANES ? n : LANES;
		for (size_t k = 0; k < count; k++) {
			least[k] = p[k] < least[k] ? p[k] : least[k];
			most[k] = p[k] > most[k] ? p[k] : most[k];
		}
	}
	for (size_t k = 0; k < LANES; k++) {
		job->least[worker] = fminf(job->least[worker], least[k]);
		job->most[worker] = fmaxf(job->most[worker], most[k]);
	}
	return 0;
}

static int workers(int threads)
{
	return threads < 1 ? 1 : threads > HISTOGRAM_WORKERS ? HISTOGRAM_WORKERS : threads;
}

static int items(size_t n)
{
	return (int)((n + ITEM - 1) / ITEM);
}

static void fill(struct job *job, parallel_fn fn, struct histogram *h, double lo, double hi, int threads)
{
	int n = workers(threads);

	for (int i = 0; i < n; i++)
		histogram_counts_init(&job->tally[i], lo, hi);
	parallel_for(n, items(job->n), fn, job, NULL);
	histogram_init(h, lo, hi);
	for (int i = 0; i < n; i++)
		histogram_counts_into(&job->tally[i], h);
}

void histogram_fill(struct histogram *h, const float *v, size_t n, double lo, double hi, int threads)
{
	struct job job;

	job.v = v;
	job.n = n;
	fill(&job, count_item, h, lo, hi, threads);
}

void histogram_fill_steps(struct histogram *h, const float *v, size_t n, size_t plane, double lo, double hi,
			  int threads)
{
	struct job job;

	job.v = v;
	job.n = n > plane ? n - plane : 0;
	job.plane = plane;
	fill(&job, step_item, h, lo, hi, threads);
}

void histogram_range(const float *v, size_t n, double *least, double *most, int threads)
{
	struct job job;
	int count = workers(threads);

	job.v = v;
	job.n = n;
	for (int i = 0; i < count; i++)
		job.least[i] = job.most[i] = v[0];
	parallel_for(count, items(n), range_item, &job, NULL);
	*least = (double)job.least[0];
	*most = (double)job.most[0];
	for (int i = 1; i < count; i++) {
		*least = fmin(*least, (double)job.least[i]);
		*most = fmax(*most, (double)job.most[i]);
	}
}

/* ---- what a histogram tells ---- */

void histogram_init(struct histogram *h, double lo, double hi)
{
	memset(h, 0, sizeof *h);
	h->lo = lo;
	h->width = (hi - lo) / HISTOGRAM_BINS;
}

void histogram_add(struct histogram *h, const struct histogram *more)
{
	for (int b = 0; b < HISTOGRAM_BINS; b++)
		h->count[b] += more->count[b];
	h->total += more->total;
}

int histogram_bin(const struct histogram *h, double v)
{
	double b = (v - h->lo) / h->width;
	return b < 0 ? 0 : b >= HISTOGRAM_BINS ? HISTOGRAM_BINS - 1 : (int)b;
}

double histogram_percentile(const struct histogram *h, int begin, double share)
{
	double total = 0, sum = 0;

	for (int b = begin; b < HISTOGRAM_BINS; b++)
		total += h->count[b];
	for (int b = begin; b < HISTOGRAM_BINS; b++) {
		if (h->count[b] > 0 && sum + h->count[b] >= share * total)
			return h->lo + h->width * (b + (share * total - sum) / h->count[b]);
		sum += h->count[b];
	}
	return h->lo + h->width * HISTOGRAM_BINS;
}

double histogram_density(const struct histogram *h, int b)
{
	double sum = 0;
	int n = 0;

	for (int i = b - SMOOTH; i <= b + SMOOTH; i++)
		if (i >= 0 && i < HISTOGRAM_BINS) {
			sum += h->count[i];
			n++;
		}
	return sum / n;
}

double histogram_mode_below(const struct histogram *h, int end, double *peak)
{
	int best = 0;
	double sum = 0, moment = 0;

	for (int b = 1; b < end; b++)
		if (histogram_density(h, b) > histogram_density(h, best))
			best = b;
	for (int b = best - 2 * SMOOTH; b <= best + 2 * SMOOTH; b++)
		if (b >= 0 && b < end) {
			sum += h->count[b];
			moment += h->count[b] * (b + 0.5);
		}
	if (peak)
		*peak = histogram_density(h, best);
	return h->lo + h->width * (sum > 0 ? moment / sum : best + 0.5);
}
