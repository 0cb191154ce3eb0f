/* From the open input to the record. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "serve/log.h"
#include "serve/work.h"

/* What one job has given so far. */
struct output {
	FILE *json, *csv;
	char *json_text, *csv_text;
	size_t json_size, csv_size;
	struct gppi_error first; /* why the first bone that failed did */
	bool unwritten;          /* the data are good, but a result cannot be written */
	struct gppi_input *input;
	struct results_bone *list; /* bones and failures, in the order of the scan */
	int n, room;
};

/* At a stop the job goes back to the queue; over its deadline it is given up. */
static int on_progress(void *user, double done)
{
	struct work *w = user;
	double limit = atomic_load(&w->service->cancel_after), now = clock_now();

	(void)done;
	if (limit > 0 && now >= limit)
		return -1;
	if (w->deadline <= 0 || now < w->deadline)
		return 0;
	atomic_store(&w->late, true);
	return -1;
}

static void set_options(struct work *w, struct gppi_options *options)
{
	const struct serve_config *c = service_config(w->service);

	gppi_options_default(options);
	options->threads = c->threads;
	options->progress = on_progress;
	options->progress_user = w;
	options->pictures = c->qc || c->page || c->dicom_results || c->send.host[0];
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
static int put_row(const struct work *w, FILE *csv, void (*write)(FILE *out, const void *what), const void *what,
		   struct err *err)
{
	char *row = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&row, &size);

	if (!memory)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", w->job->key);
	write(memory, what);
	fclose(memory);
	for (size_t i = 0; i + 1 < size; i++)
		if (row[i] == '\n' || row[i] == '\r')
			row[i] = ' ';
	if (size)
		row[size - 1] = 0;
	fprintf(csv, "%s,%s\n", row ? row : "", w->job->key);
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

static int failed_lines(const struct work *w, int index, const struct gppi_error *why, struct output *out, struct err *err)
{
	struct gppi_item item = { "", "", "" };

	(void)gppi_input_item(out->input, index, &item, NULL);
	struct report_failure f = { .name = item.name, .input = w->shown, .index = index, .why = why };
	int rc = report_json_failure(out->json, &f, err);
	return rc == 0 ? put_row(w, out->csv, put_failure, &f, err) : rc;
}

/* A bone that gives no plane: told in the JSON, where others of the scan do. */
static int one_failed(struct work *w, struct output *out, int index, const struct gppi_error *why, struct err *err)
{
	if (why->code == GPPI_E_NOMEM || why->code == GPPI_E_CANCELLED || why->code == GPPI_E_WEIGHTS)
		return err_set(err, why->code, "%s", why->text);
	if (w->failed++ == 0)
		out->first = *why;
	int rc = remember(out, index, NULL, why->text, err);
	return rc == 0 ? failed_lines(w, index, why, out, err) : rc;
}

static int write_lines(const struct work *w, const struct gppi_result *result, struct output *out, struct err *err)
{
	int rc = report_json(out->json, result, w->service->models, err);

	return rc == 0 ? put_row(w, out->csv, put_result, result, err) : rc;
}

static int one_bone(struct work *w, int index, struct output *out, struct err *err)
{
	struct gppi_options options;
	struct gppi_result *result = NULL;
	struct gppi_error error;

	set_options(w, &options);
	if (gppi_input_split(out->input, index, &options, &error) < 0 ||
	    gppi_detect(w->service->models, out->input, index, &options, &result, &error) != GPPI_OK)
		return one_failed(w, out, index, &error, err);
	snprintf(result->input, sizeof result->input, "%.1023s", w->shown);
	w->review += result->nreasons > 0;
	int rc = remember(out, index, result, NULL, err);
	if (rc == 0)
		rc = write_lines(w, result, out, err);
	if (rc == 0) {
		rc = results_bone(w->service, w->job, out->input, index, result, w->bones, err);
		out->unwritten = rc == GPPI_E_IO;
	}
	w->bones++;
	return rc;
}

static int all_bones(struct work *w, struct output *out, struct err *err)
{
	struct gppi_options options;
	struct gppi_error error;
	int rc = 0;

	set_options(w, &options);
	if (gppi_input_open_with(w->input, &options, &out->input, &error) != GPPI_OK)
		return err_set(err, error.code, "%s", error.text);
	/* a holder's bones take its place: the count may grow */
	for (int i = 0; i < gppi_input_count(out->input) && rc >= 0; i++)
		rc = one_bone(w, i, out, err);
	if (rc >= 0 && w->bones == 0)
		rc = err_set(err, w->failed ? out->first.code : GPPI_E_FORMAT, "%s",
			     w->failed ? out->first.text : "no bone was found in it");
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
static bool may_pass(int code, const struct work *w)
{
	return code == GPPI_E_NOMEM || code == GPPI_E_CANCELLED || code == GPPI_E_WEIGHTS ||
	       (code == GPPI_E_IO && w->job->failures < 3);
}

static enum outcome judge(const struct work *w, const struct output *out, int rc, struct err *err)
{
	if (rc == GPPI_E_CANCELLED && atomic_load(&w->late)) {
		err_set(err, GPPI_E_CANCELLED, "%s: was not done after %d s, which is job_timeout in the configuration; it is "
			"larger than this machine can do in that time, or made to take long", w->job->key,
			service_config(w->service)->job_timeout);
		return WORK_BAD;
	}
	return out->unwritten || may_pass(rc, w) ? WORK_LATER : WORK_BAD;
}

/* The result appears, and is recorded. */
static enum outcome commit(struct work *w, struct output *out, struct err *err)
{
	int rc = results_commit(w->service, w->job, &w->record, out->json_text, out->csv_text, err);
	double seen = clock_now();

	if (rc == 0) {
		rc = results_page(w, out->input, out->list, out->n, err);
		if (rc == GPPI_E_CANCELLED && atomic_load(&w->late)) {
			serve_log(LOG_WARN, "page_part_failed key=%s what=\"%s\"", w->job->key, err->text);
			rc = 0; /* the result is out */
		}
	}
	if (rc == 0)
		rc = results_record(w->service, w->job->key, &w->record, err);
	w->seconds_after = clock_now() - seen;
	/* the data are good: results that cannot be written now will be later */
	return rc < 0 ? WORK_LATER : WORK_DONE;
}

enum outcome work_detect(struct work *w, struct err *err)
{
	struct output out = { 0 };
	enum outcome outcome;
	int rc = open_output(&out, err);

	if (rc == 0 && results_begin(w->service, w->job->key, err) < 0) {
		rc = GPPI_E_IO;
		out.unwritten = true;
	}
	if (rc == 0)
		rc = all_bones(w, &out, err);
	close_output(&out);
	if (rc < 0)
		outcome = judge(w, &out, rc, err);
	else if (!work_input_is_same(w))
		outcome = WORK_NOTHING; /* what was read is half of the old, half of the new */
	else
		outcome = commit(w, &out, err);
	free_output(&out);
	return outcome;
}
