/* The worker's side: reads the scan, finds the planes, writes pictures and DICOM objects. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/os.h"
#include "report/report.h"
#include "serve/core/quiet.h"
#include "serve/core/log.h"
#include "serve/jobs/sandbox.h"
#include "serve/jobs/work_measure.h"
#include "serve/jobs/worker.h"
#include "serve/jobs/worker_parts.h"
#include "serve/store/publish.h"

#define ANSWERS 3 /* descriptor */

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

static void set_options(struct work *w, struct gppi_options *options)
{
	const struct serve_config *c = service_config(w->service);

	gppi_options_default(options);
	options->threads = c->threads;
	options->voxel_um = w->voxel_um;
	options->pictures = c->qc || c->page || c->dicom_results || c->send.host[0];
}

/* Takes the result, or a copy of the reason. */
static int remember(struct output *out, int index, struct gppi_result *result, const char *why, struct gppi_error *err)
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
		   struct gppi_error *err)
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

static int failed_lines(const struct work *w, int index, const struct gppi_error *why, struct output *out,
			struct gppi_error *err)
{
	struct gppi_item item = { "", "", "" };

	(void)gppi_input_item(out->input, index, &item, NULL);
	struct report_failure f = { .name = item.name, .input = w->shown, .index = index, .why = why };
	int rc = report_json_failure(out->json, &f, err);
	return rc == 0 ? put_row(w, out->csv, put_failure, &f, err) : rc;
}

/* A bone that gives no plane: told in the JSON, where others of the scan do. */
static int one_failed(struct work *w, struct output *out, int index, const struct gppi_error *why,
		      struct gppi_error *err)
{
	if (why->code == GPPI_E_NOMEM || why->code == GPPI_E_CANCELLED || why->code == GPPI_E_WEIGHTS)
		return err_set(err, why->code, "%s", why->text);
	if (w->failed++ == 0)
		out->first = *why;
	int rc = remember(out, index, NULL, why->text, err);
	return rc == 0 ? failed_lines(w, index, why, out, err) : rc;
}

static int write_lines(const struct work *w, int index, const struct gppi_result *result, struct output *out,
		       struct gppi_error *err)
{
	json_t *line = report_result(result, w->service->models);

	if (line)
		work_measured(out->input, index, line);
	int rc = report_json_line(out->json, line, err);

	return rc == 0 ? put_row(w, out->csv, put_result, result, err) : rc;
}

static int one_bone(struct work *w, int index, struct output *out, struct gppi_error *err)
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
		rc = work_measure(w, out->input, index, result, err);
	if (rc == 0)
		rc = write_lines(w, index, result, out, err);
	if (rc == 0) {
		rc = results_bone(w->service, w->job, out->input, index, result, w->bones, err);
		out->unwritten = rc == GPPI_E_IO;
	}
	work_measure_end(out->input, index);
	w->bones++;
	return rc;
}

static int all_bones(struct work *w, struct output *out, struct gppi_error *err)
{
	struct gppi_options options;

	set_options(w, &options);
	int rc = gppi_input_open_with(w->input, &options, &out->input, err);
	if (rc < 0)
		return rc;
	/* a holder's bones take its place: the count may grow */
	for (int i = 0; i < gppi_input_count(out->input) && rc >= 0; i++)
		rc = one_bone(w, i, out, err);
	if (rc >= 0 && w->bones == 0)
		rc = err_set(err, w->failed ? out->first.code : GPPI_E_FORMAT, "%s",
			     w->failed ? out->first.text : "no bone was found in it");
	return rc;
}

static int open_output(struct output *out, struct gppi_error *err)
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

/* ---- the process ---- */

struct task {
	struct serve_config config;
	struct service service;
	struct job job;
	struct work work;
};

static int never(void *user, int fd, struct gppi_error *err)
{
	(void)user;
	(void)fd;
	(void)err;
	return 0;
}

static bool take_path(const char **at, const char *end, char *out, size_t size)
{
	size_t n = strnlen(*at, (size_t)(end - *at));

	if (*at == end || n >= size || *at + n == end)
		return false;
	memcpy(out, *at, n + 1);
	*at += n + 1;
	return true;
}

static int read_task(struct task *t, uint64_t *memory, struct gppi_error *err)
{
	struct serve_config *c = &t->config;
	char *texts[WORKER_TEXTS];
	size_t sizes[WORKER_TEXTS];
	json_t *head;
	int rc = worker_read(STDIN_FILENO, never, NULL, &head, texts, sizes, err);

	if (rc < 0)
		return rc;
	const char *at = texts[0], *end = at + sizes[0];
	if (!take_path(&at, end, t->work.input, sizeof t->work.input) ||
	    !take_path(&at, end, t->work.shown, sizeof t->work.shown) ||
	    !take_path(&at, end, t->job.key, sizeof t->job.key) ||
	    !take_path(&at, end, c->results, sizeof c->results) || !take_path(&at, end, c->spool, sizeof c->spool) ||
	    !take_path(&at, end, c->weights, sizeof c->weights))
		rc = err_set(err, GPPI_E_USAGE, "a worker is started by the service only");
	long long objects = worker_number(head, "objects");
	c->threads = (int)worker_number(head, "threads");
	c->job_timeout = (int)worker_number(head, "timeout");
	c->qc = json_is_true(json_object_get(head, "qc"));
	c->page = json_is_true(json_object_get(head, "page"));
	c->measure = json_is_true(json_object_get(head, "measure"));
	c->dicom_results = json_is_true(json_object_get(head, "dicom_results"));
	c->send.host[0] = objects >= 0 ? '-' : 0; /* only whether there is one counts here */
	c->send.objects = objects >= 0 ? (unsigned)objects : 0;
	t->work.voxel_um = json_number_value(json_object_get(head, "voxel_um"));
	*memory = (uint64_t)worker_number(head, "memory");
	json_decref(head);
	for (int i = 0; i < WORKER_TEXTS; i++)
		free(texts[i]);
	snprintf(t->service.spool.root, sizeof t->service.spool.root, "%s", c->spool);
	atomic_store(&t->service.config, c);
	t->work.service = &t->service;
	t->work.job = &t->job;
	return rc;
}

static void enter_sandbox(struct task *t, uint64_t memory)
{
	char new[STORE_PATH], staged[STORE_PATH];
	struct gppi_error err;

	publish_new(&t->service, t->job.key, new);
	outbox_stem(t->config.spool, t->job.key, 0, staged);
	*strrchr(staged, '/') = 0;
	const struct sandbox limits = { .memory = memory, .cpu_seconds = (long)t->config.job_timeout * os_cpus(),
					.folders = { new, staged } };
	if (sandbox_enter(&limits, &err) < 0)
		serve_log(LOG_WARN, "sandbox key=%s what=\"%s\"", t->job.key, err.text);
}

static int answer_result(int fd, const struct work *w, const struct output *out, int rc, const struct gppi_error *why)
{
	struct gppi_error err;
	json_t *head = json_pack("{s:i,s:i,s:i,s:i,s:i}", "code", rc < 0 ? rc : 0, "bones", w->bones, "failed",
				 w->failed, "review", w->review, "unwritten", (int)out->unwritten);
	const char *const texts[] = { out->json_text, out->csv_text, rc < 0 ? why->text : NULL };
	const size_t sizes[] = { out->json_size, out->csv_size, rc < 0 ? strlen(why->text) : 0 };

	return worker_write(fd, head, texts, sizes, &err);
}

static int answer_page(int fd, const struct work *w, const struct output *out)
{
	struct gppi_error err = { 0 };
	char *page = NULL;
	size_t size = 0;
	int rc = service_config(w->service)->page
			 ? results_page_text(w, out->input, out->list, out->n, &page, &size, &err)
			 : 0;
	const char *const texts[] = { page, NULL, rc < 0 ? err.text : NULL };
	const size_t sizes[] = { size, 0, rc < 0 ? strlen(err.text) : 0 };

	rc = worker_write(fd, json_pack("{s:i}", "code", rc), texts, sizes, &err);
	free(page);
	return rc;
}

static int run(struct task *t, int fd)
{
	struct output out = { 0 };
	uint64_t memory = 0;
	struct gppi_error err = { 0 };
	int rc = read_task(t, &memory, &err);

	if (rc == 0)
		rc = gppi_models_open(t->config.weights[0] ? t->config.weights : NULL, &t->service.models, &err);
	if (rc == 0) {
		enter_sandbox(t, memory);
		rc = open_output(&out, &err);
	}
	if (rc == 0)
		rc = all_bones(&t->work, &out, &err);
	close_output(&out);
	int told = answer_result(fd, &t->work, &out, rc, &err);
	if (told == 0 && rc == 0)
		told = answer_page(fd, &t->work, &out);
	free_output(&out);
	gppi_models_free(t->service.models);
	return told == 0 && rc == 0 ? 0 : 1;
}

/* Where memory runs out, the kernel is to end a worker rather than the service. */
static void offer_memory(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t wrote = write(fd, "500", 3);
		(void)wrote;
		close(fd);
	}
}

/* A stop of the whole group (Ctrl-C, systemd) is the business of the service, which ends its workers. */
static void leave_stops_to_service(void)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		signal(stops[i], SIG_IGN);
}

int worker_main(void)
{
	leave_stops_to_service();
	/* answers go where standard output went; what libraries print does not */
	if (dup2(STDOUT_FILENO, ANSWERS) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return 1;
	close_range(ANSWERS + 1, ~0u, 0); /* what libraries of the service left open */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	offer_memory();
	dicom_quiet();
	struct task *t = calloc(1, sizeof *t);
	int rc = t ? run(t, ANSWERS) : 1;
	free(t);
	return rc;
}
