/* Series that are still arriving: which ones, and when one is complete. Some exporters give each slice a series of its
 * own. Such slices of one study become one job, under the study's UID, so that they are read, or refused, as one. */
#ifndef SERVE_RECEIVE_COLLECT_H
#define SERVE_RECEIVE_COLLECT_H

#include <pthread.h>
#include <stdbool.h>

#include "serve/core/store.h"

struct service;
struct dicom_ids;

enum collect_end { COLLECT_RELEASED, COLLECT_CUT };

struct collect_series {
	struct store *store;
	char key[STORE_KEY]; /* "": it is no more, and leaves the list at the end of the tick */
	double last;     /* clock_now() of its last object or end of association */
	int open;        /* associations that brought objects of it and are not over */
	bool released, cut;
	char study[STORE_KEY]; /* key of its study; "": unknown */
	int objects;           /* that have come */
	bool one_frame;        /* the first of them is a single slice */
	bool waiting;          /* other single slices of the study are still arriving */
	bool joined;           /* single slices put together: complete */
};

struct collect {
	struct collect_series *series; /* under service.rooms */
	int n, room;
};

/* A temporary file, synced, becomes an object of its series: after 0 it survives a power cut. join: a new
 * association for this series, which ends with collect_leave(). */
int collect_place(struct service *s, struct store *store, const char *temp, const struct dicom_ids *ids, bool join,
		  struct gppi_error *err);
void collect_leave(struct service *s, struct store *store, const char *key, enum collect_end end);

/* At the start: a series that lies in incoming/. Under service.rooms. */
int collect_recover(struct service *s, struct store *store, const char *key, struct gppi_error *err);
/* Moves complete series on; to be called every now and then. */
void collect_tick(struct service *s);
int collect_count(struct service *s);
void collect_free(struct collect *c);

/* ---- within collect*.c, under service.rooms ---- */

struct collect_series *collect_find(struct collect *c, const struct store *store, const char *key);
struct collect_series *collect_find_or_add(struct collect *c, struct store *store, const char *key);
bool collect_is_complete(const struct service *s, const struct collect_series *series);
/* incoming/KEY/data, made where it is not there. */
int collect_make(const struct store *store, const char *key, char data[STORE_PATH], struct gppi_error *err);

/* collect_lone.c: single slices, each a series of its own. Puts those of one study together when all of them are
 * complete; while some are not, the others wait. Until clock_now() is `end`: what is left is for the next tick. */
void lone_join(struct service *s, double end);
/* A single slice, at place i of the list, whose study has a job already joins it. True: it goes on with that one or,
 * after an error that the log has, is tried again after another quiet time. */
bool lone_join_late(struct service *s, int i);
/* Before the job at place i goes on: complete single slices of the study whose job it is join it. */
void lone_gather(struct service *s, int i);
/* `more` objects have come to a series, the last of them this one. */
void lone_note(struct collect_series *series, const struct dicom_ids *ids, int more);
/* The same at the start, from what lies in incoming/. */
void lone_recover(struct collect_series *series);
/* Is a single slice all that has come? */
bool lone_is(const struct collect_series *series);
/* More objects of a series have come, of which one was taken for a single slice and failed as such: it joins them in
 * `data`. */
int lone_take_back(const struct collect_series *series, const char *data, struct gppi_error *err);

#endif
