/* Takes what is finished out of a watch folder: a file, a header with its data, a folder; loose DICOM files
 * go to their series. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/ids.h"
#include "serve/log.h"
#include "serve/watch.h"

#define DATA_PATIENCE 10 /* times quiet_time that data wait for their header */

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n > m && strcasecmp(name + n - m, suffix) == 0;
}

static bool ends_with_any(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (ends_with(name, *list))
			return true;
	return false;
}

static const char *const header_suffixes[] = { ".mhd", ".nhdr", ".vgi", NULL };
static const char *const data_suffixes[] = { ".raw", ".zraw", ".vol", ".bin", ".raw.gz", NULL };

static size_t stem(const char *name)
{
	const char *dot = strchr(name, '.');
	return dot ? (size_t)(dot - name) : strlen(name);
}

static bool same_stem(const char *a, const char *b)
{
	return stem(a) == stem(b) && memcmp(a, b, stem(a)) == 0;
}

/* Data whose header may still come. */
static bool waits_for_header(const struct watcher *w, const struct drop *drop)
{
	return !drop->folder && ends_with_any(drop->name, data_suffixes) &&
	       clock_now() - drop->since < DATA_PATIENCE * (double)watcher_config(w)->quiet_time;
}

static bool is_header(const struct drop *drop)
{
	return !drop->folder && !drop->other && ends_with_any(drop->name, header_suffixes);
}

static bool is_quiet(const struct watcher *w, const struct drop *drop)
{
	if (clock_now() - drop->since < watcher_config(w)->quiet_time)
		return false;
	if (!is_header(drop))
		return true;
	for (int i = 0; i < w->n; i++) /* with all that goes along */
		if (same_stem(drop->name, w->drops[i].name) &&
		    clock_now() - w->drops[i].since < watcher_config(w)->quiet_time)
			return false;
	return true;
}

static bool has_marker(const struct watcher *w, const struct drop *drop)
{
	const char *marker = watcher_config(w)->marker;
	char name[400];

	if (!*marker)
		return true;
	snprintf(name, sizeof name, "%s%s", drop->name, marker);
	return watcher_find(w, name) != NULL;
}

static bool is_marker(const struct watcher *w, const struct drop *drop)
{
	const char *marker = watcher_config(w)->marker;
	return *marker && ends_with(drop->name, marker);
}

static void remove_marker(const struct watcher *w, const char *name)
{
	char path[STORE_PATH + 400];

	if (!*watcher_config(w)->marker)
		return;
	snprintf(path, sizeof path, "%s/%s%s", w->store->root, name, watcher_config(w)->marker);
	(void)unlink(path);
}

static int move_in(const struct watcher *w, const char *name, const char *folder, struct err *err)
{
	char from[STORE_PATH + 300], to[STORE_PATH + 600];

	snprintf(from, sizeof from, "%s/%s", w->store->root, name);
	snprintf(to, sizeof to, "%s/%s", folder, name);
	return store_move(from, to, err);
}

/* queue/.KEY is filled, then becomes queue/KEY: whole or not at all. Under the lock of the rooms. */
static int claim_locked(struct watcher *w, const struct drop *drop, char key[STORE_KEY], struct err *err)
{
	char base[STORE_KEY], hidden[STORE_KEY + 1], folder[STORE_PATH], path[STORE_PATH];

	store_name_key(drop->name, base);
	snprintf(key, STORE_KEY, "%s", base);
	for (int n = 2; !record_key_free(w->service, key); n++)
		snprintf(key, STORE_KEY, "%.110s-%d", base, n);
	snprintf(hidden, sizeof hidden, ".%s", key);
	int rc = store_make(store_path(w->store, STORE_QUEUE, hidden, folder), err);
	if (rc == 0)
		rc = move_in(w, drop->name, folder, err);
	for (int i = 0; i < w->n && rc == 0 && is_header(drop); i++)
		if (&w->drops[i] != drop && !w->drops[i].folder && !w->drops[i].other &&
		    same_stem(drop->name, w->drops[i].name) && !is_marker(w, &w->drops[i]))
			rc = move_in(w, w->drops[i].name, folder, err);
	if (rc < 0) {
		(void)rmdir(folder);
		return rc;
	}
	rc = store_move(folder, store_path(w->store, STORE_QUEUE, key, path), err);
	return rc == 0 ? queue_put(&w->service->queue, w->store, key, err) : rc;
}

static int claim(struct watcher *w, const struct drop *drop, struct err *err)
{
	char key[STORE_KEY], quoted[300];

	pthread_mutex_lock(&w->service->rooms);
	int rc = claim_locked(w, drop, key, err);
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

	if (drop->folder || drop->other || drop->size < sizeof head)
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
static int join_series(struct watcher *w, const struct drop *drop, struct err *err)
{
	char path[STORE_PATH + 300], key[STORE_KEY], name[STORE_KEY];
	struct dicom_ids ids;

	snprintf(path, sizeof path, "%s/%s", w->store->root, drop->name);
	if (drop->size > watcher_config(w)->max_size || dicom_ids_read(path, &ids, err) < 0)
		return 0;
	store_uid_key(ids.series, key);
	store_uid_key(ids.sop, name);
	int rc = collect_place(w->service, w->store, path, key, name, false, err);
	if (rc < 0)
		return rc;
	remove_marker(w, drop->name);
	return 1;
}

static int take(struct watcher *w, const struct drop *drop, struct err *err)
{
	if (is_dicom(w, drop)) {
		int rc = join_series(w, drop, err);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	return claim(w, drop, err);
}

static bool gone(const struct watcher *w, const char *name)
{
	char path[STORE_PATH + 300];

	snprintf(path, sizeof path, "%s/%s", w->store->root, name);
	return !store_exists(path);
}

int watcher_claim(struct watcher *w, struct err *err)
{
	const struct serve_config *c = service_config(w->service);
	int waiting = 0, failure = 0;
	struct err why;

	for (int i = 0; i < w->n && !atomic_load(&w->service->stopping); i++) {
		const struct drop *drop = &w->drops[i];
		if (is_marker(w, drop) || gone(w, drop->name)) /* it went along with its header */
			continue;
		if (drop->folder && drop->size == 0)
			continue; /* somebody may be about to fill it */
		if (!is_quiet(w, drop) || waits_for_header(w, drop) || !has_marker(w, drop) ||
		    queue_length(&w->service->queue, NULL) >= c->queue) {
			waiting++;
			continue;
		}
		/* one that cannot be moved must not keep the others */
		int rc = take(w, drop, failure ? &why : err);
		if (rc < 0 && !failure)
			failure = rc;
	}
	return failure ? failure : waiting;
}
