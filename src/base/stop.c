#define _POSIX_C_SOURCE 199309L
#include "base/stop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define EVERY_NS 20000000LL

struct stop {
	pthread_mutex_t lock;       /* of ask and done, and while asking */
	struct stop_question ask;
	double done;                /* told last */
	atomic_bool stopped;
	atomic_llong next_ns;       /* not asked again before */
};

static _Thread_local struct stop *current;

struct stop *stop_new(void)
{
	struct stop *s = calloc(1, sizeof *s);

	if (s)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void stop_free(struct stop *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void set_question(struct stop *s, struct stop_question ask)
{
	pthread_mutex_lock(&s->lock);
	s->ask = ask;
	s->done = 0;
	atomic_store(&s->stopped, false);
	atomic_store(&s->next_ns, 0);
	pthread_mutex_unlock(&s->lock);
}

struct stop_before stop_begin(struct stop *s, struct stop_question ask)
{
	struct stop_before before = { current, s->ask };

	set_question(s, ask);
	current = s;
	return before;
}

void stop_end(struct stop *s, struct stop_before before)
{
	set_question(s, before.ask);
	current = before.stop;
}

struct stop *stop_current(void)
{
	return current;
}

void stop_use(struct stop *s)
{
	current = s;
}

static long long now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* `done` NULL: what was told last. */
static int ask(struct stop *s, const double *done, struct gppi_error *err)
{
	pthread_mutex_lock(&s->lock);
	if (done)
		s->done = *done;
	if (!atomic_load(&s->stopped) && s->ask.progress && s->ask.progress(s->ask.user, s->done) < 0)
		atomic_store(&s->stopped, true);
	atomic_store(&s->next_ns, now_ns() + EVERY_NS);
	pthread_mutex_unlock(&s->lock);
	return atomic_load(&s->stopped) ? err_set(err, GPPI_E_CANCELLED, "stopped on request") : 0;
}

int stop_asked(struct gppi_error *err)
{
	struct stop *s = current;

	if (!s || (!atomic_load(&s->stopped) && now_ns() < atomic_load(&s->next_ns)))
		return 0;
	return ask(s, NULL, err);
}

int stop_tell(double done, struct gppi_error *err)
{
	return current ? ask(current, &done, err) : 0;
}
