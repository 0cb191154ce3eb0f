/* Takes what is finished out of a watch folder: a file, a header with its data, a folder; loose DICOM files
 * go to their series. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/format.h"
#include "scan/need.h"
#include "serve/core/ids.h"
#include "serve/core/log.h"
#include "serve/watch/guard.h"
#include "serve/watch/watch.h"

#define PATIENCE 10 /* times quiet_time: for data without a header, and for files shorter than their header says */

bool watch_is_quiet(double since, double seconds)
{
	return clock_now() - since >= seconds;
}

bool watch_may_grow(const struct watcher *w, double since, const char *path)
{
	struct scan_need need;

	if (watch_is_quiet(since, PATIENCE * (double)watcher_config(w)->quiet_time))
		return false;
	guard_begin(path);
	bool known = scan_need(path, &need);
	guard_end();
	/* a header whose data are not there yet tells nothing */
	return known ? need.has < need.need : watch_header_name(path);
}

/* When it, and all that goes along, last changed. */
static double last_change(const struct watcher *w, const struct watch_index *ix, int drop)
{
	double last = w->drops.list[drop].since;

	for (int at = 0, i; (i = watch_index_next(ix, drop, &at)) >= 0;)
		if (w->drops.list[i].since > last)
			last = w->drops.list[i].since;
	return last;
}

/* A volume in a dropped folder; slices do not tell how many they will be. */
static bool folder_may_grow(const struct watcher *w, double last, const char *folder)
{
	char path[STORE_PATH + 600], **names;
	int n = store_names(folder, &names, NULL);
	bool may = false;

	for (int i = 0; i < n && !may; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		may = format_by_name(names[i]) && strlen(path) < STORE_PATH && watch_may_grow(w, last, path);
	}
	if (n >= 0)
		store_free_names(names, n);
	return may;
}

/* Its header, or the rest of it, may still come. */
static bool is_part(const struct watcher *w, const struct drop *drop, double last)
{
	char path[STORE_PATH + 300];

	if (drop->other)
		return false;
	if (watch_is_data(drop) && !watch_is_quiet(last, PATIENCE * (double)watcher_config(w)->quiet_time))
		return true;
	snprintf(path, sizeof path, "%s/%s", w->store->root, drop->name);
	return drop->folder ? folder_may_grow(w, last, path) : watch_may_grow(w, last, path);
}

bool watch_has_marker(const struct watcher *w, const struct drop *drop)
{
	const char *marker = watcher_config(w)->marker;
	char path[STORE_PATH + 400];

	if (!*marker)
		return true;
	snprintf(path, sizeof path, "%s/%s%s", w->store->root, drop->name, marker);
	return store_exists(path);
}

bool watch_is_marker(const struct watcher *w, const struct drop *drop)
{
	const char *marker = watcher_config(w)->marker;
	size_t n = strlen(drop->name), m = strlen(marker);

	return m && n > m && strcmp(drop->name + n - m, marker) == 0;
}

static void remove_marker(const struct watcher *w, const char *name)
{
	char path[STORE_PATH + 400];

	if (!*watcher_config(w)->marker)
		return;
	snprintf(path, sizeof path, "%s/%s%s", w->store->root, name, watcher_config(w)->marker);
	(void)unlink(path);
}

static int move_in(const struct watcher *w, const char *name, const char *folder, struct gppi_error *err)
{
	char from[STORE_PATH + 300], to[STORE_PATH + 600];

	snprintf(from, sizeof from, "%s/%s", w->store->root, name);
	snprintf(to, sizeof to, "%s/%s", folder, name);
	return store_move(from, to, err);
}

/* Under the lock of the rooms. */
static int claim_locked(struct watcher *w, const struct watch_index *ix, int number, char key[STORE_KEY],
			struct gppi_error *err)
{
	const struct drop *drop = &w->drops.list[number];
	char base[STORE_KEY], data[STORE_PATH], job[STORE_PATH];

	store_name_key(drop->name, base);
	int rc = watch_free_key(w->service, base, key, err);
	if (rc < 0)
		return rc;
	rc = store_begin(w->store, STORE_QUEUE, key, data, err);
	if (rc == 0)
		rc = move_in(w, drop->name, data, err);
	for (int at = 0, i; rc == 0 && (i = watch_index_next(ix, number, &at)) >= 0;) {
		const struct drop *other = &w->drops.list[i];
		if (!other->folder && !other->other && !watch_is_marker(w, other))
			rc = move_in(w, other->name, data, err);
	}
	if (rc < 0) { /* what was moved is found at the next start */
		(void)store_remove_empty(data);
		snprintf(job, sizeof job, "%.*s", (int)(strrchr(data, '/') - data), data);
		(void)store_remove_empty(job);
		return rc;
	}
	rc = store_finish(w->store, STORE_QUEUE, key, err);
	return rc == 0 ? queue_put(&w->service->queue, w->store, key, err) : rc;
}

static int claim(struct watcher *w, const struct watch_index *ix, int number, struct gppi_error *err)
{
	const struct drop *drop = &w->drops.list[number];
	char key[STORE_KEY], quoted[300];

	pthread_mutex_lock(&w->service->rooms);
	int rc = claim_locked(w, ix, number, key, err);
	pthread_mutex_unlock(&w->service->rooms);
	if (rc < 0)
		return rc;
	remove_marker(w, drop->name);
	counters_add(&w->service->counters, COUNT_DROPS, 1);
	serve_log(LOG_INFO, "taken watch=%s key=%s file=%s", watcher_config(w)->name, key,
		  serve_quote(drop->name, quoted, sizeof quoted));
	return 0;
}

/* ---- loose DICOM files ---- */

static bool is_dicom(const struct watcher *w, const struct drop *drop)
{
	char path[STORE_PATH + 300], head[132];

	if (drop->folder || drop->other || drop->look.bytes < sizeof head)
		return false;
	snprintf(path, sizeof path, "%s/%s", w->store->root, drop->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	ssize_t got = read(fd, head, sizeof head);
	close(fd);
	return got == (ssize_t)sizeof head && memcmp(head + 128, "DICM", 4) == 0;
}

/* 1: it has joined its series; 0: it is a drop of its own (damaged, or without a series). */
static int join_series(struct watcher *w, const struct drop *drop, struct gppi_error *err)
{
	char path[STORE_PATH + 300];
	struct dicom_ids ids;

	snprintf(path, sizeof path, "%s/%s", w->store->root, drop->name);
	if (drop->look.bytes > watcher_config(w)->max_size)
		return 0;
	guard_begin(path);
	int rc = dicom_ids_read(path, &ids, err);
	guard_end();
	if (rc < 0)
		return 0;
	if (!store_has_rooms(w->store)) /* just before the series is entered by its path */
		return err_set(err, GPPI_E_IO, "%s: its rooms are not those that were opened", w->store->root);
	rc = collect_place(w->service, w->store, path, &ids, false, err);
	if (rc < 0)
		return rc;
	remove_marker(w, drop->name);
	return 1;
}

/* Into quarantine as it is, unread. */
static int refuse(struct watcher *w, const struct drop *drop, const char *reason, struct gppi_error *err)
{
	char path[STORE_PATH + 300];

	snprintf(path, sizeof path, "%s/%s", w->store->root, drop->name);
	pthread_mutex_lock(&w->service->rooms);
	int rc = guard_quarantine(w->service, path, "many", reason, err);
	pthread_mutex_unlock(&w->service->rooms);
	if (rc == 0)
		remove_marker(w, drop->name);
	return rc;
}

static int take(struct watcher *w, const struct watch_index *ix, int number, struct gppi_error *err)
{
	const struct drop *drop = &w->drops.list[number];

	if (drop->look.many)
		return refuse(w, drop, LOOK_MANY, err);
	if (is_dicom(w, drop)) {
		int rc = join_series(w, drop, err);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	return claim(w, ix, number, err);
}

static bool gone(const struct watcher *w, const char *name)
{
	char path[STORE_PATH + 300];

	snprintf(path, sizeof path, "%s/%s", w->store->root, name);
	return !store_exists(path);
}

int watcher_claim(struct watcher *w, struct gppi_error *err)
{
	const struct serve_config *c = service_config(w->service);
	struct watch_index *ix = watch_index_make(w);
	int waiting = 0, failure = 0;
	struct gppi_error why;

	if (!ix)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d names", w->store->root, w->drops.n);
	for (int i = 0; i < w->drops.n && !atomic_load(&w->service->stopping); i++) {
		const struct drop *drop = &w->drops.list[i];
		if (watch_is_marker(w, drop) || gone(w, drop->name) || watch_index_has_header(ix, i))
			continue; /* it goes, or went, along with another one */
		if (drop->folder && drop->look.files == 0 && !drop->look.deep)
			continue; /* somebody may be about to fill it */
		double last = last_change(w, ix, i);
		if (!watch_is_quiet(last, watcher_config(w)->quiet_time) || !watch_has_marker(w, drop) ||
		    queue_length(&w->service->queue, NULL) >= c->queue ||
		    (!drop->look.many && is_part(w, drop, last))) {
			waiting++;
			continue;
		}
		/* one that cannot be moved must not keep the others */
		int rc = take(w, ix, i, failure ? &why : err);
		if (rc < 0 && !failure)
			failure = rc;
	}
	watch_index_free(ix);
	return failure ? failure : waiting;
}
