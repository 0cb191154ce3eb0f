#define _GNU_SOURCE
#include "serve/core/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int queue_init(struct queue *q, struct gppi_error *err)
{
	pthread_condattr_t attr;

	*q = (struct queue){ 0 };
	if (pthread_mutex_init(&q->lock, NULL) != 0 || pthread_condattr_init(&attr) != 0)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the queue");
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	int rc = pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	return rc ? err_set(err, GPPI_E_NOMEM, "out of memory for the queue") : 0;
}

void queue_free(struct queue *q)
{
	while (q->first) {
		struct job *job = q->first;
		q->first = job->next;
		free(job);
	}
}

/* Under the lock. */
static void append(struct queue *q, struct job *job)
{
	struct job **end = &q->first;

	while (*end)
		end = &(*end)->next;
	*end = job;
	job->next = NULL;
}

static void take_out(struct queue *q, const struct job *job)
{
	struct job **at = &q->first;

	while (*at && *at != job)
		at = &(*at)->next;
	if (*at)
		*at = job->next;
}

int queue_put(struct queue *q, struct store *store, const char *key, struct gppi_error *err)
{
	struct job *job = calloc(1, sizeof *job);

	if (!job)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a job", key);
	job->store = store;
	snprintf(job->key, sizeof job->key, "%s", key);
	pthread_mutex_lock(&q->lock);
	append(q, job);
	q->waiting++;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

/* The first job that may run now; else *soonest tells when one may. */
static struct job *ready(struct queue *q, double *soonest)
{
	double now = clock_now();

	*soonest = now + 3600;
	for (struct job *job = q->first; job; job = job->next) {
		if (job->running)
			continue;
		if (job->not_before <= now)
			return job;
		if (job->not_before < *soonest)
			*soonest = job->not_before;
	}
	return NULL;
}

struct job *queue_take(struct queue *q)
{
	struct job *job = NULL;

	pthread_mutex_lock(&q->lock);
	while (!q->stopped) {
		double soonest;
		job = ready(q, &soonest);
		if (job)
			break;
		struct timespec until = { .tv_sec = (time_t)soonest };
		until.tv_nsec = (long)((soonest - (double)until.tv_sec) * 1e9);
		pthread_cond_timedwait(&q->changed, &q->lock, &until);
	}
	if (job) {
		job->running = true;
		q->waiting--;
		q->running++;
	}
	pthread_mutex_unlock(&q->lock);
	return job;
}

void queue_finish(struct queue *q, struct job *job)
{
	pthread_mutex_lock(&q->lock);
	take_out(q, job);
	q->running--;
	pthread_mutex_unlock(&q->lock);
	free(job);
}

void queue_return(struct queue *q, struct job *job, double delay)
{
	pthread_mutex_lock(&q->lock);
	take_out(q, job);
	append(q, job);
	job->running = false;
	job->not_before = clock_now() + delay;
	q->running--;
	q->waiting++;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

int queue_doubt(struct queue *q, const struct job *job)
{
	int doubts = 0;

	pthread_mutex_lock(&q->lock);
	for (struct job *at = q->first; at; at = at->next)
		if (at == job)
			doubts = ++at->doubts;
	pthread_mutex_unlock(&q->lock);
	return doubts;
}

bool queue_has(struct queue *q, const char *key)
{
	return queue_has_in(q, NULL, key);
}

bool queue_has_in(struct queue *q, const struct store *store, const char *key)
{
	bool found = false;

	pthread_mutex_lock(&q->lock);
	for (struct job *job = q->first; job && !found; job = job->next)
		found = (!store || job->store == store) && strcmp(job->key, key) == 0;
	pthread_mutex_unlock(&q->lock);
	return found;
}

int queue_length(struct queue *q, int *running)
{
	pthread_mutex_lock(&q->lock);
	int waiting = q->waiting;
	if (running)
		*running = q->running;
	pthread_mutex_unlock(&q->lock);
	return waiting;
}

void queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopped = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}
