#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/os.h"
#include "base/stop.h"

#define MAX_THREADS 64

/* What items that run together share: their threads hold one turn each, and further threads of loops inside them
 * take one for each item. */
struct turns {
	pthread_mutex_t lock;
	pthread_cond_t more;
	int free;
};

static _Thread_local struct turns *turns_used; /* NULL: the threads of a loop are its own */

static void turns_give(struct turns *t, int n)
{
	pthread_mutex_lock(&t->lock);
	t->free += n;
	pthread_cond_broadcast(&t->more);
	pthread_mutex_unlock(&t->lock);
}

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
	struct turns *turns;
	bool together; /* its threads begin with a turn, and give it back at their end */
};

static bool is_over(struct loop *loop)
{
	return atomic_load(&loop->failed) || atomic_load(&loop->next) >= loop->n;
}

/* False: the loop is over. */
static bool turns_take(struct turns *t, struct loop *loop)
{
	pthread_mutex_lock(&t->lock);
	while (t->free == 0 && !is_over(loop))
		pthread_cond_wait(&t->more, &t->lock);
	const bool taken = !is_over(loop);
	t->free -= taken;
	pthread_mutex_unlock(&t->lock);
	return taken;
}

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

/* False: none is left. */
static bool do_next(struct loop *loop, int worker)
{
	struct gppi_error err = { 0 };
	int item = atomic_fetch_add(&loop->next, 1);

	if (item >= loop->n)
		return false;
	int rc = stop_asked(&err);
	if (rc == 0)
		rc = loop->fn(loop->arg, item, worker, &err);
	if (rc < 0)
		keep(loop, item, rc, &err);
	return true;
}

/* Items below a failing one are in other hands already, and finished: the lowest is always met. */
static void run(struct loop *loop)
{
	const int worker = atomic_fetch_add(&loop->worker, 1);

	while (!atomic_load(&loop->failed) && do_next(loop, worker))
		;
}

/* A further thread: of items that run together, or with a turn for each item where turns are shared. */
static void *help(void *p)
{
	struct loop *loop = p;
	struct turns *t = loop->turns;

	stop_use(loop->stop);
	turns_used = t;
	if (!t || loop->together) {
		run(loop);
		if (t)
			turns_give(t, 1);
		return NULL;
	}
	const int worker = atomic_fetch_add(&loop->worker, 1);
	while (turns_take(t, loop)) {
		do_next(loop, worker);
		turns_give(t, 1);
	}
	return NULL;
}

/* Runs a loop, the calling thread included, and waits for its end. */
static int run_all(struct loop *loop, int threads, struct gppi_error *err)
{
	pthread_t id[MAX_THREADS];
	int started = 0;

	threads = threads < MAX_THREADS ? threads : MAX_THREADS;
	threads = threads < loop->n ? threads : loop->n;
	pthread_mutex_init(&loop->lock, NULL);
	loop->stop = stop_current();
	while (started < threads - 1 && pthread_create(&id[started], NULL, help, loop) == 0)
		started++;
	if (loop->together && started < threads - 1) /* the turns of those that could not be started */
		turns_give(loop->turns, threads - 1 - started);
	run(loop);
	if (loop->turns) /* this thread's own; or none, so that those who wait see the end */
		turns_give(loop->turns, loop->together);
	for (int i = 0; i < started; i++)
		pthread_join(id[i], NULL);
	pthread_mutex_destroy(&loop->lock);
	if (err && loop->status < 0)
		*err = loop->err;
	return loop->status;
}

int parallel_for(int threads, int n, parallel_fn fn, void *arg, struct gppi_error *err)
{
	struct loop loop = { .fn = fn, .arg = arg, .n = n, .turns = turns_used };

	return run_all(&loop, threads, err);
}

int parallel_together(int threads, int n, parallel_fn fn, void *arg, struct gppi_error *err)
{
	struct turns turns = { .free = threads - n };
	struct loop loop = { .fn = fn, .arg = arg, .n = n, .turns = &turns, .together = true };

	if (threads < n || turns_used)
		return parallel_for(threads, n, fn, arg, err);
	pthread_mutex_init(&turns.lock, NULL);
	pthread_cond_init(&turns.more, NULL);
	turns_used = &turns;
	int rc = run_all(&loop, n, err);
	turns_used = NULL;
	pthread_cond_destroy(&turns.more);
	pthread_mutex_destroy(&turns.lock);
	return rc;
}

int parallel_cpus(void)
{
	return os_cpus();
}
