/* The running service: what its threads share. */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "gppi/gppi.h"
#include "serve/core/collect.h"
#include "serve/core/config.h"
#include "serve/core/outbox.h"
#include "serve/core/pages.h"
#include "serve/core/place.h"
#include "serve/core/queue.h"
#include "serve/core/status.h"
#include "serve/core/store.h"

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
	struct place place[SERVE_WATCH_MAX]; /* of watch folders in which everything stays */
	struct counters counters;
	struct gppi_models *models;
	struct threads *threads;
	struct receiver *receiver;
	pthread_mutex_t rooms;       /* held while names are chosen and series change rooms */
	pthread_mutex_t table;       /* held while the CSV table is rewritten */
	atomic_bool stopping;
	bool stopped_within;         /* the service before, by a stop that waited for nothing: no attempt failed */
	_Atomic double cancel_after; /* clock_now() from which running detections give up; 0: never */
	long long started;           /* time() */
	double clock_steady, clock_wall; /* both clocks when last compared; 0: not yet */
	char pruned[STORE_ROOMS][STORE_KEY]; /* how far store_prune() has come in a room; "": its beginning */
};

static inline const struct serve_config *service_config(const struct service *s)
{
	return atomic_load(&s->config);
}

/* Runs until SIGTERM or SIGINT. */
int service_run(struct serve_config *config, struct gppi_error *err);

/* ---- parts, each in a file of its own ---- */

/* recover.c: what a crash or a stop has left goes back to where it belongs. */
int recover_all(struct service *s, struct gppi_error *err);
/* The same for one store, when it was opened. Under s->rooms. An entry that cannot be dealt with keeps no other. */
void recover_store(struct service *s, struct store *store);

/* prune.c: throws away what is older than keep_done_days and keep_quarantine_days, for about a second; to be called
 * every STORE_PRUNE_SECONDS. False: some is left, and it is to be called again soon. */
#define STORE_PRUNE_SECONDS 3600
bool store_prune(struct service *s);

/* work.c: takes jobs until the queue is stopped. `user` is the service. */
void *work_thread(void *user);

struct work; /* see work.h */

struct record {
	int objects;
	char hex[65]; /* SHA-256: of their names; of the content of what is left in place */
};

/* results.c: everything one job gives.
 *
 * In the worker process (worker.h): results_bone(), results_page_text().
 *
 * results_begin()    before the first bone
 * results_bone()     picture and DICOM results of bone number `number` of this job, scan `index` of the input
 * results_commit()   the lines of JSON and CSV, in memory: now people see the result
 * results_page_text() the bones' parts of the study page; owned by the caller: free()
 * results_page()     puts them there
 * results_record()   afterwards the job counts as done, whatever happens to its data */
struct results_bone {
	int index;
	struct gppi_result *result; /* NULL: failed, why tells why */
	char *why;
};
int results_begin(const struct service *s, const char *key, struct gppi_error *err);
int results_bone(struct service *s, const struct job *job, struct gppi_input *input, int index,
		 const struct gppi_result *result, int number, struct gppi_error *err);
int results_commit(struct service *s, const struct job *job, const struct record *record, const char *json,
		   const char *csv, struct gppi_error *err);
int results_page_text(const struct work *w, struct gppi_input *input, const struct results_bone *bones, int n,
		      char **text, size_t *size, struct gppi_error *err);
int results_page(const struct work *w, const char *text, size_t size, struct gppi_error *err);
int results_record(struct service *s, const char *key, const struct record *record, struct gppi_error *err);
/* Are the results of these very data in the results folder? */
bool results_are_out(const struct service *s, const char *key, const struct record *record);
/* There is none, and why. */
void results_none(const struct work *w, const char *why);

/* records.c: of what data there is a result. SPOOL/records/KEY.rec is kept for ever. */
const char *record_path(const struct service *s, const char *key, char out[STORE_PATH]);
int record_write(const char *path, const struct record *record, struct gppi_error *err);
/* false: there is none. */
bool record_read(const char *path, struct record *out);
/* That of the objects in a folder. */
int record_of(const char *data, struct record *out, struct gppi_error *err);
void records_recover(const struct service *s);
/* Is the key free in all rooms, results and records? Under s->rooms. */
bool record_key_free(struct service *s, const char *key);

/* watch.c: looks after one watch folder until the service stops. */
struct watch_arg {
	struct service *service;
	int index;
};
void *watch_thread(void *arg);
/* Opens its store. GPPI_E_IO where it is not there, cannot be written to, or another service has it. */
int watch_open(struct service *s, int index, struct gppi_error *err);

#endif
