/* What a worker process cannot do any more, and still can; each case runs in a process of its own. */
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

#include "temp_dir.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(calls), TEST(writing), TEST(memory_and_time) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
