/* What a worker process cannot do any more, and still can; each case runs in a process of its own. And what the service
 * takes of one that was taken over, which this program plays when the service starts it as its worker. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "serve/jobs/sandbox.h"

#include "dicom_files.h"
#include "worker_fake.h"

#define SKIPPED 77

static struct sandbox limits;

/* The exit status of `action` in the sandbox; what the system does not offer is skipped. */
static int inside(int (*action)(void), int *signal)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct gppi_error err;
		_exit(sandbox_enter(&limits, &err) < 0 ? SKIPPED : action());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	*signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_inside(int (*action)(void))
{
	int number, status = inside(action, &number);

	if (status == SKIPPED) {
		print_message("skipped: this system has no seccomp or no Landlock\n");
		return;
	}
	assert_int_equal(number, 0);
	assert_int_equal(status, 0);
}

/* Each returns 0, or the number of the line that does not hold. */
#define HOLDS(condition) if (!(condition)) return __LINE__ % 70 + 1

static void *thread(void *user)
{
	*(int *)user = 1;
	return NULL;
}

static int no_network_no_programs(void)
{
	char *const arguments[] = { "/bin/true", NULL };

	HOLDS(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	HOLDS(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
	HOLDS(execv("/bin/true", arguments) < 0 && errno == EPERM);
	HOLDS(fork() < 0 && errno == EPERM);
	HOLDS(kill(getppid(), 0) < 0 && errno == EPERM);
	HOLDS(syscall(SYS_tgkill, getppid(), getppid(), 0) < 0 && errno == EPERM);
	HOLDS(syscall(SYS_ptrace, 16, getppid(), 0, 0) < 0 && errno == EPERM);
	return 0;
}

static int threads_and_memory(void)
{
	pthread_t t;
	int done = 0;
	void *memory = malloc(1 << 20);

	HOLDS(memory);
	free(memory);
	HOLDS(pthread_create(&t, NULL, thread, &done) == 0);
	pthread_join(t, NULL);
	HOLDS(done);
	return 0;
}

static int files(void)
{
	HOLDS(open(in_dir("outside"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES);
	HOLDS(open(in_dir("there"), O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES);
	HOLDS(unlink(in_dir("there")) < 0 && errno == EACCES);
	HOLDS(mkdir(in_dir("folder"), 0700) < 0);
	HOLDS(open(in_dir("there"), O_RDONLY | O_TRUNC | O_CLOEXEC) < 0);
	HOLDS(open(in_dir("there"), O_ACCMODE | O_TRUNC | O_CLOEXEC) < 0);
	HOLDS(syscall(SYS_openat, AT_FDCWD, in_dir("there"), O_ACCMODE | O_TRUNC, 0) < 0);
	HOLDS(syscall(452, AT_FDCWD, in_dir("there"), 0, 0) < 0); /* fchmodat2 */
	HOLDS(truncate(in_dir("there"), 0) < 0);
	const int there = open(in_dir("there"), O_RDONLY | O_CLOEXEC);
	HOLDS(there >= 0);
	HOLDS(fchmod(there, 0) < 0 && errno == EPERM);
	HOLDS(futimens(there, NULL) < 0 && errno == EPERM);
	HOLDS(fsetxattr(there, "user.gppi", "x", 1, 0) < 0);
	HOLDS(lseek(there, 0, SEEK_END) == 1);
	HOLDS(open(in_dir("new/inside"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
	HOLDS(rename(in_dir("new/inside"), in_dir("new/other")) == 0);
	HOLDS(unlink(in_dir("new/other")) == 0);
	return 0;
}

/* In the folder of its results, too. */
static int regular_files_only(void)
{
	HOLDS(symlink(in_dir("there"), in_dir("new/symbolic")) < 0);
	HOLDS(symlinkat(in_dir("there"), AT_FDCWD, in_dir("new/symbolic")) < 0);
	HOLDS(open(in_dir("new/first"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
	HOLDS(link(in_dir("new/first"), in_dir("new/hard")) < 0);
	HOLDS(linkat(AT_FDCWD, in_dir("new/first"), AT_FDCWD, in_dir("new/hard"), 0) < 0);
	HOLDS(mkfifo(in_dir("new/pipe"), 0600) < 0);
	HOLDS(mknod(in_dir("new/regular"), S_IFREG | 0600, 0) < 0);
	HOLDS(mknod(in_dir("new/socket"), S_IFSOCK | 0600, 0) < 0);
	HOLDS(mkdir(in_dir("new/folder"), 0700) < 0);
	HOLDS(mkdirat(AT_FDCWD, in_dir("new/folder"), 0700) < 0);
	return 0;
}

static int no_signals_by_files(void)
{
	const struct f_owner_ex owner = { F_OWNER_PID, getppid() };
	int pipes[2], process = getppid(), on = 1;

	HOLDS(pipe2(pipes, O_CLOEXEC) == 0);
	HOLDS(fcntl(pipes[0], F_SETOWN, process) < 0 && errno == EPERM);
	HOLDS(fcntl(pipes[0], F_SETOWN_EX, &owner) < 0 && errno == EPERM);
	HOLDS(fcntl(pipes[0], F_SETSIG, SIGKILL) < 0 && errno == EPERM);
	HOLDS(syscall(SYS_fcntl, pipes[0], 1l << 32 | F_SETOWN, process) < 0 && errno == EPERM);
	HOLDS(ioctl(pipes[0], FIOSETOWN, &process) < 0 && errno == EPERM);
	HOLDS(ioctl(pipes[0], SIOCSPGRP, &process) < 0 && errno == EPERM);
	HOLDS(ioctl(pipes[0], FIOASYNC, &on) < 0 && errno == EPERM);
	HOLDS(fcntl(pipes[0], F_SETLEASE, F_RDLCK) < 0 && errno == EPERM);
	HOLDS(fcntl(pipes[0], F_SETFL, O_NONBLOCK) == 0);
	return 0;
}

static int leaves_others_their_turn(void)
{
	const struct sched_param idle = { 0 };
	const pid_t service = getppid();
	cpu_set_t set;

	HOLDS(setpriority(PRIO_PROCESS, (id_t)service, 19) < 0 && errno == EPERM);
	HOLDS(syscall(SYS_ioprio_set, 1, service, 3 << 13) < 0 && errno == EPERM);
	HOLDS(sched_setscheduler(service, SCHED_IDLE, &idle) < 0 && errno == EPERM);
	HOLDS(sched_setparam(service, &idle) < 0 && errno == EPERM);
	HOLDS(sched_getaffinity(0, sizeof set, &set) == 0);
	HOLDS(sched_setaffinity(service, sizeof set, &set) < 0 && errno == EPERM);
	HOLDS(sched_setaffinity(0, sizeof set, &set) == 0);
	return 0;
}

static int too_large_file(void)
{
	const int file = memfd_create("file", MFD_CLOEXEC);

	HOLDS(file >= 0);
	HOLDS(pwrite(file, "x", 1, (off_t)(SANDBOX_FILE - 1)) == 1);
	(void)!pwrite(file, "x", 1, (off_t)SANDBOX_FILE);
	return 1;
}

static int too_much_memory(void)
{
	char *volatile memory = malloc((size_t)300 << 20); /* not left out by a compiler */
	const int got = memory != NULL;
	free(memory);
	return got;
}

static int too_much_time(void)
{
	for (volatile unsigned i = 0;; i++)
		;
	return 0;
}

static int aborts(void)
{
	abort();
	return 0;
}

static void calls(void **state)
{
	(void)state;
	limits = (struct sandbox){ 0 };
	assert_inside(no_network_no_programs);
	assert_inside(threads_and_memory);
	assert_inside(no_signals_by_files);
	assert_inside(leaves_others_their_turn);
}

static void writing(void **state)
{
	(void)state;
	put_text(in_dir("there"), "x");
	assert_int_equal(mkdir(in_dir("new"), 0700), 0);
	limits = (struct sandbox){ .folders = { in_dir("new"), in_dir("not there") } };
	assert_inside(files);
	assert_inside(regular_files_only);
}

static void memory_and_time(void **state)
{
	(void)state;
	int number, status;
	limits = (struct sandbox){ .memory = (uint64_t)200 << 20, .cpu_seconds = 1 };
#ifndef __SANITIZE_ADDRESS__ /* has its own idea of memory */
	assert_inside(too_much_memory);
#endif
	status = inside(too_much_time, &number);
	assert_true(status == SKIPPED || number == SIGXCPU || number == SIGKILL);
	status = inside(too_large_file, &number);
	assert_true(status == SKIPPED || number == SIGXFSZ);
	status = inside(aborts, &number);
	assert_true(status == SKIPPED || number == SIGABRT);
}

/* ---- what the service takes of a worker that was taken over ---- */

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
		TEST(calls), TEST(writing), TEST(memory_and_time), TEST(answers_of_worker), TEST(log_of_worker),
		TEST(trouble_of_worker), TEST(given_back_goes_behind), TEST(objects_of_worker),
	};

	if (argc == 3 && strcmp(argv[2], "--worker") == 0)
		return fake_worker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
