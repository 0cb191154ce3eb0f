#define _GNU_SOURCE
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define MAX_THREADS 64

struct loop {
	parallel_fn fn;
	void *arg;
	int n;
	atomic_int next, worker, status;
};

static void *run(void *p)
{
	struct loop *loop = p;
	int worker = atomic_fetch_add(&loop->worker, 1);

	while (atomic_load(&loop->status) == 0) {
		int item = atomic_fetch_add(&loop->next, 1);
		if (item >= loop->n)
			break;
		int rc = loop->fn(loop->arg, item, worker), ok = 0;
		if (rc < 0)
			atomic_compare_exchange_strong(&loop->status, &ok, rc);
	}
	return NULL;
}

int parallel_for(int threads, int n, parallel_fn fn, void *arg)
{
	struct loop loop = { .fn = fn, .arg = arg, .n = n };
	pthread_t id[MAX_THREADS];
	int started = 0;

	if (threads > MAX_THREADS)
		threads = MAX_THREADS;
	if (threads > n)
		threads = n;
	while (started < threads - 1 && pthread_create(&id[started], NULL, run, &loop) == 0)
		started++;
	run(&loop);
	for (int i = 0; i < started; i++)
		pthread_join(id[i], NULL);
	return atomic_load(&loop.status);
}

int parallel_cpus(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		return CPU_COUNT(&set);
	return 1;
}
