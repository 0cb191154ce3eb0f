/* Single slices, each a series of its own: those of one study become one job. Its key is the study's UID, and its
 * objects are called SERIES_SOP.dcm, so that a series of which only the first slice had come gets it back. */
#define _GNU_SOURCE
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
	return series->key[0] && series->objects == 1 && series->one_frame && series->study[0] && !series->joined &&
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
	series->joined = strchr(names[0], '_') != NULL; /* SERIES_SOP.dcm; UIDs have none */
	store_free_names(names, n);
}

/* ---- together ---- */

/* Has the study a job already? Then what comes later joins it. A series of many slices may have the UID of a study, by
 * mistake or on purpose: while it arrives nothing joins it. */
static bool has_job(struct service *s, struct store *store, const char *study)
{
	const struct collect_series *series = collect_find(&s->collect, store, study);
	char path[STORE_PATH];

	if (series)
		return series->joined;
	return queue_has(&s->queue, study) ||
	       store_exists(record_path(s, study, path)) ||
	       store_exists(store_path(store, STORE_QUARANTINE, study, path));
}

/* Single slices of one study: `order` has their places in the list of series, one after the other. */
struct group {
	const int *order;
	int n;
};

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
		rc = store_replace(from, to, err);
	}
	store_free_names(names, n);
	return rc;
}

/* All of a group become one series, which is complete. After an error some have been moved; the next try finds nothing
 * to move in these. */
static int join(struct service *s, struct group g, struct gppi_error *err)
{
	struct collect *c = &s->collect;
	const struct collect_series first = c->series[g.order[0]];
	struct collect_series *joined = collect_find_or_add(c, first.store, first.study);
	char into[STORE_PATH], left[STORE_PATH];
	struct gppi_error why;

	if (!joined)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a series", first.study);
	joined->last = clock_now();
	int rc = collect_make(first.store, first.study, into, err);
	for (int i = 0; i < g.n && rc == 0; i++)
		rc = move_one(&c->series[g.order[i]], into, err);
	if (rc == 0)
		rc = store_sync(into, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < g.n; i++) {
		struct collect_series *series = &c->series[g.order[i]];
		store_path(series->store, STORE_INCOMING, series->key, left);
		if (store_exists(left) && store_remove(left, &why) < 0)
			serve_log(LOG_BAD, "error what=\"%s\"", why.text);
		series->key[0] = '\0';
	}
	joined->joined = true;
	joined->objects += g.n;
	serve_log(LOG_INFO, "joined study=%s slices=%d", first.study, g.n);
	return 0;
}

/* The same; what fails is tried again after another quiet time, and none goes on alone before. */
static void try_join(struct service *s, struct group g)
{
	struct gppi_error err;

	if (join(s, g, &err) == 0)
		return;
	serve_log(LOG_BAD, "error what=\"%s\"", err.text);
	for (int i = 0; i < g.n; i++) {
		struct collect_series *series = &s->collect.series[g.order[i]];
		series->waiting = true;
		series->last = clock_now();
	}
}

static int by_study(const void *a, const void *b, void *user)
{
	const struct collect *c = user;
	const struct collect_series *x = &c->series[*(const int *)a], *y = &c->series[*(const int *)b];

	return x->store != y->store ? (x->store < y->store ? -1 : 1) : strcmp(x->study, y->study);
}

/* Where not all slices of a study are complete, none is to go on; nor while a series arrives that has the study's
 * UID. */
static void join_if_complete(struct service *s, struct group g)
{
	struct collect_series *series = s->collect.series;
	const struct collect_series *first = &series[g.order[0]];
	bool all = true;

	for (int i = 0; i < g.n && all; i++)
		all = collect_is_complete(s, &series[g.order[i]]);
	if (all && g.n < LEAST)
		return;
	if (all) {
		const struct collect_series *other = collect_find(&s->collect, first->store, first->study);
		all = !other || other->joined || !other->objects;
	}
	for (int i = 0; i < g.n && !all; i++)
		series[g.order[i]].waiting = true;
	if (all)
		try_join(s, g);
}

void lone_join(struct service *s, double end)
{
	struct collect *c = &s->collect;
	int n = 0, next;
	int *order = malloc(((size_t)c->n + 1) * sizeof *order);

	for (int i = 0; i < c->n; i++) {
		bool lone = lone_is(&c->series[i]);
		c->series[i].waiting = lone && !order;
		if (lone && order)
			order[n++] = i;
	}
	if (!order) /* with the next tick */
		return;
	qsort_r(order, (size_t)n, sizeof *order, by_study, c);
	for (int i = 0; i < n; i = next) {
		for (next = i + 1; next < n && by_study(&order[i], &order[next], c) == 0; next++)
			;
		if (clock_now() < end)
			join_if_complete(s, (struct group){ .order = order + i, .n = next - i });
		else
			for (int k = i; k < next; k++)
				c->series[order[k]].waiting = true;
	}
	free(order);
}

bool lone_join_late(struct service *s, int i)
{
	const struct collect_series *series = &s->collect.series[i];

	if (!lone_is(series) || !has_job(s, series->store, series->study))
		return false;
	try_join(s, (struct group){ .order = &i, .n = 1 });
	return true;
}

void lone_gather(struct service *s, int i)
{
	const struct collect *c = &s->collect;

	for (int k = 0; k < c->n && c->series[i].joined; k++)
		if (lone_is(&c->series[k]) && c->series[k].store == c->series[i].store &&
		    strcmp(c->series[k].study, c->series[i].key) == 0 && collect_is_complete(s, &c->series[k]))
			try_join(s, (struct group){ .order = &k, .n = 1 });
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
		rc = store_replace(from, to, err);
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
