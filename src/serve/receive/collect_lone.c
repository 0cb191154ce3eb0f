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

static bool is_of(const struct collect_series *a, const struct collect_series *b)
{
	return lone_is(a) && a->store == b->store && strcmp(a->study, b->study) == 0;
}

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

static int join(struct service *s, const struct collect_series *one, struct gppi_error *err)
{
	struct collect_series first = *one, *joined;
	char into[STORE_PATH];
	int count = 0, rc = collect_make(first.store, first.study, into, err);

	for (int i = s->collect.n - 1; i >= 0 && rc == 0; i--) {
		struct collect_series *series = &s->collect.series[i];
		if (!is_of(series, &first))
			continue;
		rc = move_one(series, into, err);
		if (rc == 0)
			collect_forget(&s->collect, series);
		count++;
	}
	if (rc < 0)
		return rc;
	joined = collect_find_or_add(&s->collect, first.store, first.study);
	if (!joined)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory for a series", first.study);
	joined->joined = true;
	joined->last = clock_now();
	joined->objects += count;
	serve_log(LOG_INFO, "joined study=%s slices=%d", first.study, count);
	return 0;
}

/* Are all single slices of this one's study complete? If not, none is to go on. */
static bool all_complete(struct service *s, const struct collect_series *one, int *count)
{
	bool all = true;

	*count = 0;
	for (int i = 0; i < s->collect.n; i++)
		if (is_of(&s->collect.series[i], one)) {
			all = all && collect_is_complete(s, &s->collect.series[i]);
			++*count;
		}
	for (int i = 0; i < s->collect.n && !all; i++)
		if (is_of(&s->collect.series[i], one))
			s->collect.series[i].waiting = true;
	return all;
}

void lone_join(struct service *s)
{
	struct gppi_error err;
	int count;

	for (int i = 0; i < s->collect.n; i++)
		s->collect.series[i].waiting = false;
	for (int i = 0; i < s->collect.n; i++) {
		struct collect_series *series = &s->collect.series[i];
		if (!lone_is(series) || series->waiting || !all_complete(s, series, &count) ||
		    (count < LEAST && !has_job(s, series->store, series->study)))
			continue;
		if (join(s, series, &err) < 0) {
			serve_log(LOG_BAD, "error what=\"%s\"", err.text);
			return; /* with the next tick */
		}
		i = -1; /* others have taken their places */
	}
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
