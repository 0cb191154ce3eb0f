/* Study pages: RESULTS/GROUP.html, written anew from the parts of its bones when one comes or changes.
 *
 *     SPOOL/pages/GROUP/KEY.part   the bones of one series or drop, as report/page.h makes them
 *     SPOOL/pages/GROUP/.dirty     the page does not show all of it yet
 *
 * A page of n bones costs writing n parts of 250 KB. Writing takes at most one part in PAGES_SHARE of the time:
 * the more there is, the longer changes are gathered before. */
#ifndef SERVE_STORE_PAGES_H
#define SERVE_STORE_PAGES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "serve/core/store.h"

#define PAGES_SHARE 20
#define PAGES_PAUSE 2.0 /* s between two writings of one page, at least */

struct service;

struct pages_group {
	char name[STORE_KEY];
	bool dirty;
	double not_before; /* clock_now() */
};

struct pages {
	pthread_mutex_t lock;
	struct pages_group *group; /* those that are dirty or were written a moment ago */
	int n, room;
};

/* The parts of `key` in the page of `group`, whole; its page follows soon. */
int pages_put(struct service *s, const char *group, const char *key, const char *text, size_t size,
	      struct gppi_error *err);

/* At the start: pages that miss something, or that are gone. */
int pages_recover(struct service *s, struct gppi_error *err);
/* Writes pages until the service stops. `user` is the service. */
void *pages_thread(void *user);
void pages_free(struct pages *p);

#endif
