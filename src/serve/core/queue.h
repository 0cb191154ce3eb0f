/* The jobs that wait or are under way. What is on disk decides; this list only orders it. */
#ifndef SERVE_STORE_QUEUE_H
#define SERVE_STORE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"
#include "serve/core/store.h"

struct job {
	struct store *store;
	char key[STORE_KEY];
	int failures;       /* of the surroundings (disk full ...), not of the data */
	int doubts;         /* failures of the surroundings that its worker told of and the service did not find */
	double not_before;  /* clock_now() */
	bool running;
	struct job *next;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *first;
	int waiting, running;
	bool stopped;
};

int queue_init(struct queue *q, struct gppi_error *err);
void queue_free(struct queue *q);

/* A job whose data are in queue/KEY of the store. */
int queue_put(struct queue *q, struct store *store, const char *key, struct gppi_error *err);
/* Waits for the oldest job that may run; NULL once the queue is stopped. The job stays the queue's. */
struct job *queue_take(struct queue *q);
/* It is finished, or goes back to wait for `delay` seconds, behind all others: none of these waits for it. */
void queue_finish(struct queue *q, struct job *job);
void queue_return(struct queue *q, struct job *job, double delay);
/* One more of its doubts; how many there are. */
int queue_doubt(struct queue *q, const struct job *job);
/* Waits or is under way? */
bool queue_has(struct queue *q, const char *key);
bool queue_has_in(struct queue *q, const struct store *store, const char *key); /* a job of this store */
int queue_length(struct queue *q, int *running); /* waiting */
void queue_stop(struct queue *q);

#endif
