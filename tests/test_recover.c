/* What a crash has left: every job goes on where it was, once. And moves that survive a power cut. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>

#include "temp_dir.h"

#include "serve/core/service.h"
#include "serve/core/state.h"
#include "sync_log.h"

static struct service *s;
static struct serve_config config;

static int set_up(void **state)
{
	char path[STORE_PATH];
	struct gppi_error err;

	make_dir(state);
	memset(&config, 0, sizeof config);
	snprintf(config.spool, sizeof config.spool, "%s/spool", test_dir);
	snprintf(config.results, sizeof config.results, "%s/results", test_dir);
	config.max_attempts = 5;
	s = calloc(1, sizeof *s);
	assert_non_null(s);
	atomic_store(&s->config, &config);
	assert_int_equal(store_open(&s->spool, config.spool, false, &err), 0);
	snprintf(path, sizeof path, "%s/records", config.spool);
	assert_int_equal(store_make(path, &err), 0);
	assert_int_equal(store_make(config.results, &err), 0);
	assert_int_equal(outbox_open(config.spool, &err), 0);
	assert_int_equal(queue_init(&s->queue, &err), 0);
	return 0;
}

static int tear_down(void **state)
{
	queue_free(&s->queue);
	store_close(&s->spool);
	free(s);
	return drop_dir(state);
}

/* A job in a room, with one file and what is noted of it. */
static void put_job(enum store_room room, const char *key, const char *content, int attempts, bool crashed)
{
	char folder[STORE_PATH], data[STORE_PATH], file[STORE_PATH + 16];
	const struct job_state state = { .attempts = attempts, .crashed = crashed };
	struct gppi_error err;

	store_path(&s->spool, room, key, folder);
	assert_int_equal(store_make(folder, &err), 0);
	assert_int_equal(store_make(store_data(&s->spool, room, key, data), &err), 0);
	snprintf(file, sizeof file, "%s/%s.nii", data, key);
	put_text(file, content);
	if (attempts || crashed)
		assert_int_equal(state_write(folder, &state, &err), 0);
}

static void record_job(enum store_room room, const char *key, struct record *out)
{
	char path[STORE_PATH];
	struct gppi_error err;

	assert_int_equal(record_of(store_data(&s->spool, room, key, path), out, &err), 0);
}

static bool lies_in(enum store_room room, const char *key)
{
	char path[STORE_PATH];
	return store_exists(store_path(&s->spool, room, key, path));
}

static void assert_reason(const char *key, const char *words)
{
	char path[STORE_PATH + 300], text[1024] = "";

	store_path(&s->spool, STORE_QUARANTINE, key, path);
	snprintf(path + strlen(path), 300, "/" STORE_REASON);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	assert_non_null(strstr(text, words));
}

static void work_goes_on_or_is_given_up(void **state)
{
	(void)state;
	put_job(STORE_WORK, "first", "a", 0, false);
	put_job(STORE_WORK, "fourth", "b", 4, false);
	put_job(STORE_WORK, "fifth", "c", 5, false);
	put_job(STORE_WORK, "crash", "d", 1, true);
	recover_store(s, &s->spool);
	assert_true(lies_in(STORE_QUEUE, "first") && queue_has(&s->queue, "first"));
	assert_true(lies_in(STORE_QUEUE, "fourth") && queue_has(&s->queue, "fourth"));
	assert_false(lies_in(STORE_WORK, "first") || lies_in(STORE_WORK, "fourth"));
	assert_true(lies_in(STORE_QUARANTINE, "fifth") && !queue_has(&s->queue, "fifth"));
	assert_reason("fifth", "ended 5 times");
	assert_true(lies_in(STORE_QUARANTINE, "crash") && !queue_has(&s->queue, "crash"));
	assert_reason("crash", "crashed over this");
	assert_int_equal(queue_length(&s->queue, NULL), 2);
	/* when a person moves it back, it is tried as often as any other */
	char folder[STORE_PATH];
	struct job_state now;
	state_read(store_path(&s->spool, STORE_QUARANTINE, "crash", folder), &now);
	assert_int_equal(now.attempts, 0);
	assert_false(now.crashed);
}

static void a_stop_is_no_attempt(void **state)
{
	char path[STORE_PATH];
	struct job_state now;

	(void)state;
	assert_false(status_was_stopping(config.spool));
	snprintf(path, sizeof path, "%s/status.json", config.spool);
	put_text(path, "{\"state\": \"stopped\"}\n");
	assert_false(status_was_stopping(config.spool));
	put_text(path, "{\"state\": ");
	assert_false(status_was_stopping(config.spool));
	put_text(path, "{\"state\": \"stopping\"}\n");
	assert_true(status_was_stopping(config.spool));
	s->stopped_within = true;
	put_job(STORE_WORK, "fifth", "a", 5, false);
	put_job(STORE_WORK, "none", "b", 0, false);
	put_job(STORE_WORK, "crash", "c", 1, true);
	recover_store(s, &s->spool);
	assert_true(lies_in(STORE_QUEUE, "fifth") && lies_in(STORE_QUEUE, "none"));
	state_read(store_path(&s->spool, STORE_QUEUE, "fifth", path), &now);
	assert_int_equal(now.attempts, 4);
	assert_true(lies_in(STORE_QUARANTINE, "crash"));
}

static void what_is_answered_is_done(void **state)
{
	char path[STORE_PATH];
	struct record record, other;
	struct gppi_error err;

	(void)state;
	put_job(STORE_WORK, "same", "a", 1, false);
	record_job(STORE_WORK, "same", &record);
	assert_int_equal(record_write(record_path(s, "same", path), &record, &err), 0);
	put_job(STORE_WORK, "changed", "b", 1, false);
	other = record;
	memset(other.hex, '0', 64);
	assert_int_equal(record_write(record_path(s, "changed", path), &other, &err), 0);
	recover_store(s, &s->spool);
	assert_true(lies_in(STORE_DONE, "same"));
	assert_false(queue_has(&s->queue, "same"));
	assert_true(lies_in(STORE_QUEUE, "changed-2") || lies_in(STORE_QUEUE, "changed"));
	assert_int_equal(queue_length(&s->queue, NULL), 1);
}

/* The result is out, and only its record is missing: not tried again, and never given up. */
static void a_result_without_its_record(void **state)
{
	char path[STORE_PATH];
	struct record record, read;
	struct gppi_error err;

	(void)state;
	put_job(STORE_WORK, "out", "a", 5, false);
	record_job(STORE_WORK, "out", &record);
	snprintf(path, sizeof path, "%s/out", config.results);
	assert_int_equal(store_make(path, &err), 0);
	snprintf(path, sizeof path, "%s/out/.record", config.results);
	assert_int_equal(record_write(path, &record, &err), 0);
	recover_store(s, &s->spool);
	assert_true(lies_in(STORE_DONE, "out"));
	assert_true(record_read(record_path(s, "out", path), &read));
	assert_string_equal(read.hex, record.hex);
	assert_int_equal(read.objects, 1);
}

/* A drop whose name has a record gets another name; one that was being put together is finished. */
static void names_and_halves(void **state)
{
	char path[STORE_PATH];
	struct record record;
	struct gppi_error err;

	(void)state;
	put_job(STORE_QUEUE, "twice", "a", 0, false);
	record_job(STORE_QUEUE, "twice", &record);
	assert_int_equal(record_write(record_path(s, "twice", path), &record, &err), 0);
	assert_int_equal(store_begin(&s->spool, STORE_QUEUE, "empty", path, &err), 0);
	put_job(STORE_QUEUE, ".half", "b", 0, false);
	recover_store(s, &s->spool);
	assert_true(lies_in(STORE_QUEUE, "twice-2") && queue_has(&s->queue, "twice-2"));
	assert_false(queue_has(&s->queue, "twice"));
	assert_true(lies_in(STORE_QUEUE, "half") && queue_has(&s->queue, "half"));
	assert_false(lies_in(STORE_QUEUE, "empty") || lies_in(STORE_QUEUE, ".empty"));
}

static void moves_are_synced(void **state)
{
	char from[STORE_PATH], to[STORE_PATH];
	struct gppi_error err;

	(void)state;
	put_job(STORE_QUEUE, "a", "a", 0, false);
	put_job(STORE_WORK, "b", "b", 0, false);
	sync_forget();
	assert_int_equal(store_move(store_path(&s->spool, STORE_QUEUE, "a", from),
				    store_path(&s->spool, STORE_WORK, "a", to), &err), 0);
	assert_string_equal(sync_log, "rdd");
	/* nothing is ever moved over something else */
	assert_int_equal(store_move(to, store_path(&s->spool, STORE_WORK, "b", from), &err), GPPI_E_IO);
	assert_true(lies_in(STORE_WORK, "a") && lies_in(STORE_WORK, "b"));
	assert_int_equal(store_make(store_path(&s->spool, STORE_QUEUE, "empty", from), &err), 0);
	assert_int_equal(store_move(to, from, &err), GPPI_E_IO);
	assert_true(lies_in(STORE_WORK, "a"));
}

/* A disk that was full while a job was put together: nothing is left of it that could be taken for anything. */
static void nothing_of_a_full_disk(void **state)
{
	const struct rlimit none = { 0, RLIM_INFINITY };
	const struct job_state of_share = { .look = 7, .source = "/share/C 01.nii" };
	struct rlimit before;
	char data[STORE_PATH], folder[STORE_PATH], file[STORE_PATH + 16];
	struct gppi_error err;

	(void)state;
	assert_int_equal(store_begin(&s->spool, STORE_QUEUE, "full", data, &err), 0);
	store_path(&s->spool, STORE_QUEUE, ".full", folder);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	int rc = state_write(folder, &of_share, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, GPPI_E_IO);
	snprintf(file, sizeof file, "%s/state.new", folder);
	assert_false(store_exists(file));
	put_text(file, "attem"); /* one that a power cut has left */
	recover_store(s, &s->spool);
	assert_false(lies_in(STORE_QUEUE, ".full") || lies_in(STORE_QUEUE, "full"));
	assert_false(lies_in(STORE_QUARANTINE, "full"));
	/* a whole one has its state, and nothing but that */
	assert_int_equal(store_begin(&s->spool, STORE_QUEUE, "whole", data, &err), 0);
	assert_int_equal(state_write(store_path(&s->spool, STORE_QUEUE, ".whole", folder), &of_share, &err), 0);
	recover_store(s, &s->spool);
	assert_true(lies_in(STORE_QUEUE, "whole") && queue_has(&s->queue, "whole"));
}

#define RECOVER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RECOVER(work_goes_on_or_is_given_up), RECOVER(a_stop_is_no_attempt), RECOVER(what_is_answered_is_done),
		RECOVER(a_result_without_its_record), RECOVER(names_and_halves), RECOVER(moves_are_synced),
		RECOVER(nothing_of_a_full_disk),
	};
	return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
