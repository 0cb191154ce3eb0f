#define _GNU_SOURCE
#include "serve/watch/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/core/log.h"
#include "serve/core/service.h"
#include "serve/core/state.h"
#include "serve/watch/watch.h"

#define STACK 65536   /* of the handler: that of the thread may be what is used up */
#define CRASHED '!'   /* first byte of a marked note; of others '.' */

/* One for each thread that ever read something. */
struct note {
	int fd;
	char path[STORE_PATH];
	void *stack;
};

static char folder[STORE_PATH];
static pthread_key_t key;
static atomic_int count;
static _Thread_local struct note *mine; /* read by the handler: set once, before the first file is read */
static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static struct sigaction before[sizeof signals / sizeof *signals];

/* Then the signal comes once more, and does what it did before. Async-signal-safe calls only. */
static void on_crash(int number)
{
	static const char mark = CRASHED;
	struct note *note = mine;

	if (note && note->fd >= 0) {
		ssize_t wrote = pwrite(note->fd, &mark, 1, 0);
		(void)wrote;
		fsync(note->fd);
	}
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (signals[i] == number)
			sigaction(number, &before[i], NULL);
}

static void free_note(void *user)
{
	struct note *note = user;
	stack_t none = { .ss_flags = SS_DISABLE };

	mine = NULL;
	sigaltstack(&none, NULL);
	if (note->fd >= 0) {
		close(note->fd);
		(void)unlink(note->path);
	}
	free(note->stack);
	free(note);
}

int guard_init(const char *spool, struct gppi_error *err)
{
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_ONSTACK };
	static bool once;

	snprintf(folder, sizeof folder, "%.1024s/reading", spool);
	int rc = store_make(folder, err);
	if (rc < 0 || once)
		return rc;
	if (pthread_key_create(&key, free_note) != 0)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the service");
	once = true;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, &before[i]);
	return 0;
}

static struct note *new_note(void)
{
	struct note *note = calloc(1, sizeof *note);

	if (!note)
		return NULL;
	snprintf(note->path, sizeof note->path, "%.1400s/%d", folder, atomic_fetch_add(&count, 1));
	note->fd = open(note->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	note->stack = malloc(STACK);
	if (note->stack) {
		stack_t stack = { .ss_sp = note->stack, .ss_size = STACK };
		sigaltstack(&stack, NULL);
	}
	pthread_setspecific(key, note);
	return note;
}

/* Where nothing can be noted, reading goes on unguarded. */
void guard_begin(const char *path)
{
	char text[STORE_PATH];

	if (!mine)
		mine = new_note();
	if (!mine || mine->fd < 0)
		return;
	int n = snprintf(text, sizeof text, ".%s", path);
	ssize_t wrote = pwrite(mine->fd, text, (size_t)(n < (int)sizeof text ? n : (int)sizeof text - 1), 0);
	(void)wrote;
}

void guard_end(void)
{
	if (mine && mine->fd >= 0 && ftruncate(mine->fd, 0) != 0)
		serve_log(LOG_WARN, "guard_failed what=\"%s\"", strerror(errno));
}

/* ---- the next start ---- */

int guard_quarantine(struct service *s, const char *path, const char *word, const char *reason,
		     struct gppi_error *err)
{
	const struct store *store = &s->spool;
	char base[STORE_KEY], name[STORE_KEY], hidden[STORE_KEY + 1], data[STORE_PATH], to[STORE_PATH + 300];
	const char *file = strrchr(path, '/') + 1;

	for (int i = 0; i < service_config(s)->nwatch; i++) {
		size_t n = strlen(s->watch[i].root);
		if (strncmp(path, s->watch[i].root, n) == 0 && path[n] == '/' && store_is_open(&s->watch[i]))
			store = &s->watch[i];
	}
	store_name_key(file, base);
	int rc = watch_free_key(s, base, name, err);
	if (rc == 0)
		rc = store_begin(store, STORE_QUARANTINE, name, data, err);
	snprintf(to, sizeof to, "%s/%s", data, file);
	if (rc == 0)
		rc = store_move(path, to, err);
	snprintf(hidden, sizeof hidden, ".%s", name);
	store_path(store, STORE_QUARANTINE, hidden, data);
	if (rc == 0)
		rc = store_quarantine(store, data, name, reason, err);
	if (rc < 0)
		return rc;
	counters_add(&s->counters, COUNT_QUARANTINED, 1);
	serve_log(LOG_WARN, "quarantined key=%s reason=\"%s\"", name, word);
	return 0;
}

static int take_note(struct service *s, const char *note, struct gppi_error *err)
{
	char path[STORE_PATH], data[STORE_PATH + 16];
	int fd = open(note, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? read(fd, path, sizeof path - 1) : 0;

	if (fd >= 0)
		close(fd);
	path[n > 0 ? n : 0] = 0;
	if (path[0] != CRASHED || path[1] != '/' || !store_exists(path + 1))
		return 0;
	char quoted[300];
	serve_log(LOG_WARN, "crashed_over path=%s", serve_quote(path + 1, quoted, sizeof quoted));
	int index = place_of(s, path + 1);
	if (index >= 0)
		return place_refuse(s, index, path + 1 + strlen(s->watch[index].root) + 1, CRASHED_OVER, err);
	snprintf(data, sizeof data, "%s/state", path + 1);
	if (!store_exists(data))
		return guard_quarantine(s, path + 1, "crashed", CRASHED_OVER, err);
	struct job_state state; /* recover_work() does the rest */
	state_read(path + 1, &state);
	state.crashed = true;
	return state_write(path + 1, &state, err);
}

int guard_recover(struct service *s, struct gppi_error *err)
{
	char path[STORE_PATH + 300], **names = NULL;
	struct gppi_error why;
	int n = store_names(folder, &names, err);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (take_note(s, path, &why) < 0)
			serve_log(LOG_BAD, "error what=\"%s\"", why.text);
		(void)unlink(path);
	}
	if (n >= 0)
		store_free_names(names, n);
	return n < 0 ? n : 0;
}
