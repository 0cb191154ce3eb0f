#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "bench/bench.h"

#include <stdlib.h>
#include <time.h>

#define SAMPLES_MAX 2000
#define CHAIN 1000
#define GHZ_MOST 7.0

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double bench_now(void)
{
	return now_ns() / 1e9;
}

/* Each addition waits for the one before it: one cycle each on every core of the last decades. What is added lies in a
 * register, since newer cores add constants ahead of time, several in a cycle. A clock that no core has is none. */
double bench_cycle_ns(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
	double best = 0;

	for (int k = 0; k < 5; k++) {
		unsigned long x = 1, one = (unsigned long)k | 1;
		double start = now_ns();
		for (int i = 0; i < CHAIN; i++)
#if defined(__x86_64__)
			__asm__ volatile("add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
					 "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0" : "+r"(x) : "r"(one));
#else
			__asm__ volatile("add %0, %0, %1\n\tadd %0, %0, %1\n\tadd %0, %0, %1\n\tadd %0, %0, %1\n\t"
					 "add %0, %0, %1\n\tadd %0, %0, %1\n\tadd %0, %0, %1\n\tadd %0, %0, %1"
					 : "+r"(x) : "r"(one));
#endif
		double ns = (now_ns() - start) / (8.0 * CHAIN);
		if (k == 0 || ns < best)
			best = ns;
	}
	return best < 1 / GHZ_MOST ? 0 : best;
#else
	return 0;
#endif
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double middle(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, ascending);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Calls per sample, so that reading the clock does not count. */
static int calls_per_sample(void (*fn)(void *arg), void *arg)
{
	int calls = 1;

	fn(arg); /* fills caches */
	for (;; calls *= 4) {
		double start = now_ns();
		for (int i = 0; i < calls; i++)
			fn(arg);
		if (now_ns() - start > 30e3 || calls >= 1 << 16)
			return calls;
	}
}

void bench_time(void (*fn)(void *arg), void *arg, double seconds, struct bench_time *out)
{
	static double ns[SAMPLES_MAX], cycles[SAMPLES_MAX];
	int calls = calls_per_sample(fn, arg), n = 0;
	double end = now_ns() + seconds * 1e9;

	while (n < SAMPLES_MAX && (n < 5 || now_ns() < end)) {
		/* the clock changes with the load: it is taken right before and after */
		double before = bench_cycle_ns(), start = now_ns();
		for (int i = 0; i < calls; i++)
			fn(arg);
		ns[n] = (now_ns() - start) / calls;
		double after = bench_cycle_ns();
		cycles[n] = before > 0 && after > 0 ? ns[n] / (before < after ? before : after) : 0;
		n++;
	}
	out->ns_median = middle(ns, n);
	out->ns_min = ns[0];
	out->cycles_median = middle(cycles, n);
	out->cycles_min = cycles[0];
}
