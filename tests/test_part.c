/* Files that grow over a long run: one run at a time. */
#define _GNU_SOURCE
#include "temp_dir.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/part.h"

static void assert_file(const char *path, const char *text)
{
	size_t n;
	char *got = (char *)get_file(path, &n);

	got[n] = 0;
	assert_string_equal(got, text);
	free(got);
}

static struct part_file *begin(const char *keep)
{
	struct part_file *f;
	struct gppi_error err;

	if (part_open(in_dir("a"), keep, keep ? strlen(keep) : 0, &f, &err) != 0)
		fail_msg("%s", err.text);
	return f;
}

static void assert_taken(void)
{
	static const char *const keeps[] = { NULL, "kept\n" };
	struct part_file *f;
	struct gppi_error err;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(part_open(in_dir("a"), keeps[i], keeps[i] ? 5 : 0, &f, &err), GPPI_E_IO);
		assert_null(f);
		if (!strstr(err.text, "/a.part: another run of gppi is writing it"))
			fail_msg("%s", err.text);
	}
}

/* Neither begun anew nor with rows of an earlier run can a file be taken from the run that writes it. */
static void one_run_has_the_file(void **s)
{
	static const char *const keeps[] = { NULL, "one\n" };
	struct gppi_error err;

	(void)s;
	for (int i = 0; i < 2; i++) {
		struct part_file *f = begin(keeps[i]);
		fputs("two\n", part_stream(f));
		part_flush(f);
		assert_taken();
		assert_file(in_dir("a.part"), i ? "one\ntwo\n" : "two\n");
		assert_int_equal(part_commit(f, &err), 0);
		assert_file(in_dir("a"), i ? "one\ntwo\n" : "two\n");
		assert_int_equal(dir_count(), 1);
	}
}

static void it_is_free_afterwards(void **s)
{
	struct gppi_error err;

	(void)s;
	part_leave(begin(NULL));
	part_remove(begin("one\n"));
	assert_int_equal(dir_count(), 0);
	struct part_file *f = begin("one\n");
	part_leave(f);
	f = begin("two\n");
	assert_taken();
	assert_int_equal(part_commit(f, &err), 0);
	assert_file(in_dir("a"), "two\n");
}

static void a_killed_run_leaves_it_free(void **s)
{
	int status;

	(void)s;
	pid_t child = fork();
	if (child == 0) {
		fputs("one\n", part_stream(begin(NULL)));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(access(in_dir("a.part"), F_OK), 0);
	part_remove(begin(NULL));
}

/* What was given another name is no hindrance to a new file. */
static void the_name_counts(void **s)
{
	struct gppi_error err;

	(void)s;
	struct part_file *first = begin(NULL);
	fputs("whole\n", part_stream(first));
	assert_int_equal(rename(in_dir("a.part"), in_dir("elsewhere")), 0);
	struct part_file *second = begin(NULL);
	fputs("second\n", part_stream(second));
	part_flush(first);
	assert_file(in_dir("elsewhere"), "whole\n");
	assert_int_equal(part_commit(second, &err), 0);
	assert_file(in_dir("a"), "second\n");
	part_leave(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_run_has_the_file),
		TEST(it_is_free_afterwards),
		TEST(a_killed_run_leaves_it_free),
		TEST(the_name_counts),
	};
	return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
