/* A drop that was still being written when it was taken ends in quarantine, too short, and its writer, who has the
 * file open, goes on there: what changes in the first day is tried again once it is quiet. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "serve/core/log.h"
#include "serve/core/state.h"
#include "serve/watch/watch.h"

#define YOUNG 86400 /* s in quarantine */

/* Its state says what the data looked like when the job came there. */
static int add_failed(struct watcher *w, const char *key, struct drops *out, struct gppi_error *err)
{
	char folder[STORE_PATH], path[STORE_PATH + 16];
	struct drop drop = { .name = (char *)key, .since = clock_now() };
	struct job_state state;
	struct stat st;

	store_path(w->store, STORE_QUARANTINE, key, folder);
	snprintf(path, sizeof path, "%s/state", folder);
	if (lstat(path, &st) != 0 || time(NULL) - st.st_mtime > YOUNG)
		return 0;
	state_read(folder, &state);
	drop.look.state = state.look;
	return state.look ? drops_add(out, &drop, &w->failed, err) : 0;
}

/* Reads the room anew when something came or went. */
static int list_failed(struct watcher *w, struct gppi_error *err)
{
	char room[STORE_PATH], **names = NULL;
	struct drops now = { 0 };
	struct stat st;
	int rc = 0;

	if (stat(store_path(w->store, STORE_QUARANTINE, NULL, room), &st) != 0 ||
	    memcmp(&st.st_mtim, &w->failed_at, sizeof st.st_mtim) == 0)
		return 0;
	int n = store_names(room, &names, err);
	for (int i = 0; i < n && rc == 0; i++)
		if (store_is_key(names[i]))
			rc = add_failed(w, names[i], &now, err);
	if (n >= 0)
		store_free_names(names, n);
	drops_sort(&now);
	drops_free(&w->failed);
	w->failed = now;
	w->failed_at = st.st_mtim;
	return n < 0 ? n : rc;
}

static int back_to_queue(struct watcher *w, const char *key, struct gppi_error *err)
{
	struct service *s = w->service;
	char from[STORE_PATH], to[STORE_PATH];

	pthread_mutex_lock(&s->rooms);
	store_path(w->store, STORE_QUARANTINE, key, from);
	int rc = store_move(from, store_path(w->store, STORE_QUEUE, key, to), err);
	if (rc == 0)
		rc = queue_put(&s->queue, w->store, key, err);
	pthread_mutex_unlock(&s->rooms);
	if (rc == 0)
		serve_log(LOG_INFO, "again watch=%s key=%s", watcher_config(w)->name, key);
	return rc;
}

int watcher_again(struct watcher *w, struct gppi_error *err)
{
	char data[STORE_PATH];
	int rc = list_failed(w, err);

	for (int i = 0; i < w->failed.n && rc == 0 && !atomic_load(&w->service->stopping); i++) {
		struct drop *failed = &w->failed.list[i];
		struct look look;
		store_data(w->store, STORE_QUARANTINE, failed->name, data);
		if (!look_path_until(data, &w->service->stopping, &look))
			continue;
		/* bytes and files say how it was at the last look; state how it was when it came */
		if (look.state == failed->look.state || look.bytes != failed->look.bytes) {
			failed->look.bytes = look.bytes;
			failed->since = clock_now();
			continue;
		}
		if (watch_is_quiet(failed->since, watcher_config(w)->quiet_time))
			rc = back_to_queue(w, failed->name, err);
	}
	return rc;
}
