/* Inside the watch room: what lies in a watch folder, and what is taken from it. */
#ifndef SERVE_WATCH_WATCH_H
#define SERVE_WATCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "serve/core/service.h"
#include "serve/watch/look.h"

/* One name in the folder, as it was at the last look. */
struct drop {
	char *name;        /* of what is left in place: the path within the folder */
	struct look look;
	double since;      /* clock_now() when it was first seen like this */
	bool folder, other; /* other: a link, pipe, socket or device */
};

struct drops {
	struct drop *list; /* sorted by name */
	int n, room;
};

struct watcher {
	struct service *service;
	struct store *store;
	int index;
	struct drops drops;
	struct drops failed; /* in quarantine/: keys, looked at again as long as they are young */
	struct timespec failed_at; /* of quarantine/, when it was last read */
};

static inline const struct serve_watch *watcher_config(const struct watcher *w)
{
	return &service_config(w->service)->watch[w->index];
}

/* watch_look.c: all drops now; times carried over from the last look. */
int watcher_look(struct watcher *w, struct gppi_error *err);
/* The drop with this name, or NULL. */
const struct drop *drops_find(const struct drops *drops, const char *name);
/* Takes a copy of the drop; times are carried over from `before`. */
int drops_add(struct drops *drops, const struct drop *drop, const struct drops *before, struct gppi_error *err);
void drops_sort(struct drops *drops);
void drops_free(struct drops *drops);

/* watch_names.c: what belongs together. The file that a header names as its data, without the folder; "" where it
 * tells none. Owned by the caller. */
char *watch_named(const struct watcher *w, const struct drop *header);
bool watch_header_name(const char *name);
/* The length of the name without the end of a header, or of data and notes; 0: it has none. */
size_t watch_header_stem(const char *name);
size_t watch_part_stem(const char *name);
bool watch_is_header(const struct drop *drop);
bool watch_is_data(const struct drop *drop);
/* Goes `name` along with this header, which names `named`? One pair of the rule that watch_index.c has for all. */
bool watch_goes_along(const struct drop *header, const char *named, const char *name);

/* A key for a new job: the base, or that with a number. Under s->rooms. */
int watch_free_key(struct service *s, const char *base, char key[STORE_KEY], struct gppi_error *err);

/* watch_index.c: all headers of the last look with what goes along, found without comparing each with each. The drops
 * must not change meanwhile. NULL: out of memory. */
struct watch_index *watch_index_make(const struct watcher *w);
void watch_index_free(struct watch_index *ix);
/* Is there a header with which drop number `drop` goes along? */
bool watch_index_has_header(const struct watch_index *ix, int drop);
/* What goes along with header number `header`, one after the other, with *at 0 at first; -1: no more, or no header. */
int watch_index_next(const struct watch_index *ix, int header, int *at);

/* watch_claim.c: takes drops that have been quiet long enough. Returns how many are left waiting for time or
 * room; negative where one cannot be moved, which keeps no other. */
int watcher_claim(struct watcher *w, struct gppi_error *err);
/* Unchanged for so many seconds? */
bool watch_is_quiet(double since, double seconds);
/* Is the file at `path`, unchanged since then, shorter than its header says, and may still grow? */
bool watch_may_grow(const struct watcher *w, double since, const char *path);
bool watch_has_marker(const struct watcher *w, const struct drop *drop);
bool watch_is_marker(const struct watcher *w, const struct drop *drop);

/* watch_again.c: drops in quarantine that have changed since, as one does that was still being written. */
int watcher_again(struct watcher *w, struct gppi_error *err);

/* watch_place.c: the same as look and claim, for a folder in which everything stays. */
int watcher_place(struct watcher *w, struct gppi_error *err);

#endif
