/* The running service: what its threads share. */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "gppi/gppi.h"
#include "serve/collect.h"
#include "serve/config.h"
#include "serve/outbox.h"
#include "serve/pages.h"
#include "serve/queue.h"
#include "serve/status.h"
#include "serve/store.h"

struct service {
	_Atomic(struct serve_config *) config; /* replaced by a reload; old ones live to the end */
	struct store spool, watch[SERVE_WATCH_MAX];
	struct queue queue;
	struct collect collect;
	struct {
		struct delivery *delivery;
		pthread_mutex_t lock;
		pthread_cond_t changed;
		bool woken;          /* under lock */
		_Atomic int waiting; /* objects */
	} send;
	struct pages pages;
	struct counters counters;
	struct gppi_models *models;
	pthread_mutex_t rooms;       /* held while names are chosen and series change rooms */
	pthread_mutex_t table;       /* held while the CSV table is rewritten */
	atomic_bool stopping;
	_Atomic double cancel_after; /* clock_now() from which running detections give up; 0: never */
	long long started;           /* time() */
	double clock_steady, clock_wall; /* both clocks when last compared; 0: not yet */
};

static inline const struct serve_config *service_config(const struct service *s)
{
	return atomic_load(&s->config);
}

/* Runs until SIGTERM or SIGINT. */
int service_run(struct serve_config *config, struct err *err);

/* ---- parts, each in a file of its own ---- */

/* recover.c: what a crash or a stop has left goes back to where it belongs. */
int recover_all(struct service *s, struct err *err);
/* Files in a folder that were being written when the program died. */
void recover_temporary(const char *folder);

/* work.c: takes jobs until the queue is stopped. `user` is the service. */
void *work_thread(void *user);

/* results.c: everything one job gives.
 *
 * results_begin()    before the first bone
 * results_bone()     picture and DICOM results of bone number `number` of this job, scan `index` of the input
 * results_commit()   the lines of JSON and CSV, in memory: now people see the result
 * results_page()     the bones' parts of the study page
 * results_record()   afterwards the job counts as done, whatever happens to its data */
struct results_bone {
	int index;
	struct gppi_result *result; /* NULL: failed, why tells why */
	char *why;
};
int results_begin(const struct service *s, const char *key, struct err *err);
int results_bone(struct service *s, const struct job *job, struct gppi_input *input, int index,
		 const struct gppi_result *result, int number, struct err *err);
int results_commit(struct service *s, const struct job *job, const char *json, const char *csv, struct err *err);
int results_page(struct service *s, const struct job *job, struct gppi_input *input, const char *shown,
		 const struct results_bone *bones, int n, struct err *err);
int results_record(struct service *s, const struct job *job, struct err *err);
/* There is none, and why. */
void results_none(struct service *s, const struct job *job, const char *folder, const char *why);

/* records.c: what was answered: how many objects, and the SHA-256 of their names. */
int record_write(const struct service *s, const char *key, int objects, const char hex[65], struct err *err);
/* false: nothing was answered under this key. */
bool record_read(const struct service *s, const char *key, int *objects, char hex[65]);
/* Is the key free in all rooms, results and records? Under s->rooms. */
bool record_key_free(struct service *s, const char *key);

/* watch.c: looks after one watch folder until the service stops. */
struct watch_arg {
	struct service *service;
	int index;
};
void *watch_thread(void *arg);

#endif
