/* Series that are still arriving: which ones, and when one is complete. */
#ifndef SERVE_RECEIVE_COLLECT_H
#define SERVE_RECEIVE_COLLECT_H

#include <pthread.h>
#include <stdbool.h>

#include "serve/store/store.h"

struct service;

enum collect_end { COLLECT_RELEASED, COLLECT_CUT };

struct collect_series {
	struct store *store;
	char key[STORE_KEY];
	double last;     /* clock_now() of its last object or end of association */
	int open;        /* associations that brought objects of it and are not over */
	bool released, cut;
};

struct collect {
	struct collect_series *series; /* under service.rooms */
	int n, room;
};

/* A temporary file, synced, becomes object `name` of a series: after 0 it survives a power cut. join: a new
 * association for this series, which ends with collect_leave(). */
int collect_place(struct service *s, struct store *store, const char *temp, const char *key, const char *name,
		  bool join, struct err *err);
void collect_leave(struct service *s, struct store *store, const char *key, enum collect_end end);

/* At the start: a series that lies in incoming/. Under service.rooms. */
int collect_recover(struct service *s, struct store *store, const char *key, struct err *err);
/* Moves complete series on; to be called every now and then. */
void collect_tick(struct service *s);
int collect_count(struct service *s);
void collect_free(struct collect *c);

#endif
