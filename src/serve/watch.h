/* Inside the watch room: what lies in a watch folder, and what is taken from it. */
#ifndef SERVE_WATCH_H
#define SERVE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/service.h"

/* One name in the folder, as it was at the last look. */
struct drop {
	char *name;
	uint64_t size;     /* of all in it */
	uint64_t state;    /* changes with sizes, times, names */
	double since;      /* clock_now() when it was first seen like this */
	bool folder, other; /* other: a link, pipe, socket or device */
};

struct watcher {
	struct service *service;
	struct store *store;
	int index;
	struct drop *drops;
	int n;
};

static inline const struct serve_watch *watcher_config(const struct watcher *w)
{
	return &service_config(w->service)->watch[w->index];
}

/* watch_look.c: all drops now, sorted by name; times carried over from the last look. */
int watcher_look(struct watcher *w, struct err *err);
void watcher_free(struct watcher *w);
/* The drop with this name, or NULL. */
const struct drop *watcher_find(const struct watcher *w, const char *name);

/* watch_claim.c: takes drops that have been quiet long enough. Returns how many are left waiting for time or
 * room; negative where one cannot be moved, which keeps no other. */
int watcher_claim(struct watcher *w, struct err *err);

#endif
