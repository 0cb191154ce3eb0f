#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/os.h"
#include "base/stop.h"

#define MAX_THREADS 64

struct loop {
	parallel_fn fn;
	void *arg;
	int n;
	atomic_int next, worker;
	atomic_bool failed;
	pthread_mutex_t lock; /* of the failure */
	int item, status;     /* the lowest one */
	struct gppi_error err;
	struct stop *stop;
};

static void keep(struct loop *loop, int item, int status, const struct gppi_error *err)
{
	pthread_mutex_lock(&loop->lock);
	if (!atomic_load(&loop->failed) || item < loop->item) {
		loop->item = item;
		loop->status = status;
		loop->err = *err;
		loop->err.code = status;
	}
	atomic_store(&loop->failed, true);
	pthread_mutex_unlock(&loop->lock);
}

static void *run(void *p)
{
	struct loop *loop = p;
	int worker = atomic_fetch_add(&loop->worker, 1);

	stop_use(loop->stop);
	/* Items below a failing one are in other hands already, and finished: the lowest is always met. */
	while (!atomic_load(&loop->failed)) {
		struct gppi_error err = { 0 };
		int item = atomic_fetch_add(&loop->next, 1);
		if (item >= loop->n)
			break;
		int rc = stop_asked(&err);
		if (rc == 0)
			rc = loop->fn(loop->arg, item, worker, &err);
		if (rc < 0)
			keep(loop, item, rc, &err);
	}
	return NULL;
}

int parallel_for(int threads, int n, parallel_fn fn, void *arg, struct gppi_error *err)
{
	struct loop loop = { .fn = fn, .arg = arg, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER,
			     .stop = stop_current() };
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
	if (err && loop.status < 0)
		*err = loop.err;
	return loop.status;
}

int parallel_cpus(void)
{
	return os_cpus();
}
