#define _GNU_SOURCE
#include "serve/core/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/core/ids.h"
#include "serve/core/log.h"
#include "serve/core/service.h"

#define TICK_SECONDS 0.5  /* after which a tick is over, and the next one goes on */
#define SERIES_MOST 16384 /* that are arriving: many studies whose slices are a series each */

struct collect_series *collect_find(struct collect *c, const struct store *store, const char *key)
{
	for (int i = 0; i < c->n; i++)
		if (c->series[i].store == store && strcmp(c->series[i].key, key) == 0)
			return &c->series[i];
	return NULL;
}

struct collect_series *collect_find_or_add(struct collect *c, struct store *store, const char *key)
{
	struct collect_series *series = collect_find(c, store, key);

	if (series)
		return series;
	if (c->n == c->room) {
		int room = c->room ? 2 * c->room : 32;
		struct collect_series *grown = realloc(c->series, (size_t)room * sizeof *grown);
		if (!grown)
			return NULL;
		c->series = grown;
		c->room = room;
	}
	series = &c->series[c->n++];
	*series = (struct collect_series){ .store = store };
	snprintf(series->key, sizeof series->key, "%s", key);
	return series;
}

void collect_free(struct collect *c)
{
	free(c->series);
	*c = (struct collect){ 0 };
}

int collect_make(const struct store *store, const char *key, char data[STORE_PATH], struct gppi_error *err)
{
	char job[STORE_PATH], room[STORE_PATH];

	if (store_exists(store_data(store, STORE_INCOMING, key, data)))
		return 0;
	int rc = store_make(store_path(store, STORE_INCOMING, key, job), err);
	if (rc == 0)
		rc = store_make(data, err);
	if (rc == 0)
		rc = store_sync(job, err);
	return rc == 0 ? store_sync(store_path(store, STORE_INCOMING, NULL, room), err) : rc;
}

/* Under the lock: the rename, and the folder, open, to be synced without the lock. */
static int place(struct service *s, struct store *store, const char *temp, const struct dicom_ids *ids, bool join,
		 int *folder, struct gppi_error *err)
{
	char path[STORE_PATH], to[STORE_PATH + STORE_KEY + 8], key[STORE_KEY], name[STORE_KEY];

	store_uid_key(ids->series, key);
	store_uid_key(ids->sop, name);
	if (s->collect.n >= SERIES_MOST && !collect_find(&s->collect, store, key))
		return err_set(err, GPPI_E_IO,
			       "%s: not taken now: %d series wait to be complete or for room in the queue", key,
			       SERIES_MOST);
	int rc = collect_make(store, key, path, err);
	if (rc < 0)
		return rc;
	struct collect_series *series = collect_find_or_add(&s->collect, store, key);
	if (!series)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a series", key);
	snprintf(to, sizeof to, "%s/%s.dcm", path, name);
	bool again = store_exists(to);
	*folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*folder < 0)
		return err_set(err, GPPI_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
	rc = store_replace(temp, to, err);
	if (rc < 0) {
		close(*folder);
		*folder = -1;
		return rc;
	}
	lone_note(series, ids, again ? 0 : 1);
	series->last = clock_now();
	series->open += join ? 1 : 0;
	series->released = series->cut = false;
	return 0;
}

int collect_place(struct service *s, struct store *store, const char *temp, const struct dicom_ids *ids, bool join,
		  struct gppi_error *err)
{
	char key[STORE_KEY];
	int folder = -1;

	store_uid_key(ids->series, key);
	pthread_mutex_lock(&s->rooms);
	int rc = place(s, store, temp, ids, join, &folder, err);
	pthread_mutex_unlock(&s->rooms);
	if (rc < 0)
		return rc;
	/* a drop needs no sync: without the rename it lies where it was */
	if (!store->watch && fsync(folder) != 0 && errno != EINVAL && errno != ENOTSUP)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be synced: %s", key, strerror(errno));
	close(folder);
	if (rc < 0 && join)
		collect_leave(s, store, key, COLLECT_CUT);
	return rc;
}

void collect_leave(struct service *s, struct store *store, const char *key, enum collect_end end)
{
	pthread_mutex_lock(&s->rooms);
	struct collect_series *series = collect_find(&s->collect, store, key);
	if (series) {
		if (series->open > 0)
			series->open--;
		series->last = clock_now();
		series->released = end == COLLECT_RELEASED;
		series->cut = end == COLLECT_CUT;
	}
	pthread_mutex_unlock(&s->rooms);
}

int collect_count(struct service *s)
{
	pthread_mutex_lock(&s->rooms);
	int n = s->collect.n;
	pthread_mutex_unlock(&s->rooms);
	return n;
}

int collect_recover(struct service *s, struct store *store, const char *key, struct gppi_error *err)
{
	if (collect_find(&s->collect, store, key))
		return 0;
	struct collect_series *series = collect_find_or_add(&s->collect, store, key);
	if (!series)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a series", key);
	series->last = clock_now();
	series->cut = true; /* nobody knows how its association ended */
	lone_recover(series);
	return 0;
}

/* ---- a series is complete ---- */

bool collect_is_complete(const struct service *s, const struct collect_series *series)
{
	const struct serve_config *c = service_config(s);
	double quiet = clock_now() - series->last;

	if (series->joined && !series->cut)
		return true;
	if (series->store->watch)
		return quiet >= c->watch[series->store - s->watch].quiet_time;
	if (series->cut)
		return series->open == 0 && quiet >= c->dicom.abort_wait;
	/* a single slice is no scan: others of its study may come by another association */
	if (c->dicom.complete == SERVE_RELEASE && series->open == 0 && series->released && !lone_is(series))
		return true;
	return quiet >= c->dicom.quiet_time;
}

/* Are all objects of folder a in folder b? */
static bool all_in(const char *a, const char *b)
{
	char **names, path[STORE_PATH + 300];
	struct gppi_error err;
	int n = store_names(a, &names, &err);
	bool all = n >= 0;

	for (int i = 0; i < n && all; i++) {
		snprintf(path, sizeof path, "%s/%s", b, names[i]);
		all = store_exists(path);
	}
	if (n >= 0)
		store_free_names(names, n);
	return all;
}

/* Objects of an earlier part that have not come again join the new ones. */
static int merge(const char *old, const char *into, struct gppi_error *err)
{
	char **names, from[STORE_PATH + 300], to[STORE_PATH + 300];
	int n = store_names(old, &names, err), rc = n < 0 ? n : 0;

	for (int i = 0; i < n && rc == 0; i++) {
		snprintf(from, sizeof from, "%s/%s", old, names[i]);
		snprintf(to, sizeof to, "%s/%s", into, names[i]);
		if (!store_exists(to))
			rc = store_replace(from, to, err);
	}
	if (n >= 0)
		store_free_names(names, n);
	return rc == 0 ? store_sync(into, err) : rc;
}

/* The series was answered before: 1 nothing new, 0 go on with all that is known of it, 2 it is in quarantine. */
static int compare(struct service *s, struct store *store, const char *key, const char *path, struct gppi_error *err)
{
	char done[STORE_PATH], job[STORE_PATH];
	struct record now, old;
	int rc = record_of(path, &now, err);

	if (rc < 0 || !record_read(record_path(s, key, job), &old))
		return rc;
	store_data(store, STORE_DONE, key, done);
	if (strcmp(now.hex, old.hex) == 0 || (store_exists(done) && all_in(path, done)))
		return 1;
	if (store_exists(done)) {
		rc = merge(done, path, err);
		return rc == 0 ? store_remove(store_path(store, STORE_DONE, key, job), err) : rc;
	}
	if (now.objects >= old.objects)
		return 0;
	store_path(store, STORE_INCOMING, key, job);
	return store_quarantine(store, job, key, "this is a part of a series that was answered before, and its other "
				"slices are kept no more; send the whole series again", err) == 0 ? 2 : GPPI_E_IO;
}

/* A series that failed, and whose missing objects have come: on with all of it. */
static int join_failed(struct store *store, const char *key, const char *data, struct gppi_error *err)
{
	char job[STORE_PATH], failed[STORE_PATH];

	if (!store_exists(store_path(store, STORE_QUARANTINE, key, job)))
		return 0;
	store_data(store, STORE_QUARANTINE, key, failed);
	int rc = store_exists(failed) ? merge(failed, data, err) : 0;
	return rc == 0 ? store_remove(job, err) : rc;
}

/* 1: the entry is to be forgotten; 0: later. */
static int finish(struct service *s, const struct collect_series *series)
{
	char path[STORE_PATH], data[STORE_PATH], to[STORE_PATH];
	struct store *store = series->store;
	struct gppi_error err;

	store_path(store, STORE_INCOMING, series->key, path);
	if (!store_exists(store_data(store, STORE_INCOMING, series->key, data)))
		return 1;
	int rc = compare(s, store, series->key, data, &err);
	if (rc == 1) {
		serve_log(LOG_INFO, "duplicate series=%s", series->key);
		counters_add(&s->counters, COUNT_DUPLICATES, 1);
		rc = store_remove(path, &err);
		return rc == 0 ? 1 : 0;
	}
	if (rc == 2) {
		serve_log(LOG_WARN, "quarantined series=%s reason=\"part of an answered series\"", series->key);
		counters_add(&s->counters, COUNT_QUARANTINED, 1);
		return 1;
	}
	if (rc == 0)
		rc = join_failed(store, series->key, data, &err);
	if (rc == 0 && series->objects > 1)
		rc = lone_take_back(series, data, &err);
	if (rc == 0)
		rc = store_move(path, store_path(store, STORE_QUEUE, series->key, to), &err);
	if (rc == 0)
		rc = queue_put(&s->queue, store, series->key, &err);
	if (rc < 0) {
		serve_log(LOG_BAD, "error what=\"%s\"", err.text);
		return 0;
	}
	counters_add(&s->counters, COUNT_SERIES, 1);
	serve_log(LOG_INFO, "complete series=%s", series->key);
	return 1;
}

/* In order: the oldest series is the first to go on. */
static void forget_gone(struct collect *c)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		if (c->series[i].key[0])
			c->series[n++] = c->series[i];
	c->n = n;
}

static bool has_room(struct service *s)
{
	return queue_length(&s->queue, NULL) < service_config(s)->queue;
}

void collect_tick(struct service *s)
{
	const double end = clock_now() + TICK_SECONDS;

	pthread_mutex_lock(&s->rooms);
	bool room = has_room(s); /* where there is none at first, lone_join() has not looked: then nothing goes on */
	if (room)
		lone_join(s, end);
	for (int i = 0; i < s->collect.n && room && clock_now() < end; i++, room = has_room(s)) {
		struct collect_series *series = &s->collect.series[i];
		if (!series->key[0] || series->waiting || !collect_is_complete(s, series) ||
		    queue_has(&s->queue, series->key) || lone_join_late(s, i))
			continue;
		lone_gather(s, i);
		series = &s->collect.series[i];
		if (finish(s, series))
			series->key[0] = '\0';
		else
			series->last = clock_now(); /* once more, after another quiet time */
	}
	forget_gone(&s->collect);
	pthread_mutex_unlock(&s->rooms);
}
