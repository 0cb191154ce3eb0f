/* Scans that stay where they are, in a share into which nothing is written (leave_in_place). The service remembers
 * in its spool what it has taken from there, by name, size and time, and by what is in it:
 *
 *     SPOOL/place/FOLDER/NAME      one small file for each; both are parts of SHA-256
 *
 * A scan whose size or time has changed is taken again, unless its content is one that was answered. Their jobs
 * lie in the rooms of the spool, without data: their state says what is read. */
#ifndef SERVE_STORE_PLACE_H
#define SERVE_STORE_PLACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/core/store.h"

struct service;
struct work;

#define PLACE_NEVER UINT64_MAX

struct place_entry {
	char *name;          /* path within the folder */
	char key[STORE_KEY]; /* of the job that took it */
	uint64_t look;       /* when it was taken; 0: it has changed since; PLACE_NEVER */
	char hex[65];        /* SHA-256 of the content that was answered last; "": none was */
	char as[STORE_KEY];  /* the key of that result */
};

struct place {
	pthread_mutex_t lock;
	struct place_entry *list;
	int n, room;
};

void place_init(struct place *p);
void place_free(struct place *p);
/* Reads what is remembered of watch folder `index`. */
int place_open(struct service *s, int index, struct gppi_error *err);

/* What a scan looks like, with the file that its header names. */
bool place_look(const char *path, uint64_t *look);
bool place_look_until(const char *path, const atomic_bool *stop, uint64_t *look); /* see look.h */
/* Was it taken when it looked like this, or is a job for it under way? */
bool place_known(struct service *s, int index, const char *name, uint64_t look);
/* A job that will read ROOT/name. Under s->rooms. */
int place_take(struct service *s, int index, const char *name, uint64_t look, char key[STORE_KEY],
	       struct gppi_error *err);

/* It goes to quarantine unread, and is never taken again. */
int place_refuse(struct service *s, int index, const char *name, const char *reason, struct gppi_error *err);

/* ---- for the workers; `source` is the whole path, "" that of no such scan ---- */

/* The watch folder it lies in; -1: none, also where it leads out of one. */
int place_of(const struct service *s, const char *source);
/* As work_input(), which calls it: an enum outcome. */
int place_input(struct work *w, struct gppi_error *err);
/* Was a scan with this content answered, under which key? */
bool place_same(struct service *s, int index, const char *hex, char key[STORE_KEY]);
/* The scan has changed since job `key` took it, or is gone: it will be taken again when it is quiet. */
void place_forget(struct service *s, const char *source, const char *key);
/* The content that job `key` read has a result, under the key `as`. */
void place_answered(struct service *s, const char *source, const char *key, const char *hex, const char *as);

#endif
