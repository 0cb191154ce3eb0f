/* From what is to be read to the record: a worker process reads it, its result is published here. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "serve/core/log.h"
#include "serve/jobs/work_check.h"
#include "serve/jobs/worker.h"
#include "serve/store/publish.h"

/* What the worker has given. */
struct output {
	struct worker worker;
	char *json, *csv, *page;
	size_t page_size;
	bool unbegun;   /* the folders for it cannot be made */
	bool unwritten; /* the data are good, but a result cannot be written */
};

/* How often a worker is believed that tells of trouble of the service which that does not find: it may be over by then.
 * With the pauses between, 10 minutes. */
#define DOUBTS_MOST 15

/* Is a failure temporary (memory, disk), rather than a fault of the data? */
static bool may_pass(int code, const struct work *w)
{
	return code == GPPI_E_CANCELLED || ((code == GPPI_E_IO || code == GPPI_E_NOMEM) && w->job->failures < 3);
}

/* Weights, and disks that take no results, are no fault of the data, and are waited for as long as it takes; who only
 * says so is not. */
static enum outcome believe(const struct work *w, bool found, struct gppi_error *err)
{
	char text[sizeof err->text];

	if (found || queue_doubt(&w->service->queue, w->job) <= DOUBTS_MOST)
		return WORK_LATER;
	snprintf(text, sizeof text, "%s", err->text);
	err_set(err, GPPI_E_FORMAT, "%s: the worker that read it told %d times of trouble that the service does not "
		"find (%s); it may be made to do harm", w->job->key, DOUBTS_MOST + 1, text);
	return WORK_BAD;
}

static enum outcome judge(const struct work *w, const struct output *out, int rc, struct gppi_error *err)
{
	if (rc == GPPI_E_CANCELLED && atomic_load(&w->late)) {
		err_set(err, GPPI_E_CANCELLED,
			"%s: was not done after %d s, which is job_timeout in the configuration; it is "
			"larger than this machine can do in that time, or made to take long",
			w->job->key, service_config(w->service)->job_timeout);
		return WORK_BAD;
	}
	if (out->unbegun)
		return WORK_LATER;
	if (out->unwritten)
		return believe(w, !work_check_disk(w), err);
	if (rc == GPPI_E_WEIGHTS)
		return believe(w, !work_check_weights(w), err);
	return may_pass(rc, w) ? WORK_LATER : WORK_BAD;
}

/* Its part of the study page. Where it cannot be had, there is a result without. */
static int page(struct work *w, struct output *out, struct gppi_error *err)
{
	int rc = worker_page(w, &out->worker, &out->page, &out->page_size, err);

	if (rc == 0)
		return out->page ? work_check_page(w, out->page, out->page_size, err) : 0;
	if (rc == GPPI_E_CANCELLED && !atomic_load(&w->late))
		return rc;
	serve_log(LOG_WARN, "page_part_failed key=%s what=\"%s\"", w->job->key, err->text);
	return 0;
}

/* All that it gives, looked at. Behind that it has ended, and writes to its folders no more. */
static int take(struct work *w, struct output *out, struct gppi_error *err)
{
	int rc = worker_start(w, &out->worker, err);

	if (rc == 0)
		rc = worker_result(w, &out->worker, &out->json, &out->csv, &out->unwritten, err);
	double seen = clock_now();
	if (rc == 0)
		rc = work_check_lines(w, out->json, out->csv, err);
	if (rc == 0)
		rc = page(w, out, err);
	worker_end(w, &out->worker);
	if (rc == 0) {
		rc = work_check_folders(w, err);
		out->unwritten = rc == GPPI_E_IO;
	}
	w->seconds_after = clock_now() - seen;
	return rc;
}

/* The result appears, and is recorded. */
static enum outcome commit(struct work *w, const struct output *out, struct gppi_error *err)
{
	double begin = clock_now();
	int rc = results_commit(w->service, w->job, &w->record, out->json, out->csv, err);

	if (rc == 0 && out->page && service_config(w->service)->page)
		rc = results_page(w, out->page, out->page_size, err);
	if (rc == 0)
		rc = results_record(w->service, w->job->key, &w->record, err);
	w->seconds_after += clock_now() - begin;
	/* the data are good: results that cannot be written now will be later */
	return rc < 0 ? WORK_LATER : WORK_DONE;
}

/* What is not published goes at once: it may be as much as the disk takes. */
static void drop(const struct work *w)
{
	char folder[STORE_PATH];
	struct gppi_error err;

	if (store_remove(publish_new(w->service, w->job->key, folder), &err) < 0)
		serve_log(LOG_WARN, "error what=\"%s\"", err.text);
}

enum outcome work_detect(struct work *w, struct gppi_error *err)
{
	struct output out = { .worker = { .answers = -1, .says = -1 } };
	enum outcome outcome;
	int rc = results_begin(w->service, w->job->key, err);

	out.unbegun = rc < 0;
	if (rc == 0)
		rc = take(w, &out, err);
	if (rc < 0)
		outcome = judge(w, &out, rc, err);
	else if (!work_input_is_same(w))
		outcome = WORK_NOTHING; /* the scan was replaced while it was read */
	else
		outcome = commit(w, &out, err);
	if (outcome != WORK_DONE)
		drop(w);
	free(out.json);
	free(out.csv);
	free(out.page);
	return outcome;
}
