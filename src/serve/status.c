#define _GNU_SOURCE
#include "serve/core/status.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"
#include "report/report.h"
#include "serve/core/service.h"

static const char *const names[COUNTERS] = {
	[COUNT_ASSOCIATIONS] = "associations",
	[COUNT_REFUSED] = "refused",
	[COUNT_OBJECTS] = "objects",
	[COUNT_OBJECTS_REFUSED] = "objects_refused",
	[COUNT_BYTES] = "bytes",
	[COUNT_SERIES] = "series",
	[COUNT_DUPLICATES] = "duplicates",
	[COUNT_DROPS] = "drops",
	[COUNT_RESULTS] = "results",
	[COUNT_REVIEW] = "review",
	[COUNT_QUARANTINED] = "quarantined",
	[COUNT_RETRIES] = "retries",
	[COUNT_SENT] = "sent",
	[COUNT_SEND_FAILED] = "send_failed",
	[COUNT_SEND_RETRIES] = "send_retries",
};

/* "2026-11-21T08:00:00Z" */
static const char *utc(long long seconds, char text[32])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = 0;
	return text;
}

static void status_path(const char *spool, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/status.json", spool);
}

static json_t *watches(const struct service *s)
{
	const struct serve_config *c = service_config(s);
	json_t *list = json_array();

	for (int i = 0; list && i < c->nwatch; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "name", report_string(c->watch[i].name), "folder",
						      report_string(c->watch[i].folder)));
	return list;
}

int status_write(struct service *s, const char *state, struct gppi_error *err)
{
	const struct serve_config *c = service_config(s);
	char path[STORE_PATH], started[32], updated[32];
	struct atomic_file *file;
	json_t *counts = json_object();
	int running, waiting = queue_length(&s->queue, &running);
	uint64_t space = store_space(c->spool);

	for (int i = 0; counts && i < COUNTERS; i++)
		json_object_set_new(counts, names[i], json_integer(atomic_load(&s->counters.n[i])));
	json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:{s:i, s:i, s:i, s:i}, s:I, s:b, s:i, s:o}",
				   "state", state, "version", GPPI_VERSION, "pid", (int)getpid(),
				   "started", utc(s->started, started), "updated", utc(time(NULL), updated),
				   "since_start", counts,
				   "now", "arriving", collect_count(s), "waiting", waiting, "running", running,
				   "to_send", atomic_load(&s->send.waiting),
				   "free_bytes", (json_int_t)(space > INT64_MAX ? INT64_MAX : space),
				   "disk_low", space < c->min_free,
				   "port", c->dicom.port, "watch", watches(s));
	status_path(c->spool, path);
	int rc = atomic_open(path, &file, err);
	if (rc < 0) {
		json_decref(object);
		return rc;
	}
	rc = report_json_line(atomic_stream(file), object, err);
	if (rc < 0) {
		atomic_abort(file);
		return rc;
	}
	return atomic_commit(file, err);
}

bool status_was_stopping(const char *spool)
{
	char path[STORE_PATH];

	status_path(spool, path);
	json_t *object = json_load_file(path, 0, NULL);
	const char *state = json_string_value(json_object_get(object, "state"));
	bool was = state && strcmp(state, "stopping") == 0;
	json_decref(object);
	return was;
}

/* Without taking the lock away from a service that is just beginning: a shared lock for an instant. */
static bool is_running(const char *spool)
{
	char path[STORE_PATH];

	snprintf(path, sizeof path, "%s/" STORE_LOCK, spool);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

static void print_text(FILE *out, const json_t *object, bool running)
{
	const json_t *now = json_object_get(object, "now"), *counts = json_object_get(object, "since_start");
	const char *updated = json_string_value(json_object_get(object, "updated"));
	const char *started = json_string_value(json_object_get(object, "started"));

	fprintf(out, "%s, started %s, as of %s\n", running ? "running" : "not running", started ? started : "?",
		updated ? updated : "?");
	fprintf(out, "  %-18s %lld arriving, %lld waiting, %lld under way, %lld to send\n", "now",
		(long long)json_integer_value(json_object_get(now, "arriving")),
		(long long)json_integer_value(json_object_get(now, "waiting")),
		(long long)json_integer_value(json_object_get(now, "running")),
		(long long)json_integer_value(json_object_get(now, "to_send")));
	for (int i = 0; i < COUNTERS; i++)
		fprintf(out, "  %-18s %lld\n", names[i],
			(long long)json_integer_value(json_object_get(counts, names[i])));
	fprintf(out, "  %-18s %.1f GB%s\n", "free on disk",
		(double)json_integer_value(json_object_get(object, "free_bytes")) / 1e9,
		json_is_true(json_object_get(object, "disk_low")) ? ", too little: nothing is received" : "");
}

int status_print(const struct serve_config *config, FILE *out, bool json, struct gppi_error *err)
{
	char path[STORE_PATH];
	json_error_t why;

	status_path(config->spool, path);
	if (!store_exists(path))
		return err_set(err, GPPI_E_IO, "%s: is not there; has gppi serve ever run with this spool?", path);
	json_t *object = json_load_file(path, 0, &why);
	if (!json_is_object(object)) {
		json_decref(object);
		return err_set(err, GPPI_E_FORMAT, "%s: cannot be read: %s", path, why.text);
	}
	bool running = is_running(config->spool);
	int rc = 0;
	if (json) {
		json_object_set_new(object, "running", json_boolean(running));
		rc = report_json_line(out, object, err);
	} else {
		print_text(out, object, running);
		json_decref(object);
	}
	return rc < 0 ? rc : running;
}
