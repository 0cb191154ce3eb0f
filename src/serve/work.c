/* A worker: one job after the other, from queue/ to done/ or quarantine/. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/report.h"
#include "serve/log.h"
#include "serve/service.h"

enum outcome { DONE, BAD, LATER };

/* What one job has given so far. */
struct output {
	FILE *json, *csv;
	char *json_text, *csv_text;
	size_t json_size, csv_size;
	int bones, failed, review;
	struct gppi_error first; /* why the first bone that failed did */
	bool unwritten;          /* the data are good, but a result cannot be written */
	struct gppi_input *input;
	char shown[STORE_PATH];  /* where the data will be, not where they are meanwhile */
	struct results_bone *list; /* bones and failures, in the order of the scan */
	int n, room;
	double seconds_after;    /* between the result and the record: the study page */
};

static int on_progress(void *user, double done)
{
	struct service *s = user;
	double limit = atomic_load(&s->cancel_after);

	(void)done;
	return limit > 0 && clock_now() >= limit ? -1 : 0;
}

/* ---- what may be opened at all ---- */

/* nftw() has no argument for its callback. */
static _Thread_local struct {
	uint64_t bytes;
	const char *problem;
	int files;
} look;

static int look_at(const char *path, const struct stat *st, int flag, struct FTW *where)
{
	(void)path;
	(void)where;
	if (flag == FTW_SL || S_ISLNK(st->st_mode))
		look.problem = "it is a link, or has one in it; links are not followed, put the files themselves there";
	else if (flag == FTW_NS || flag == FTW_DNR)
		look.problem = "some of it cannot be read; check its permissions";
	else if (flag == FTW_F && !S_ISREG(st->st_mode))
		look.problem = "it is neither a file nor a folder (a pipe, socket or device)";
	else if (flag == FTW_F && access(path, R_OK) != 0)
		look.problem = "it cannot be read; check its permissions";
	if (flag == FTW_F) {
		look.bytes += (uint64_t)st->st_size;
		look.files++;
	}
	return look.problem != NULL;
}

static const char *refuse(const struct service *s, const struct job *job, const char *folder, char *text, size_t size)
{
	const struct serve_config *c = service_config(s);

	memset(&look, 0, sizeof look);
	nftw(folder, look_at, 16, FTW_PHYS);
	if (look.problem)
		return look.problem;
	if (!look.files)
		return "there is nothing in it";
	uint64_t limit = job->store->watch ? c->watch[job->store - s->watch].max_size : UINT64_MAX;
	if (look.bytes <= limit)
		return NULL;
	snprintf(text, size, "it has %llu bytes, more than max_size in the configuration allows (%llu)",
		 (unsigned long long)look.bytes, (unsigned long long)limit);
	return text;
}

/* ---- attempts: how often the service died over this job ---- */

static int read_attempts(const char *folder)
{
	char path[STORE_PATH + 16];
	int n = 0;

	snprintf(path, sizeof path, "%s/.attempts", folder);
	FILE *file = fopen(path, "re");
	if (file) {
		char text[16];
		if (fgets(text, sizeof text, file))
			n = (int)strtol(text, NULL, 10);
		fclose(file);
	}
	return n < 0 ? 0 : n;
}

/* A count that gets lost with a power cut does no harm: not synced. */
static void write_attempts(const char *folder, int n)
{
	char path[STORE_PATH + 16];

	snprintf(path, sizeof path, "%s/.attempts", folder);
	if (n <= 0) {
		(void)unlink(path);
		return;
	}
	FILE *file = fopen(path, "we");
	if (file) {
		fprintf(file, "%d\n", n);
		fclose(file);
	}
}

/* ---- detection ---- */

static void set_options(struct service *s, struct gppi_options *options)
{
	gppi_options_default(options);
	options->threads = service_config(s)->threads;
	options->pictures = service_config(s)->qc || service_config(s)->page || service_config(s)->dicom_results ||
			    service_config(s)->send.host[0];
	options->progress = on_progress;
	options->progress_user = s;
}

/* Takes the result, or a copy of the reason. */
static int remember(struct output *out, int index, struct gppi_result *result, const char *why, struct err *err)
{
	if (out->n == out->room) {
		int room = out->room ? 2 * out->room : 8;
		struct results_bone *grown = realloc(out->list, (size_t)room * sizeof *grown);
		if (!grown) {
			gppi_result_free(result);
			return err_set(err, GPPI_E_NOMEM, "out of memory for %d bones", room);
		}
		out->list = grown;
		out->room = room;
	}
	out->list[out->n++] = (struct results_bone){ .index = index, .result = result,
						     .why = why ? strdup(why) : NULL };
	return 0;
}

static void free_output(struct output *out)
{
	for (int i = 0; i < out->n; i++) {
		gppi_result_free(out->list[i].result);
		free(out->list[i].why);
	}
	free(out->list);
	free(out->json_text);
	free(out->csv_text);
	gppi_input_free(out->input);
}

/* A row of the table, ended by the job's key. */
static int put_row(const struct job *job, FILE *csv, void (*write)(FILE *out, const void *what), const void *what,
		   struct err *err)
{
	char *row = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&row, &size);

	if (!memory)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", job->key);
	write(memory, what);
	fclose(memory);
	for (size_t i = 0; i + 1 < size; i++)
		if (row[i] == '\n' || row[i] == '\r')
			row[i] = ' ';
	if (size)
		row[size - 1] = 0;
	fprintf(csv, "%s,%s\n", row ? row : "", job->key);
	free(row);
	return 0;
}

static void put_result(FILE *out, const void *result)
{
	report_csv(out, result);
}

static void put_failure(FILE *out, const void *failure)
{
	report_csv_failure(out, failure);
}

static int failed_lines(const struct job *job, int index, const struct gppi_error *why, struct output *out, struct err *err)
{
	struct gppi_item item = { "", "", "" };

	(void)gppi_input_item(out->input, index, &item, NULL);
	struct report_failure f = { .name = item.name, .input = out->shown, .index = index, .why = why };
	int rc = report_json_failure(out->json, &f, err);
	return rc == 0 ? put_row(job, out->csv, put_failure, &f, err) : rc;
}

/* A bone that gives no plane: told in the JSON, where others of the scan do. */
static int one_failed(const struct job *job, struct output *out, int index, const struct gppi_error *why, struct err *err)
{
	if (why->code == GPPI_E_NOMEM || why->code == GPPI_E_CANCELLED || why->code == GPPI_E_WEIGHTS)
		return err_set(err, why->code, "%s", why->text);
	if (out->failed++ == 0)
		out->first = *why;
	int rc = remember(out, index, NULL, why->text, err);
	return rc == 0 ? failed_lines(job, index, why, out, err) : rc;
}

static int write_lines(struct service *s, const struct job *job, const struct gppi_result *result,
		       struct output *out, struct err *err)
{
	int rc = report_json(out->json, result, s->models, err);

	return rc == 0 ? put_row(job, out->csv, put_result, result, err) : rc;
}

static int one_bone(struct service *s, const struct job *job, int index, struct output *out, struct err *err)
{
	struct gppi_options options;
	struct gppi_result *result = NULL;
	struct gppi_error error;

	set_options(s, &options);
	if (gppi_input_split(out->input, index, &options, &error) < 0 ||
	    gppi_detect(s->models, out->input, index, &options, &result, &error) != GPPI_OK)
		return one_failed(job, out, index, &error, err);
	snprintf(result->input, sizeof result->input, "%.1023s", out->shown);
	out->review += result->nreasons > 0;
	int rc = remember(out, index, result, NULL, err);
	if (rc == 0)
		rc = write_lines(s, job, result, out, err);
	if (rc == 0) {
		rc = results_bone(s, job, out->input, index, result, out->bones, err);
		out->unwritten = rc == GPPI_E_IO;
	}
	out->bones++;
	return rc;
}

/* The one thing in the folder, or the folder. */
static void choose_input(const char *folder, const char *later, char path[STORE_PATH], char shown[STORE_PATH])
{
	char **names;
	int n = store_names(folder, &names, NULL);

	snprintf(path, STORE_PATH, "%s", folder);
	snprintf(shown, STORE_PATH, "%s", later);
	if (n == 1 && strlen(folder) + strlen(names[0]) + 2 < STORE_PATH) {
		snprintf(path + strlen(path), STORE_PATH - strlen(path), "/%s", names[0]);
		snprintf(shown + strlen(shown), STORE_PATH - strlen(shown), "/%s", names[0]);
	}
	if (n >= 0)
		store_free_names(names, n);
}

static int all_bones(struct service *s, const struct job *job, const char *folder, struct output *out, struct err *err)
{
	char path[STORE_PATH], later[STORE_PATH];
	struct gppi_error error;
	int rc = 0;

	store_path(job->store, STORE_DONE, job->key, later);
	choose_input(folder, later, path, out->shown);
	if (gppi_input_open(path, &out->input, &error) != GPPI_OK)
		return err_set(err, error.code, "%s", error.text);
	/* a holder's bones take its place: the count may grow */
	for (int i = 0; i < gppi_input_count(out->input) && rc >= 0; i++)
		rc = one_bone(s, job, i, out, err);
	if (rc >= 0 && out->bones == 0)
		rc = err_set(err, out->failed ? out->first.code : GPPI_E_FORMAT, "%s",
			     out->failed ? out->first.text : "no bone was found in it");
	return rc;
}

static int open_output(struct output *out, struct err *err)
{
	out->json = open_memstream(&out->json_text, &out->json_size);
	out->csv = open_memstream(&out->csv_text, &out->csv_size);
	return out->json && out->csv ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for results");
}

static void close_output(struct output *out)
{
	if (out->json)
		fclose(out->json);
	if (out->csv)
		fclose(out->csv);
	out->json = out->csv = NULL;
}

/* Is a failure to be blamed on the moment, not on the data? */
static bool may_pass(int code, const struct job *job)
{
	return code == GPPI_E_NOMEM || code == GPPI_E_CANCELLED || code == GPPI_E_WEIGHTS ||
	       (code == GPPI_E_IO && job->failures < 3);
}

static enum outcome detect(struct service *s, const struct job *job, const char *folder, struct output *out,
			   struct err *err)
{
	int rc = open_output(out, err);

	if (rc == 0 && results_begin(s, job->key, err) < 0) {
		rc = GPPI_E_IO;
		out->unwritten = true;
	}
	if (rc == 0)
		rc = all_bones(s, job, folder, out, err);
	close_output(out);
	if (rc < 0)
		return out->unwritten || may_pass(rc, job) ? LATER : BAD;
	/* the data are good: results that cannot be written now will be later */
	rc = results_commit(s, job, out->json_text, out->csv_text, err);
	double seen = clock_now();
	if (rc == 0)
		rc = results_page(s, job, out->input, out->shown, out->list, out->n, err);
	if (rc == 0)
		rc = results_record(s, job, err);
	out->seconds_after = clock_now() - seen;
	return rc < 0 ? LATER : DONE;
}

/* ---- one job ---- */

/* The sentences of the library name files in work/, which a person will find in quarantine/. */
static void tell_new_place(const struct job *job, const char *folder, struct err *err)
{
	char there[STORE_PATH], text[2 * STORE_PATH];
	const char *at = strstr(err->text, folder);

	if (!at)
		return;
	store_path(job->store, STORE_QUARANTINE, job->key, there);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - err->text), err->text, there, at + strlen(folder));
	err_set(err, err->code, "%s", text);
}

static int to_done(struct service *s, const struct job *job, const char *folder, struct err *err)
{
	char done[STORE_PATH];

	write_attempts(folder, 0);
	if (!job->store->watch && service_config(s)->keep_done_days == 0)
		return store_remove(folder, err);
	store_path(job->store, STORE_DONE, job->key, done);
	int rc = store_exists(done) ? store_remove(done, err) : 0; /* an older, smaller form of this series */
	return rc == 0 ? store_move(folder, done, err) : rc;
}

static enum outcome run(struct service *s, const struct job *job, struct err *err)
{
	char queued[STORE_PATH], folder[STORE_PATH], text[256];
	struct output out = { 0 };
	double start = clock_now();

	store_path(job->store, STORE_QUEUE, job->key, queued);
	store_path(job->store, STORE_WORK, job->key, folder);
	/* after a failure to move on, it is there already */
	if (!store_exists(folder) && store_move(queued, folder, err) < 0)
		return LATER;
	int attempts = read_attempts(folder) + 1;
	write_attempts(folder, attempts);
	const char *problem = refuse(s, job, folder, text, sizeof text);
	enum outcome outcome = BAD;
	if (problem)
		err_set(err, GPPI_E_FORMAT, "%s: %s", job->key, problem);
	else
		outcome = detect(s, job, folder, &out, err);
	if (outcome == DONE) {
		if (to_done(s, job, folder, err) < 0)
			serve_log(LOG_BAD, "error what=\"%s\"", err->text); /* recover_all() does it at the next start */
		counters_add(&s->counters, COUNT_RESULTS, 1);
		counters_add(&s->counters, COUNT_REVIEW, out.review > 0);
		serve_log(LOG_INFO, "done key=%s bones=%d failed=%d review=%d seconds=%.2f page=%.2f", job->key,
			  out.bones, out.failed, out.review, clock_now() - start, out.seconds_after);
	} else if (outcome == BAD) {
		struct err why;
		write_attempts(folder, 0);
		tell_new_place(job, folder, err);
		results_none(s, job, folder, err->text);
		if (store_quarantine(job->store, folder, job->key, err->text, &why) < 0) {
			*err = why;
			free_output(&out);
			return LATER;
		}
		counters_add(&s->counters, COUNT_QUARANTINED, 1);
		serve_log(LOG_WARN, "quarantined key=%s code=%d", job->key, err->code);
	} else {
		write_attempts(folder, attempts - 1);
	}
	free_output(&out);
	return outcome;
}

void *work_thread(void *user)
{
	struct service *s = user;
	struct job *job;

	while ((job = queue_take(&s->queue))) {
		struct err err = { 0 };
		enum outcome outcome = run(s, job, &err);
		if (outcome != LATER) {
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
