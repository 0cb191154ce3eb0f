/* After a crash, a power cut or a stop: each thing back to where it belongs. What cannot be dealt with is said and
 * left where it is: one bad entry must not keep the rest from going on. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/leftover.h"
#include "serve/core/log.h"
#include "serve/core/service.h"
#include "serve/core/state.h"
#include "serve/store/publish.h"
#include "serve/watch/guard.h"
#include "serve/watch/watch.h"

static void complain(int rc, const struct gppi_error *err)
{
	if (rc < 0)
		serve_log(LOG_BAD, "error what=\"%s\"", err->text);
}

/* ---- entries that are no jobs: systems and people put things into the rooms of a watch folder ---- */

static bool is_job(const char *room, const char *name)
{
	char path[STORE_PATH + 300], inside[STORE_PATH + 320];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", room, name);
	if (!store_is_key(name) || lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return false;
	snprintf(inside, sizeof inside, "%s/" STORE_DATA, path);
	bool data = lstat(inside, &st) == 0 && S_ISDIR(st.st_mode);
	snprintf(inside, sizeof inside, "%s/state", path);
	return data || store_exists(inside);
}

/* It becomes the data of a job of its own, in quarantine. */
static int put_stray_away(struct service *s, const struct store *store, const char *room, const char *name,
			  struct gppi_error *err)
{
	static const char begun[] = "stray";
	char key[STORE_KEY], folder[STORE_PATH], data[STORE_PATH], from[STORE_PATH + 300], to[STORE_PATH + 300];

	store_name_key(name, key);
	int rc = store_begin(store, STORE_QUARANTINE, begun, data, err);
	if (rc < 0)
		return rc;
	snprintf(from, sizeof from, "%s/%s", room, name);
	snprintf(to, sizeof to, "%s/%s", data, name);
	rc = store_move(from, to, err);
	if (rc < 0)
		return rc;
	counters_add(&s->counters, COUNT_QUARANTINED, 1);
	serve_log(LOG_WARN, "quarantined key=%s reason=\"no job of the service\"", key);
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(data, '/') - data), data);
	return store_quarantine(store, folder, key,
				"it lay in a folder in which only the service puts things; to have it "
				"answered, move it into the watch folder itself", err);
}

/* Names of the jobs in a room; everything else there is put away. */
static int jobs_in(struct service *s, struct store *store, enum store_room which, char ***names)
{
	char room[STORE_PATH];
	struct gppi_error err;
	int n = store_names(store_path(store, which, NULL, room), names, &err), kept = 0;

	complain(n, &err);
	for (int i = 0; i < n; i++) {
		char *name = (*names)[i];
		if (is_job(room, name)) {
			(*names)[kept++] = name;
			continue;
		}
		if (!leftover_name(name))
			complain(put_stray_away(s, store, room, name, &err), &err);
		free(name);
	}
	return kept;
}

/* ---- the rooms ---- */

/* room/.KEY: a job that was being put together. */
static void finish_begun(struct store *store, enum store_room which)
{
	char room[STORE_PATH], path[STORE_PATH + 300], data[STORE_PATH + 320], state[STORE_PATH + 320];
	struct dirent *e;
	struct gppi_error err;
	DIR *dir = opendir(store_path(store, which, NULL, room));

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] != '.' || !store_is_key(e->d_name + 1))
			continue;
		snprintf(path, sizeof path, "%s/%s", room, e->d_name);
		snprintf(data, sizeof data, "%s/" STORE_DATA, path);
		snprintf(state, sizeof state, "%s/state", path);
		bool empty = store_remove_empty(data) || !store_exists(data);
		if (empty && !store_exists(state)) /* nothing was put there yet */
			complain(store_remove(path, &err), &err);
		else
			complain(store_finish(store, which, e->d_name + 1, &err), &err);
	}
	if (dir)
		closedir(dir);
}

static int quarantine(struct service *s, struct store *store, const char *key, const char *reason,
		      struct gppi_error *err)
{
	char folder[STORE_PATH];
	struct job_state state;

	store_path(store, STORE_WORK, key, folder);
	state_read(folder, &state);
	state.attempts = 0;
	state.crashed = false;
	int rc = state_write(folder, &state, err);
	if (rc < 0)
		return rc;
	counters_add(&s->counters, COUNT_QUARANTINED, 1);
	serve_log(LOG_WARN, "quarantined key=%s reason=\"%s\"", key, reason);
	return store_quarantine(store, folder, key, reason, err);
}

/* All of it is written: what was left to do is the way to done/. */
static int answered(struct service *s, struct store *store, const char *key, struct gppi_error *err)
{
	char folder[STORE_PATH], to[STORE_PATH];

	serve_log(LOG_NOTE, "recovered key=%s to=done", key);
	int rc = outbox_release(s->spool.root, key, err);
	if (rc < 0)
		return rc;
	store_path(store, STORE_WORK, key, folder);
	rc = store_exists(store_path(store, STORE_DONE, key, to)) ? store_remove(to, err) : 0;
	return rc == 0 ? store_move(folder, to, err) : rc;
}

/* work/KEY: answered already, to be done again, or given up. */
static int recover_work(struct service *s, struct store *store, const char *key, struct gppi_error *err)
{
	char folder[STORE_PATH], data[STORE_PATH], to[STORE_PATH], reason[200];
	struct record now = { 0 }, record;
	struct job_state state;

	store_path(store, STORE_WORK, key, folder);
	state_read(folder, &state);
	state.attempts -= s->stopped_within && state.attempts > 0;
	if (store_exists(store_data(store, STORE_WORK, key, data)) && record_of(data, &now, err) == 0 &&
	    record_read(record_path(s, key, to), &record) && strcmp(now.hex, record.hex) == 0)
		return answered(s, store, key, err);
	bool tried_out = state.crashed || state.attempts >= service_config(s)->max_attempts;
	if (tried_out && results_are_out(s, key, &now)) {
		/* only its part of the study page, which comes after, brings the service down */
		serve_log(LOG_WARN, "no_page_part key=%s attempts=%d", key, state.attempts);
		int rc = results_record(s, key, &now, err);
		return rc == 0 ? answered(s, store, key, err) : rc;
	}
	if (state.crashed)
		return quarantine(s, store, key, CRASHED_OVER, err);
	if (tried_out) {
		snprintf(reason, sizeof reason, "the service ended %d times while it worked on this; to try again, "
			 "move it back", state.attempts);
		return quarantine(s, store, key, reason, err);
	}
	if (s->stopped_within)
		complain(state_write(folder, &state, err), err);
	serve_log(LOG_NOTE, "recovered key=%s to=queue attempts=%d", key, state.attempts);
	return store_move(folder, store_path(store, STORE_QUEUE, key, to), err);
}

/* While a share was away, another store may have used the key: a drop gets another one. */
static int recover_queued(struct service *s, struct store *store, const char *key, struct gppi_error *err)
{
	char from[STORE_PATH], to[STORE_PATH], free_key[STORE_KEY];

	snprintf(free_key, sizeof free_key, "%s", key);
	if (!store_key_is_uid(key) && (queue_has(&s->queue, key) || store_exists(record_path(s, key, from)))) {
		int rc = watch_free_key(s, key, free_key, err);
		if (rc < 0)
			return rc;
		store_path(store, STORE_QUEUE, key, from);
		rc = store_move(from, store_path(store, STORE_QUEUE, free_key, to), err);
		if (rc < 0)
			return rc;
	}
	return queue_put(&s->queue, store, free_key, err);
}

void recover_store(struct service *s, struct store *store)
{
	char **names;
	struct gppi_error err;

	finish_begun(store, STORE_QUEUE);
	finish_begun(store, STORE_DONE);
	finish_begun(store, STORE_QUARANTINE);
	finish_begun(store, STORE_WORK); /* these two are begun by a migration only */
	finish_begun(store, STORE_INCOMING);
	int n = jobs_in(s, store, STORE_WORK, &names);
	for (int i = 0; i < n; i++)
		/* of a share that came back, jobs may be under way */
		if (!queue_has_in(&s->queue, store, names[i]))
			complain(recover_work(s, store, names[i], &err), &err);
	store_free_names(names, n);
	n = jobs_in(s, store, STORE_QUEUE, &names);
	for (int i = 0; i < n; i++)
		if (!queue_has_in(&s->queue, store, names[i]))
			complain(recover_queued(s, store, names[i], &err), &err);
	store_free_names(names, n);
	n = jobs_in(s, store, STORE_INCOMING, &names);
	for (int i = 0; i < n; i++)
		complain(collect_recover(s, store, names[i], &err), &err);
	store_free_names(names, n);
}

/* Objects that were being received are files, series are folders. */
static void remove_received(const struct store *spool)
{
	char room[STORE_PATH], path[STORE_PATH + 300], **names;
	struct gppi_error err;
	int n = store_names(store_path(spool, STORE_INCOMING, NULL, room), &names, &err);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", room, names[i]);
		if (unlink(path) == 0)
			serve_log(LOG_NOTE, "temporary_removed file=%s", names[i]);
	}
	if (n >= 0)
		store_free_names(names, n);
}

int recover_all(struct service *s, struct gppi_error *err)
{
	const struct serve_config *c = service_config(s);
	char records[STORE_PATH];

	s->stopped_within = status_was_stopping(c->spool);
	snprintf(records, sizeof records, "%s/records", c->spool);
	int rc = publish_recover(s, err);
	if (rc == 0)
		rc = store_make(records, err);
	if (rc == 0)
		rc = outbox_open(c->spool, err);
	if (rc == 0)
		rc = guard_recover(s, err);
	if (rc == 0)
		rc = pages_recover(s, err);
	if (rc < 0)
		return rc;
	records_recover(s);
	store_remove_temporary(c->spool, "status.json.");
	remove_received(&s->spool);
	recover_store(s, &s->spool);
	for (int i = 0; i < c->nwatch; i++)
		if (store_is_open(&s->watch[i]))
			recover_store(s, &s->watch[i]);
	bool all = true; /* one that is away may have a job whose objects are still to be released */
	for (int i = 0; i < c->nwatch; i++)
		all = all && (store_is_open(&s->watch[i]) || c->watch[i].in_place);
	outbox_tidy(c->spool, all);
	return 0;
}
