/* What the service takes of a worker that was taken over, which this program plays when the service starts it as its
 * worker. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "dicom_files.h"
#include "worker_fake.h"

static const struct {
	const char *how;
	enum outcome outcome;
	const char *why; /* within its sentence */
} hostile[] = {
	{ "honest", WORK_DONE, "" },
	{ "link", WORK_BAD, "belongs to no result" },
	{ "link to picture", WORK_BAD, "no regular file" },
	{ "second name", WORK_BAD, "no regular file" },
	{ "folder", WORK_BAD, "no regular file" },
	{ "page in folder", WORK_BAD, "belongs to no result" },
	{ "bone 3", WORK_BAD, "belongs to no result" },
	{ "staged", WORK_BAD, "belongs to no result" },
	{ "staged link", WORK_BAD, "no regular file" },
	{ "no bones", WORK_BAD, "counts bones" },
	{ "many bones", WORK_BAD, "counts bones" },
	{ "no key", WORK_BAD, "into the table" },
	{ "other key", WORK_BAD, "into the table" },
	{ "no end", WORK_BAD, "into the table" },
	{ "escape", WORK_BAD, "into the table" },
	{ "long row", WORK_BAD, "into the table" },
	{ "more rows", WORK_BAD, "into the table" },
	{ "open quote", WORK_BAD, "into the table" },
	{ "formula", WORK_BAD, "into the table" },
	{ "columns", WORK_BAD, "into the table" },
	{ "json", WORK_BAD, "lines of JSON" },
	{ "two objects", WORK_BAD, "lines of JSON" },
	{ "more lines", WORK_BAD, "lines of JSON" },
	{ "page script", WORK_BAD, "part of the study page" },
	{ "page comment", WORK_BAD, "part of the study page" },
	{ "page tag in text", WORK_BAD, "part of the study page" },
	{ "page without end", WORK_BAD, "part of the study page" },
	{ "page pictures", WORK_BAD, "pictures for the study page" },
	{ "page of more", WORK_BAD, "part of the study page" },
	{ "page of none", WORK_BAD, "all bones" },
	{ "page large", WORK_BAD, "too large" },
	{ "cancelled", WORK_BAD, "answers what none does" },
	{ "odd code", WORK_BAD, "answers what none does" },
};

static void answers_of_worker(void **state)
{
	struct fake f;

	(void)state;
	fake_begin(&f);
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct work w = { .service = f.service, .job = &f.job };
		struct gppi_error err = { 0 };
		put_text(in_dir("other"), "x");
		setenv("FAKE", hostile[i].how, 1);
		const enum outcome outcome = work_detect(&w, &err);
		if (outcome != hostile[i].outcome || !strstr(err.text, hostile[i].why))
			fail_msg("%s: outcome %d, \"%s\"", hostile[i].how, (int)outcome, err.text);
		assert_int_equal(access(in_dir("results/k/result.json"), F_OK), i == 0 ? 0 : -1);
		assert_int_equal(access(in_dir("results/.new/k"), F_OK), -1);
		assert_true(has_text(in_dir("other"), "x"));
		remove_tree(in_dir("results/k"));
	}
	fake_end(&f);
}

static void log_of_worker(void **state)
{
	struct fake f;
	struct gppi_error err;
	size_t n;

	(void)state;
	fake_begin(&f);
	setenv("FAKE", "says", 1);
	struct work w = { .service = f.service, .job = &f.job };
	const int usual = dup(STDERR_FILENO), log = open(in_dir("log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(usual >= 0 && dup2(log, STDERR_FILENO) >= 0);
	const enum outcome outcome = work_detect(&w, &err);
	dup2(usual, STDERR_FILENO);
	close(usual);
	close(log);
	assert_int_equal(outcome, WORK_DONE);
	char *said = (char *)get_file(in_dir("log"), &n);
	assert_true(n < 150000);
	said[n] = 0;
	assert_non_null(strstr(said, "<4>event=worker key=k what=\"event=done key=other"));
	assert_non_null(strstr(said, "\n<4>event=no_dicom key=k what=\"x\"\n"));
	assert_non_null(strstr(said, "says too much"));
	assert_null(strstr(said, ">event=done"));
	assert_null(strstr(said, "key=last"));
	assert_null(strchr(said, 27));
	free(said);
	fake_end(&f);
}

/* It is believed for a while, and other jobs do not wait for it. */
static void trouble_of_worker(void **state)
{
	static const char *const what[] = { "unwritten", "weights" };
	struct fake f;
	struct gppi_error err;

	(void)state;
	fake_begin(&f);
	assert_int_equal(queue_init(&f.service->queue, &err), 0);
	for (int i = 0; i < 2; i++) {
		int n = 0;
		assert_int_equal(queue_put(&f.service->queue, &f.service->spool, "k", &err), 0);
		struct work w = { .service = f.service, .job = queue_take(&f.service->queue) };
		setenv("FAKE", what[i], 1);
		while (n < 100 && work_detect(&w, &err) == WORK_LATER)
			n++;
		assert_int_equal(n, 15);
		assert_non_null(strstr(err.text, "told 16 times of trouble that the service does not find"));
		queue_finish(&f.service->queue, f.service->queue.first);
	}
	/* trouble that is there is waited for */
	assert_int_equal(queue_put(&f.service->queue, &f.service->spool, "k", &err), 0);
	struct work w = { .service = f.service, .job = queue_take(&f.service->queue) };
	snprintf(f.config.weights, sizeof f.config.weights, "%s", in_dir("not there"));
	for (int n = 0; n < 20; n++)
		assert_int_equal(work_detect(&w, &err), WORK_LATER);
	queue_free(&f.service->queue);
	fake_end(&f);
}

static void given_back_goes_behind(void **state)
{
	struct fake f;
	struct gppi_error err;
	char key[2] = "";

	(void)state;
	fake_begin(&f);
	struct queue *q = &f.service->queue;
	assert_int_equal(queue_init(q, &err), 0);
	for (*key = 'a'; *key < 'd'; ++*key)
		assert_int_equal(queue_put(q, &f.service->spool, key, &err), 0);
	for (int i = 0; i < 6; i++) {
		struct job *job = queue_take(q);
		assert_int_equal(job->key[0], 'a' + i % 3);
		queue_return(q, job, 0);
	}
	assert_int_equal(queue_length(q, NULL), 3);
	queue_free(q);
	fake_end(&f);
}

/* Of what lies there, only objects of results are sent; nothing else holds them up. */
static void objects_of_worker(void **state)
{
	struct fake f;
	struct gppi_error err;
	char **names;

	(void)state;
	fake_begin(&f);
	save("series", simple);
	assert_int_equal(outbox_begin(f.config.spool, "k", &err), 0);
	fake_object("spool/send/staged/k/bone-1-report.dcm");
	fake_object("spool/send/staged/k/bone-1-other.dcm");
	fake_object("spool/send/staged/k/bone--1-key.dcm");
	fake_object("spool/send/staged/k/evil.dcm");
	fake_object("other.dcm");
	put_text(in_dir("spool/send/staged/k/bone-1-picture.dcm"), "none");
	assert_int_equal(symlink(in_dir("other.dcm"), in_dir("spool/send/staged/k/bone-1-key.dcm")), 0);
	assert_int_equal(outbox_release(f.config.spool, "k", &err), 1);
	assert_int_equal(access(in_dir("spool/send/staged/k"), F_OK), -1);
	assert_int_equal(outbox_waiting(f.config.spool, &names, &err), 1);
	assert_int_equal(strncmp(names[0], "k-bone-1-report@", 16), 0);
	store_free_names(names, 1);
	fake_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_of_worker), TEST(log_of_worker), TEST(trouble_of_worker), TEST(given_back_goes_behind),
		TEST(objects_of_worker),
	};

	if (argc == 3 && strcmp(argv[2], "--worker") == 0)
		return fake_worker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
