/* Whether to go on: who is asked, by which threads, and how often. Files that are no files. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/stop.h"

struct asked {
	atomic_int times;
	int stop_at; /* the answer is no from this time on; 0: never */
	double done;
};

static int answer(void *user, double done)
{
	struct asked *a = user;
	int n = atomic_fetch_add(&a->times, 1) + 1;

	a->done = done;
	return a->stop_at && n >= a->stop_at ? -1 : 0;
}

static void nobody_is_asked_where_there_is_nobody(void **s)
{
	struct asked a = { 0 };
	struct stop *stop = stop_new();

	(void)s;
	assert_int_equal(stop_asked(NULL), 0);
	assert_int_equal(stop_tell(0.5, NULL), 0);
	struct stop_before before = stop_begin(stop, (struct stop_question){ NULL, NULL });
	assert_ptr_equal(stop_current(), stop);
	assert_int_equal(stop_tell(0.5, NULL), 0);
	stop_end(stop, before);
	assert_null(stop_current());
	before = stop_begin(stop, (struct stop_question){ answer, &a });
	stop_end(stop, before);
	assert_int_equal(stop_tell(0.5, NULL), 0);
	assert_int_equal(a.times, 0);
	stop_free(stop);
	stop_free(NULL);
}

static void an_answer_counts_until_the_end(void **s)
{
	struct asked a = { .stop_at = 2 };
	struct stop *stop = stop_new();
	struct gppi_error err = { 0 };

	(void)s;
	struct stop_before before = stop_begin(stop, (struct stop_question){ answer, &a });
	assert_int_equal(stop_tell(0.25, &err), 0);
	assert_true(a.done > 0.2 && a.done < 0.3);
	assert_int_equal(stop_tell(0.5, &err), GPPI_E_CANCELLED);
	assert_string_equal(err.text, "stopped on request");
	/* not asked again, but not forgotten */
	assert_int_equal(stop_asked(NULL), GPPI_E_CANCELLED);
	assert_int_equal(stop_tell(0.6, NULL), GPPI_E_CANCELLED);
	assert_int_equal(a.times, 2);
	/* another question within this one, and this one again */
	struct asked b = { 0 };
	struct stop_before inner = stop_begin(stop, (struct stop_question){ answer, &b });
	assert_int_equal(stop_tell(0.7, NULL), 0);
	assert_int_equal(b.times, 1);
	stop_end(stop, inner);
	assert_int_equal(stop_asked(NULL), GPPI_E_CANCELLED);
	assert_int_equal(a.times, 3);
	stop_end(stop, before);
	stop_free(stop);
}

static void asking_is_cheap(void **s)
{
	struct asked a = { 0 };
	struct stop *stop = stop_new();
	struct timespec start, now;
	int calls = 0;

	(void)s;
	struct stop_before before = stop_begin(stop, (struct stop_question){ answer, &a });
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		assert_int_equal(stop_asked(NULL), 0);
		calls++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 100);
	assert_in_range(a.times, 1, 6); /* every 20 ms */
	assert_true(calls > 100);
	stop_end(stop, before);
	stop_free(stop);
}

static int count_item(void *arg, int item, int worker, struct gppi_error *err)
{
	(void)item;
	(void)worker;
	(void)err;
	atomic_fetch_add((atomic_int *)arg, 1);
	(void)stop_tell(0.1, NULL);
	return 0;
}

static void loops_stop_between_items(void **s)
{
	struct asked a = { .stop_at = 5 };
	struct stop *stop = stop_new();
	struct gppi_error err = { 0 };

	(void)s;
	for (int threads = 1; threads <= 4; threads += 3) {
		atomic_int items = 0;
		atomic_store(&a.times, 0);
		struct stop_before before = stop_begin(stop, (struct stop_question){ answer, &a });
		assert_int_equal(parallel_for(threads, 1000, count_item, &items, &err), GPPI_E_CANCELLED);
		stop_end(stop, before);
		assert_string_equal(err.text, "stopped on request");
		assert_in_range(items, 3, 5 + 2 * threads);
		assert_int_equal(a.times, 5);
	}
	stop_free(stop);
}

/* Opened by name, nothing is waited for that may never come. */
static void only_regular_files_are_opened(void **s)
{
	struct gppi_error err = { 0 };
	uint64_t bytes = 0;
	FILE *f;
	int fd;

	(void)s;
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(mkdir(in_dir("folder"), 0700), 0);
	put_file(in_dir("file"), "12345", 5);
	assert_int_equal(symlink("/dev/zero", in_dir("zero")), 0);
	static const char *const bad[] = { "fifo", "folder", "zero", "missing" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		fd = 0;
		assert_int_equal(file_open(in_dir(bad[i]), &fd, &bytes, &err), GPPI_E_IO);
		assert_int_equal(fd, -1);
		assert_non_null(strstr(err.text, bad[i]));
		assert_non_null(strstr(err.text, i < 3 ? "is not a regular file" : "No such file"));
		assert_int_equal(file_stream(in_dir(bad[i]), &f, NULL, &err), GPPI_E_IO);
		assert_null(f);
	}
	assert_int_equal(file_open(in_dir("file"), &fd, &bytes, &err), 0);
	assert_int_equal(bytes, 5);
	close(fd);
	char text[8] = "";
	assert_int_equal(file_stream(in_dir("file"), &f, &bytes, &err), 0);
	assert_int_equal(fread(text, 1, sizeof text, f), 5);
	assert_string_equal(text, "12345");
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_asked_where_there_is_nobody),
		cmocka_unit_test(an_answer_counts_until_the_end),
		cmocka_unit_test(asking_is_cheap),
		cmocka_unit_test(loops_stop_between_items),
		TEST(only_regular_files_are_opened),
	};
	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
