/* Single slices, each a series of its own: those of one study become one job. Its key is the study's UID, and its
 * objects are called SERIES_SOP.dcm, so that a series of which only the first slice had come gets it back. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/core/collect.h"
#include "serve/core/ids.h"
#include "serve/core/log.h"
#include "serve/core/service.h"
#include "serve/watch/guard.h"

#define LEAST 2 /* slices */

bool lone_is(const struct collect_series *series)
{
	return series->objects == 1 && series->one_frame && series->study[0] && !series->joined &&
	       strcmp(series->study, series->key) != 0;
}

void lone_note(struct collect_series *series, const struct dicom_ids *ids, int more)
{
	if (!series->objects) {
		if (ids->study[0])
			store_uid_key(ids->study, series->study);
		series->one_frame = strtol(ids->frames, NULL, 10) <= 1;
	}
	series->objects += more;
}

void lone_recover(struct collect_series *series)
{
	char data[STORE_PATH], path[STORE_PATH + 300], **names;
	struct dicom_ids ids;
	struct gppi_error err;
	int n = store_names(store_data(series->store, STORE_INCOMING, series->key, data), &names, &err);

	if (n <= 0)
		return;
	snprintf(path, sizeof path, "%s/%s", data, names[0]);
	guard_begin(path);
	int rc = dicom_ids_read(path, &ids, &err);
	guard_end();
	if (rc == 0)
		lone_note(series, &ids, n);
	else
		series->objects = n;
	store_free_names(names, n);
}

/* ---- together ---- */

/* Has the study a job already? Then what comes later joins it. */
static bool has_job(struct service *s, struct store *store, const char *study)
{
	char path[STORE_PATH];

	return collect_find(&s->collect, store, study) || queue_has(&s->queue, study) ||
	       store_exists(record_path(s, study, path)) ||
	       store_exists(store_path(store, STORE_QUARANTINE, study, path));
}

/* Its object to incoming/STUDY. */
static int move_one(const struct collect_series *series, const char *into, struct gppi_error *err)
{
	char data[STORE_PATH], from[STORE_PATH + 300], to[STORE_PATH + STORE_KEY + 300], **names;
	int rc = 0, n;

	if (!store_exists(store_data(series->store, STORE_INCOMING, series->key, data)))
		return 0; /* somebody has taken it away */
	n = store_names(data, &names, err);
	if (n < 0)
		return n;
	for (int i = 0; i < n && rc == 0; i++) {
		snprintf(from, sizeof from, "%s/%s", data, names[i]);
		snprintf(to, sizeof to, "%s/%s_%s", into, series->key, names[i]);
		if (rename(from, to) != 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be moved: %s", from, strerror(errno));
	}
	store_free_names(names, n);
	if (rc == 0)
		rc = store_sync(into, err);
	return rc == 0 ? store_remove(store_path(series->store, STORE_INCOMING, series->key, data), err) : rc;
}

/* Single slices of one study: `order` has their places in the list of series, one after the other. */
struct group {
	const int *order;
	int n;
};

/* All of a group become one series. Those that are moved lose their key, and go when no place is needed any more. */
static int join(struct service *s, struct group g, struct gppi_error *err)
{
	struct collect *c = &s->collect;
	const struct collect_series first = c->series[g.order[0]];
	char into[STORE_PATH];
	int rc = collect_make(first.store, first.study, into, err);

	for (int i = 0; i < g.n && rc == 0; i++) {
		struct collect_series *series = &c->series[g.order[i]];
		rc = move_one(series, into, err);
		if (rc == 0)
			series->key[0] = '\0';
	}
	if (rc < 0)
		return rc;
	struct collect_series *joined = collect_find_or_add(c, first.store, first.study);
	if (!joined)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a series", first.study);
	joined->joined = true;
	joined->last = clock_now();
	joined->objects += g.n;
	serve_log(LOG_INFO, "joined study=%s slices=%d", first.study, g.n);
	return 0;
}

static int by_study(const void *a, const void *b, void *user)
{
	const struct collect *c = user;
	const struct collect_series *x = &c->series[*(const int *)a], *y = &c->series[*(const int *)b];

	return x->store != y->store ? (x->store < y->store ? -1 : 1) : strcmp(x->study, y->study);
}

/* Where not all slices of a study are complete, none is to go on. A single one goes on alone: lone_join_late(). */
static int join_if_complete(struct service *s, struct group g, struct gppi_error *err)
{
	struct collect_series *series = s->collect.series;
	bool all = true;

	for (int i = 0; i < g.n && all; i++)
		all = collect_is_complete(s, &series[g.order[i]]);
	for (int i = 0; i < g.n && !all; i++)
		series[g.order[i]].waiting = true;
	return all && g.n >= LEAST ? join(s, g, err) : 0;
}

static void forget_moved(struct collect *c)
{
	for (int i = c->n - 1; i >= 0; i--)
		if (!c->series[i].key[0])
			collect_forget(c, &c->series[i]);
}

void lone_join(struct service *s)
{
	struct collect *c = &s->collect;
	struct gppi_error err;
	int n = 0, done = 0, end, rc = 0;
	int *order = malloc(((size_t)c->n + 1) * sizeof *order);

	for (int i = 0; i < c->n; i++) {
		c->series[i].waiting = !order; /* with the next tick */
		if (order && lone_is(&c->series[i]))
			order[n++] = i;
	}
	if (!order)
		return;
	qsort_r(order, (size_t)n, sizeof *order, by_study, c);
	while (done < n && rc == 0) {
		for (end = done + 1; end < n && by_study(&order[done], &order[end], c) == 0; end++)
			;
		rc = join_if_complete(s, (struct group){ .order = order + done, .n = end - done }, &err);
		done = rc == 0 ? end : done;
	}
	if (rc < 0)
		serve_log(LOG_BAD, "error what=\"%s\"", err.text);
	for (; done < n; done++) /* after an error: with the next tick */
		c->series[order[done]].waiting = true;
	forget_moved(c);
	free(order);
}

bool lone_join_late(struct service *s, int i)
{
	const struct collect_series *series = &s->collect.series[i];
	struct gppi_error err;

	if (!lone_is(series) || !has_job(s, series->store, series->study))
		return false;
	if (join(s, (struct group){ .order = &i, .n = 1 }, &err) < 0)
		serve_log(LOG_BAD, "error what=\"%s\"", err.text);
	forget_moved(&s->collect);
	return true;
}

int lone_take_back(const struct collect_series *series, const char *data, struct gppi_error *err)
{
	char job[STORE_PATH], failed[STORE_PATH], from[STORE_PATH + 300], to[STORE_PATH + 300], **names;
	size_t length = strlen(series->key);
	int rc = 0, left = 0;

	if (!series->study[0] || !store_exists(store_data(series->store, STORE_QUARANTINE, series->study, failed)))
		return 0;
	int n = store_names(failed, &names, err);
	for (int i = 0; i < n && rc == 0; i++) {
		if (strncmp(names[i], series->key, length) != 0 || names[i][length] != '_') {
			left++;
			continue;
		}
		snprintf(from, sizeof from, "%s/%s", failed, names[i]);
		snprintf(to, sizeof to, "%s/%s", data, names[i] + length + 1);
		if (rename(from, to) != 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be moved: %s", from, strerror(errno));
	}
	if (n < 0)
		return n;
	store_free_names(names, n);
	if (rc == 0 && left < n)
		rc = store_sync(data, err);
	if (rc == 0 && !left)
		rc = store_remove(store_path(series->store, STORE_QUARANTINE, series->study, job), err);
	return rc;
}
