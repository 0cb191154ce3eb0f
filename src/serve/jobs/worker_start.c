/* The service's side of worker processes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "serve/jobs/work_check.h"
#include "serve/jobs/worker.h"
#include "serve/jobs/worker_parts.h"

#define TICK_MS 100

extern char **environ;

/* ---- begin ---- */

static int spawn(int in, int out, int says, pid_t *pid, struct gppi_error *err)
{
	static char program[] = "/proc/self/exe", serve[] = "serve", option[] = "--worker";
	char *const arguments[] = { program, serve, option, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;

	sigemptyset(&none); /* threads of the service wait for no signals, and it has some ignored */
	sigfillset(&usual);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	int rc = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	rc = rc ? rc : posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	rc = rc ? rc : posix_spawn_file_actions_adddup2(&files, says, STDERR_FILENO);
	rc = rc ? rc : posix_spawnattr_setsigmask(&how, &none);
	rc = rc ? rc : posix_spawnattr_setsigdefault(&how, &usual);
	rc = rc ? rc : posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = rc ? rc : posix_spawn(pid, program, &files, &how, arguments, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return rc ? err_set(err, GPPI_E_NOMEM, "a worker cannot be started: %s", strerror(rc)) : 0;
}

static int send_job(const struct work *w, int fd, struct gppi_error *err)
{
	const struct serve_config *c = service_config(w->service);
	const char *const paths[] = { w->input, w->shown, w->job->key, c->results, w->service->spool.root, c->weights };
	char text[6 * STORE_PATH];
	size_t n = 0;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		size_t size = strlen(paths[i]) + 1;
		if (n + size > sizeof text)
			return err_set(err, GPPI_E_IO, "%s: its path is too long", w->job->key);
		memcpy(text + n, paths[i], size);
		n += size;
	}
	json_t *head = json_pack("{s:i,s:i,s:b,s:b,s:b,s:b,s:i,s:I,s:f}", "threads", c->threads, "timeout",
				 c->job_timeout, "qc", c->qc, "page", c->page, "measure", c->measure, "dicom_results",
				 c->dicom_results, "objects", c->send.host[0] ? (int)c->send.objects : -1, "memory",
				 (json_int_t)c->job_memory, "voxel_um", w->voxel_um);
	return worker_write(fd, head, (const char *[]){ text, NULL, NULL }, (size_t[]){ n, 0, 0 }, err);
}

int worker_start(struct work *w, struct worker *worker, struct gppi_error *err)
{
	enum { REQUEST, ANSWER, SAYS, PIPES };
	int pipes[PIPES][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } }, rc = 0;

	*worker = (struct worker){ .answers = -1, .says = -1 };
	for (int i = 0; i < PIPES && rc == 0; i++)
		if (pipe2(pipes[i], O_CLOEXEC) != 0)
			rc = err_set(err, GPPI_E_NOMEM, "a worker cannot be started: %s", strerror(errno));
	if (rc == 0)
		rc = spawn(pipes[REQUEST][0], pipes[ANSWER][1], pipes[SAYS][1], &worker->pid, err);
	for (int i = 0; i < PIPES; i++)
		if (pipes[i][i != REQUEST] >= 0)
			close(pipes[i][i != REQUEST]);
	worker->answers = pipes[ANSWER][0];
	worker->says = pipes[SAYS][0];
	if (rc == 0)
		(void)fcntl(worker->says, F_SETFL, O_NONBLOCK);
	if (rc == 0)
		rc = send_job(w, pipes[REQUEST][1], err);
	if (pipes[REQUEST][1] >= 0)
		close(pipes[REQUEST][1]);
	return rc;
}

/* ---- what came of it ---- */

struct waiting {
	struct work *w;
	struct worker *worker;
};

/* Until there is something to read, or the job is to stop: then the worker is killed, whatever it does. */
static int wait_for(void *user, int fd, struct gppi_error *err)
{
	const struct waiting *waiting = user;
	struct work *w = waiting->w;

	for (;;) {
		double now = clock_now(), limit = atomic_load(&w->service->cancel_after);
		bool over = limit > 0 && now >= limit, late = w->deadline > 0 && now >= w->deadline;
		if (over || late) {
			atomic_store(&w->late, late && !over);
			waiting->worker->stopped = true;
			return err_set(err, GPPI_E_CANCELLED, "stopped");
		}
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = waiting->worker->says, .events = POLLIN } };
		if (poll(p, 2, TICK_MS) <= 0)
			continue;
		if (p[1].revents)
			(void)worker_says(w, waiting->worker);
		if (p[0].revents)
			return 0;
	}
}

static int died_of(struct work *w, int status, struct gppi_error *err)
{
	const char *key = w->job->key;

	if (WIFEXITED(status))
		return err_set(err, GPPI_E_IO, "%s: the worker that read it ended with status %d", key,
			       WEXITSTATUS(status));
	int number = WTERMSIG(status);
	if (number == SIGKILL)
		return err_set(err, GPPI_E_IO, "%s: the worker that read it was killed, perhaps for want of memory",
			       key);
	/* before it ignores them: somebody stops all processes */
	if (number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT)
		return err_set(err, GPPI_E_IO, "%s: the worker that read it was told to stop (SIG%s)", key,
			       sigabbrev_np(number));
	if (number == SIGXCPU)
		return err_set(err, GPPI_E_FORMAT, "%s: took more processor time than job_timeout allows", key);
	if (number == SIGXFSZ)
		return err_set(err, GPPI_E_FORMAT, "%s: the worker that read it wrote a file larger than any result",
			       key);
	return err_set(err, GPPI_E_FORMAT,
		       "%s: the worker that read it ended with SIG%s; it is damaged in a way that the reader "
		       "does not stand, or made to do harm",
		       key, sigabbrev_np(number));
}

void worker_end(const struct work *w, struct worker *worker)
{
	if (worker->answers >= 0)
		close(worker->answers);
	worker->answers = -1;
	if (worker->pid > 0) {
		kill(worker->pid, SIGKILL);
		while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	worker->pid = 0;
	while (worker_says(w, worker))
		;
	if (worker->says >= 0)
		close(worker->says);
	worker->says = -1;
}

/* Why it does not answer: how it ended, if it did. */
static int no_answer(struct work *w, struct worker *worker, struct gppi_error *err)
{
	int status = 0;

	close(worker->answers);
	worker->answers = -1;
	/* one that closed its output without ending is ended */
	for (int i = 0; i < 20; i++) {
		pid_t ended = waitpid(worker->pid, &status, WNOHANG);
		if (ended == worker->pid) {
			worker->pid = 0;
			return died_of(w, status, err);
		}
		(void)worker_says(w, worker);
		(void)poll(NULL, 0, 50);
	}
	return err->code;
}

static int next(struct work *w, struct worker *worker, json_t **head, char *texts[WORKER_TEXTS],
		size_t sizes[WORKER_TEXTS], struct gppi_error *err)
{
	struct waiting waiting = { w, worker };
	int rc = worker_read(worker->answers, wait_for, &waiting, head, texts, sizes, err);

	return rc == GPPI_E_IO && !worker->stopped ? no_answer(w, worker, err) : rc;
}

/* The failure that an answer tells: its code is the worker's, `why` its sentence. 0: none. A worker is stopped by being
 * killed, and knows nothing of it: that it was is none of its answers. */
static int told(const struct work *w, const json_t *head, const char *why, struct gppi_error *err)
{
	long long code = worker_number(head, "code");

	if (code >= 0)
		return 0;
	if (code <= GPPI_E_CANCELLED)
		return err_set(err, GPPI_E_FORMAT, "%s: the worker that read it answers what none does; it is damaged "
			       "in a way that the reader does not stand, or made to do harm", w->job->key);
	return err_set(err, (int)code, "%s", why);
}

/* -1: more than there can be. */
static int counted(const json_t *head, const char *name)
{
	long long n = worker_number(head, name);

	return n >= 0 && n <= WORK_BONES_MOST ? (int)n : -1;
}

int worker_result(struct work *w, struct worker *worker, char **json, char **csv, bool *unwritten,
		  struct gppi_error *err)
{
	char *texts[WORKER_TEXTS];
	size_t sizes[WORKER_TEXTS];
	json_t *head;
	int rc = next(w, worker, &head, texts, sizes, err);

	*json = *csv = NULL;
	if (rc < 0)
		return rc;
	rc = told(w, head, texts[2], err);
	w->bones = counted(head, "bones");
	w->failed = counted(head, "failed");
	w->review = counted(head, "review");
	*unwritten = worker_number(head, "unwritten") != 0;
	json_decref(head);
	*json = texts[0];
	*csv = texts[1];
	free(texts[2]);
	return rc;
}

int worker_page(struct work *w, struct worker *worker, char **page, size_t *size, struct gppi_error *err)
{
	char *texts[WORKER_TEXTS];
	size_t sizes[WORKER_TEXTS];
	json_t *head;
	int rc = next(w, worker, &head, texts, sizes, err);

	*page = NULL;
	*size = 0;
	if (rc < 0)
		return rc;
	rc = told(w, head, texts[2], err);
	json_decref(head);
	free(texts[1]);
	free(texts[2]);
	if (rc == 0 && sizes[0]) {
		*page = texts[0];
		*size = sizes[0];
	} else {
		free(texts[0]);
	}
	return rc;
}
