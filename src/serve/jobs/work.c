/* A worker: one job after the other, from queue/ to done/ or quarantine/. */
#define _GNU_SOURCE
#include "serve/core/work.h"

#include <string.h>

#include "serve/core/log.h"
#include "serve/watch/guard.h"
#include "serve/watch/look.h"

static void write_state(struct work *w)
{
	struct gppi_error err;

	if (state_write(w->folder, &w->state, &err) < 0)
		serve_log(LOG_WARN, "error what=\"%s\"", err.text);
}

/* The sentences of the library name files in work/, which a person will find in quarantine/. */
static void tell_new_place(const struct work *w, struct gppi_error *err)
{
	char there[STORE_PATH], text[2 * STORE_PATH];
	const char *at = strstr(err->text, w->folder);

	if (!at)
		return;
	store_path(w->job->store, STORE_QUARANTINE, w->job->key, there);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - err->text), err->text, there, at + strlen(w->folder));
	err_set(err, err->code, "%s", text);
}

static int to_done(struct work *w, struct gppi_error *err)
{
	const struct store *store = w->job->store;
	char done[STORE_PATH];

	/* data that were left in place are not moved */
	if (w->state.source[0] || (!store->watch && service_config(w->service)->keep_done_days == 0))
		return store_remove(w->folder, err);
	store_path(store, STORE_DONE, w->job->key, done);
	int rc = store_exists(done) ? store_remove(done, err) : 0; /* an older, smaller form of this series */
	return rc == 0 ? store_move(w->folder, done, err) : rc;
}

static void finish_done(struct work *w, double start)
{
	struct service *s = w->service;
	struct gppi_error err;

	w->state.attempts = 0;
	write_state(w);
	place_answered(s, w->state.source, w->job->key, w->record.hex, w->job->key);
	if (to_done(w, &err) < 0)
		serve_log(LOG_BAD, "error what=\"%s\"", err.text); /* recover_store() does it at the next start */
	counters_add(&s->counters, COUNT_RESULTS, 1);
	counters_add(&s->counters, COUNT_REVIEW, w->review > 0);
	serve_log(LOG_INFO, "done key=%s bones=%d failed=%d review=%d seconds=%.2f page=%.2f", w->job->key, w->bones,
		  w->failed, w->review, clock_now() - start, w->seconds_after);
}

/* WORK_LATER where it cannot be moved. */
static enum outcome finish_bad(struct work *w, struct gppi_error *err)
{
	char data[STORE_PATH];
	struct look look = { 0 };
	struct gppi_error why;

	store_data(w->job->store, STORE_WORK, w->job->key, data);
	/* of a watch folder: somebody may still be writing to it */
	if (w->job->store->watch && look_path(data, &look))
		w->state.look = look.state;
	w->state.attempts = 0;
	write_state(w);
	tell_new_place(w, err);
	results_none(w, err->text);
	if (store_quarantine(w->job->store, w->folder, w->job->key, err->text, &why) < 0) {
		*err = why;
		return WORK_LATER;
	}
	counters_add(&w->service->counters, COUNT_QUARANTINED, 1);
	serve_log(LOG_WARN, "quarantined key=%s code=%d", w->job->key, err->code);
	return WORK_BAD;
}

/* Is the job in none of its rooms, though the rooms exist? Then a person has removed it. */
static bool is_gone(struct service *s, const struct job *job)
{
	char room[STORE_PATH], queued[STORE_PATH], work[STORE_PATH];

	store_path(job->store, STORE_QUEUE, job->key, queued);
	store_path(job->store, STORE_WORK, job->key, work);
	pthread_mutex_lock(&s->rooms); /* the share may just be coming back */
	bool gone = store_is_there(job->store) && store_exists(store_path(job->store, STORE_QUEUE, NULL, room)) &&
		    !store_exists(queued) && !store_exists(work);
	pthread_mutex_unlock(&s->rooms);
	return gone;
}

/* To work/KEY. After a failure to move on, it is there already. */
static enum outcome begin(struct work *w, struct gppi_error *err)
{
	const struct job *job = w->job;
	char queued[STORE_PATH], note[STORE_PATH + 16];

	store_path(job->store, STORE_QUEUE, job->key, queued);
	store_path(job->store, STORE_WORK, job->key, w->folder);
	if (!store_exists(w->folder) && store_move(queued, w->folder, err) < 0) {
		if (err->code == GPPI_E_FORMAT) { /* somebody has exchanged it: it holds no place in the queue */
			serve_log(LOG_WARN, "not_taken key=%s what=\"%s\"", job->key, err->text);
			return WORK_NOTHING;
		}
		if (!is_gone(w->service, job))
			return WORK_LATER;
		serve_log(LOG_WARN, "gone key=%s", job->key);
		return WORK_NOTHING;
	}
	snprintf(note, sizeof note, "%s/" STORE_REASON, w->folder); /* of an earlier attempt, moved back by hand */
	(void)store_remove(note, NULL);
	state_read(w->folder, &w->state);
	w->state.attempts++;
	w->state.crashed = false;
	if (!w->state.source[0])
		w->state.look = 0;
	write_state(w);
	return WORK_DONE;
}

/* That of where it came from. */
static double voxel_um(const struct work *w)
{
	const struct serve_config *c = service_config(w->service);
	int watch = work_watch(w);

	return watch >= 0 ? c->watch[watch].voxel_um : c->dicom.voxel_um;
}

static enum outcome run(struct work *w, struct gppi_error *err)
{
	const int timeout = service_config(w->service)->job_timeout;
	double start = clock_now();
	struct gppi_error why;
	enum outcome outcome = begin(w, err);

	if (outcome != WORK_DONE)
		return outcome;
	w->deadline = timeout ? start + timeout : 0;
	w->voxel_um = voxel_um(w);
	guard_begin(w->folder);
	outcome = work_input(w, err);
	if (outcome == WORK_DONE)
		outcome = work_detect(w, err);
	guard_end();
	if (outcome == WORK_DONE) {
		finish_done(w, start);
	} else if (outcome == WORK_BAD) {
		outcome = finish_bad(w, err);
	} else if (outcome == WORK_LATER) {
		w->state.attempts--;
		write_state(w);
	} else if (store_remove(w->folder, &why) < 0) {
		serve_log(LOG_BAD, "error what=\"%s\"", why.text);
	}
	return outcome;
}

void *work_thread(void *user)
{
	struct service *s = user;
	struct job *job;

	while ((job = queue_take(&s->queue))) {
		struct work w = { .service = s, .job = job };
		struct gppi_error err = { 0 };
		if (run(&w, &err) != WORK_LATER) {
			queue_finish(&s->queue, job);
			continue;
		}
		if (err.code == GPPI_E_CANCELLED) {
			queue_return(&s->queue, job, 0);
			continue;
		}
		double delay = job->failures < 6 ? 1 << job->failures : 60;
		job->failures++;
		counters_add(&s->counters, COUNT_RETRIES, 1);
		serve_log(LOG_WARN, "retry key=%s in=%.0f what=\"%s\"", job->key, delay, err.text);
		queue_return(&s->queue, job, delay);
	}
	return NULL;
}
