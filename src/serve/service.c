#define _GNU_SOURCE
#include "serve/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve/deliver.h"
#include "serve/ids.h"
#include "serve/keys.h"
#include "serve/log.h"
#include "serve/notify.h"
#include "serve/receiver.h"

#define TICK_MS 250
#define STATUS_SECONDS 5
#define PRUNE_SECONDS 3600
#define FINISH_SECONDS 5     /* running detections may take this long at a stop */
#define OLD_CONFIGS 1000

struct threads {
	pthread_t worker[16], watch[SERVE_WATCH_MAX];
	struct watch_arg arg[SERVE_WATCH_MAX];
	pthread_t send, pages;
	int nworkers, nwatch, nothers;
};

/* ---- reload ---- */

struct configs {
	struct serve_config *old[OLD_CONFIGS]; /* threads may still read them: freed at the end */
	int n;
};

static void reload(struct service *s, struct configs *configs)
{
	const struct serve_config *now = service_config(s);
	struct serve_config *new = malloc(sizeof *new);
	struct err err;

	if (!new || configs->n == OLD_CONFIGS || config_read(now->file, new, &err) < 0 || keys_check(new, &err) < 0) {
		serve_log(LOG_BAD, "reload_failed what=\"%s\"", new && configs->n < OLD_CONFIGS ? err.text :
			  "no more reloads without a restart");
		free(new);
		return;
	}
	const char *fixed = config_fixed_difference(now, new);
	if (fixed) {
		serve_log(LOG_BAD, "reload_failed what=\"%s changed: that needs a restart\"", fixed);
		free(new);
		return;
	}
	configs->old[configs->n++] = atomic_exchange(&s->config, new);
	serve_log(LOG_NOTE, "reloaded");
}

/* ---- keep_done_days, keep_quarantine_days ---- */

/* Only in the spool: what people put into watch folders is theirs. */
static void prune_room(struct service *s, enum store_room which, int days)
{
	char room[STORE_PATH], path[STORE_PATH], **names;
	struct err err;
	int n = days > 0 ? store_names(store_path(&s->spool, which, NULL, room), &names, &err) : 0;

	for (int i = 0; i < n; i++) {
		struct stat st;
		if (strlen(names[i]) >= STORE_KEY)
			continue;
		store_path(&s->spool, which, names[i], path);
		if (lstat(path, &st) == 0 && time(NULL) - st.st_ctime > (time_t)days * 86400 && store_remove(path, &err) == 0)
			serve_log(LOG_INFO, "pruned %s", path);
	}
	if (n > 0)
		store_free_names(names, n);
}

/* A wrong clock must not throw away what is young: for as long as PRUNE_SECONDS before, it has to have gone as the
 * steady one does. At boot, and after it was set, that is not yet so. */
static bool clock_is_sound(struct service *s)
{
	double steady = clock_now(), wall = (double)time(NULL);
	double off = (wall - s->clock_wall) - (steady - s->clock_steady);
	bool sound = s->clock_steady > 0 && off < 60 && off > -60;

	s->clock_steady = steady;
	s->clock_wall = wall;
	return sound;
}

static void prune(struct service *s)
{
	const struct serve_config *c = service_config(s);

	if (!clock_is_sound(s))
		return;
	pthread_mutex_lock(&s->rooms); /* a series may want to join what is pruned */
	prune_room(s, STORE_DONE, c->keep_done_days);
	prune_room(s, STORE_QUARANTINE, c->keep_quarantine_days);
	pthread_mutex_unlock(&s->rooms);
}

/* ---- the loop ---- */

static void write_status(struct service *s, const char *state)
{
	struct err err;
	static bool failing;

	bool bad = status_write(s, state, &err) < 0;
	if (bad && !failing)
		serve_log(LOG_WARN, "status_failed what=\"%s\"", err.text);
	failing = bad;
}

static void loop(struct service *s, const sigset_t *signals, struct configs *configs)
{
	double next_status = 0, next_prune = 0, next_dog = 0, dog = notify_watchdog() / 3;

	for (;;) {
		struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
		int number = sigtimedwait(signals, NULL, &tick);
		if (number == SIGTERM || number == SIGINT)
			return;
		if (number == SIGHUP) {
			notify_send("RELOADING=1");
			reload(s, configs);
			notify_send("READY=1");
		}
		collect_tick(s);
		double now = clock_now();
		if (now >= next_status) {
			write_status(s, "running");
			next_status = now + STATUS_SECONDS;
		}
		if (now >= next_prune) {
			prune(s);
			next_prune = now + PRUNE_SECONDS;
		}
		if (dog > 0 && now >= next_dog) {
			notify_send("WATCHDOG=1");
			next_dog = now + dog;
		}
	}
}

static int start_threads(struct service *s, struct threads *t, struct err *err)
{
	const struct serve_config *c = service_config(s);

	for (int i = 0; i < c->workers; i++, t->nworkers++)
		if (pthread_create(&t->worker[i], NULL, work_thread, s) != 0)
			return err_set(err, GPPI_E_NOMEM, "worker %d cannot be started", i + 1);
	for (int i = 0; i < c->nwatch; i++, t->nwatch++) {
		t->arg[i] = (struct watch_arg){ .service = s, .index = i };
		if (pthread_create(&t->watch[i], NULL, watch_thread, &t->arg[i]) != 0)
			return err_set(err, GPPI_E_NOMEM, "the thread of a watch folder cannot be started");
	}
	if (pthread_create(&t->send, NULL, send_thread, s) != 0)
		return err_set(err, GPPI_E_NOMEM, "the thread that sends results cannot be started");
	t->nothers = 1;
	if (pthread_create(&t->pages, NULL, pages_thread, s) != 0)
		return err_set(err, GPPI_E_NOMEM, "the thread that writes pages cannot be started");
	t->nothers = 2;
	return 0;
}

static void stop_threads(struct service *s, struct threads *t)
{
	atomic_store(&s->cancel_after, clock_now() + FINISH_SECONDS);
	queue_stop(&s->queue);
	send_stop(s);
	for (int i = 0; i < t->nworkers; i++)
		pthread_join(t->worker[i], NULL);
	for (int i = 0; i < t->nwatch; i++)
		pthread_join(t->watch[i], NULL);
	if (t->nothers > 0)
		pthread_join(t->send, NULL);
	if (t->nothers > 1)
		pthread_join(t->pages, NULL);
}

static int open_all(struct service *s, int *lock, struct err *err)
{
	const struct serve_config *c = service_config(s);
	struct gppi_error error;
	int rc = keys_check(c, err);

	if (rc == 0)
		rc = store_open(&s->spool, c->spool, false, err);
	if (rc == 0)
		rc = *lock = status_lock(c->spool, err);
	for (int i = 0; i < c->nwatch && rc >= 0; i++)
		rc = store_open(&s->watch[i], c->watch[i].folder, true, err);
	if (rc >= 0 && gppi_models_open(c->weights[0] ? c->weights : NULL, &s->models, &error) != GPPI_OK)
		rc = err_set(err, error.code, "%s", error.text);
	if (rc >= 0)
		rc = queue_init(&s->queue, err);
	if (rc >= 0)
		rc = send_init(s, err);
	return rc < 0 ? rc : recover_all(s, err);
}

int service_run(struct serve_config *config, struct err *err)
{
	struct service *s = calloc(1, sizeof *s);
	struct configs *configs = calloc(1, sizeof *configs);
	struct receiver *receiver = NULL;
	struct threads threads = { 0 };
	int lock = -1, rc;
	sigset_t signals;

	if (!s || !configs) {
		free(s);
		free(configs);
		return err_set(err, GPPI_E_NOMEM, "out of memory for the service");
	}
	/* every thread inherits this: signals are for the loop alone */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	dicom_quiet();

	atomic_store(&s->config, config);
	s->started = (long long)time(NULL);
	pthread_mutex_init(&s->rooms, NULL);
	pthread_mutex_init(&s->table, NULL);
	pthread_mutex_init(&s->pages.lock, NULL);
	rc = open_all(s, &lock, err);
	if (rc == 0)
		rc = start_threads(s, &threads, err);
	if (rc == 0)
		rc = receiver_start(s, &receiver, err);
	if (rc == 0) {
		serve_log(LOG_NOTE, "started version=%s port=%d watch=%d waiting=%d", GPPI_VERSION, config->dicom.port,
			  config->nwatch, queue_length(&s->queue, NULL));
		write_status(s, "running");
		notify_send("READY=1");
		loop(s, &signals, configs);
		notify_send("STOPPING=1");
		serve_log(LOG_NOTE, "stopping");
	}
	atomic_store(&s->stopping, true);
	if (lock >= 0)
		stop_threads(s, &threads);
	receiver_stop(receiver);
	if (rc == 0) {
		write_status(s, "stopped");
		serve_log(LOG_NOTE, "stopped");
	}
	queue_free(&s->queue);
	pages_free(&s->pages);
	delivery_free(s->send.delivery);
	collect_free(&s->collect);
	gppi_models_free(s->models);
	for (int i = 0; i < configs->n; i++)
		if (configs->old[i] != config)
			free(configs->old[i]);
	if (service_config(s) != config)
		free(atomic_load(&s->config));
	if (lock >= 0)
		close(lock);
	free(configs);
	free(s);
	return rc < 0 ? rc : 0;
}
