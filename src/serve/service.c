#define _GNU_SOURCE
#include "serve/core/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/core/quiet.h"
#include "serve/core/log.h"
#include "serve/keys.h"
#include "serve/receive/receiver.h"
#include "serve/send/notify.h"
#include "serve/stopper.h"
#include "serve/watch/guard.h"

#define TICK_MS 250
#define STATUS_SECONDS 5
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
	struct gppi_error err;

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

/* ---- the loop ---- */

static void write_status(struct service *s, const char *state)
{
	struct gppi_error err;
	static bool failing;

	bool bad = status_write(s, state, &err) < 0;
	if (bad && !failing)
		serve_log(LOG_WARN, "status_failed what=\"%s\"", err.text);
	failing = bad;
}

static void loop(struct service *s, const sigset_t *signals, struct configs *configs)
{
	double next_status = 0, next_prune = 0, next_dog = 0, dog = notify_watchdog() / 3;

	while (!atomic_load(&s->stopping)) {
		struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
		if (sigtimedwait(signals, NULL, &tick) == SIGHUP) {
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
		if (now >= next_prune)
			next_prune = now + (store_prune(s) ? STORE_PRUNE_SECONDS : 1);
		if (dog > 0 && now >= next_dog) {
			notify_send("WATCHDOG=1");
			next_dog = now + dog;
		}
	}
}

static void end_watch(struct service *s)
{
	for (int i = 0; i < service_config(s)->nwatch; i++) {
		store_close(&s->watch[i]);
		place_free(&s->place[i]);
	}
}

static void end_recover(struct service *s)
{
	collect_free(&s->collect);
	pages_free(&s->pages);
}

/* ---- the start: steps of which each undoes what it did ---- */

static int begin_spool(struct service *s, struct gppi_error *err)
{
	int rc = keys_check(service_config(s), err);

	if (rc == 0)
		rc = store_open(&s->spool, service_config(s)->spool, false, err);
	if (rc == 0 && (rc = guard_init(s->spool.root, err)) < 0)
		store_close(&s->spool);
	return rc;
}

static void end_spool(struct service *s)
{
	store_close(&s->spool);
}

static int begin_models(struct service *s, struct gppi_error *err)
{
	const char *weights = service_config(s)->weights;

	return gppi_models_open(weights[0] ? weights : NULL, &s->models, err);
}

static void end_models(struct service *s)
{
	gppi_models_free(s->models);
}

static int begin_queue(struct service *s, struct gppi_error *err)
{
	return queue_init(&s->queue, err);
}

static void end_queue(struct service *s)
{
	queue_free(&s->queue);
}

/* A share that is not mounted yet is waited for by its thread; one that is there must be usable. */
static int begin_watch(struct service *s, struct gppi_error *err)
{
	const struct serve_config *c = service_config(s);
	int rc = 0;

	for (int i = 0; i < c->nwatch; i++) {
		s->watch[i] = (struct store){ .watch = true, .lock = -1 };
		snprintf(s->watch[i].root, sizeof s->watch[i].root, "%s", c->watch[i].folder);
		place_init(&s->place[i]);
	}
	for (int i = 0; i < c->nwatch && rc == 0; i++) {
		if (c->watch[i].in_place)
			rc = place_open(s, i, err);
		else if (store_exists(c->watch[i].folder))
			rc = watch_open(s, i, err);
	}
	if (rc < 0)
		end_watch(s);
	return rc;
}

/* From here on there are series, pages and jobs in memory. */
static int begin_recover(struct service *s, struct gppi_error *err)
{
	int rc = recover_all(s, err);

	if (rc < 0)
		end_recover(s);
	return rc;
}

static int start_threads(struct service *s, struct threads *t, struct gppi_error *err)
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
	if (pthread_create(&t->pages, NULL, pages_thread, s) != 0)
		return err_set(err, GPPI_E_NOMEM, "the thread that writes pages cannot be started");
	t->nothers = 1;
	if (pthread_create(&t->send, NULL, send_thread, s) != 0)
		return err_set(err, GPPI_E_NOMEM, "the thread that sends results cannot be started");
	t->nothers = 2;
	return 0;
}

/* Everything that waits is told. */
static void tell_stop(struct service *s)
{
	stopper_tell(s);
	queue_stop(&s->queue);
	send_stop(s);
}

static void end_threads(struct service *s)
{
	struct threads *t = s->threads;

	tell_stop(s);
	for (int i = 0; i < t->nworkers; i++)
		pthread_join(t->worker[i], NULL);
	for (int i = 0; i < t->nwatch; i++)
		pthread_join(t->watch[i], NULL);
	if (t->nothers > 0)
		pthread_join(t->pages, NULL);
	if (t->nothers > 1)
		pthread_join(t->send, NULL);
	free(t);
}

static int begin_threads(struct service *s, struct gppi_error *err)
{
	s->threads = calloc(1, sizeof *s->threads);
	if (!s->threads)
		return err_set(err, GPPI_E_NOMEM, "out of memory for threads");
	int rc = start_threads(s, s->threads, err);
	if (rc < 0)
		end_threads(s);
	return rc;
}

static int begin_receiver(struct service *s, struct gppi_error *err)
{
	return receiver_start(s, &s->receiver, err);
}

static void end_receiver(struct service *s)
{
	receiver_stop(s->receiver);
}

static const struct step {
	int (*begin)(struct service *s, struct gppi_error *err);
	void (*end)(struct service *s);
} steps[] = {
	{ begin_spool, end_spool },
	{ begin_models, end_models },
	{ begin_queue, end_queue },
	{ send_init, send_free },
	{ begin_watch, end_watch },
	{ begin_recover, end_recover },
	{ begin_threads, end_threads },
	{ begin_receiver, end_receiver },
};
#define STEPS ((int)(sizeof steps / sizeof *steps))

static void run(struct service *s, const sigset_t *signals, struct configs *configs)
{
	const struct serve_config *c = service_config(s);

	serve_log(LOG_NOTE, "started version=%s port=%d watch=%d waiting=%d", GPPI_VERSION, c->dicom.port, c->nwatch,
		  queue_length(&s->queue, NULL));
	write_status(s, "running");
	notify_send("READY=1");
	loop(s, signals, configs);
	notify_send("STOPPING=1");
	tell_stop(s);
	write_status(s, "stopping");
}

static void free_service(struct service *s, struct configs *configs, const struct serve_config *config)
{
	for (int i = 0; configs && i < configs->n; i++)
		if (configs->old[i] != config)
			free(configs->old[i]);
	if (s && service_config(s) != config)
		free(atomic_load(&s->config));
	free(configs);
	free(s);
}

int service_run(struct serve_config *config, struct gppi_error *err)
{
	struct service *s = calloc(1, sizeof *s);
	struct configs *configs = calloc(1, sizeof *configs);
	struct stopper *stopper = NULL;
	int rc, begun = 0;
	sigset_t signals;

	if (!s || !configs) {
		free(s);
		free(configs);
		return err_set(err, GPPI_E_NOMEM, "out of memory for the service");
	}
	/* inherited by every thread: the stopper and the main loop wait for signals */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	dicom_quiet();

	atomic_store(&s->config, config);
	s->started = (long long)time(NULL);
	pthread_mutex_init(&s->rooms, NULL);
	pthread_mutex_init(&s->table, NULL);
	pthread_mutex_init(&s->pages.lock, NULL);
	rc = stopper_start(s, &stopper, err);
	while (rc == 0 && begun < STEPS && !atomic_load(&s->stopping) && (rc = steps[begun].begin(s, err)) == 0)
		begun++;
	if (begun == STEPS)
		run(s, &signals, configs);
	/* the spool is the last to go: until then its status can be written */
	for (int i = begun - 1; i > 0; i--)
		steps[i].end(s);
	if (rc == 0 && begun > 0) {
		write_status(s, "stopped");
		serve_log(LOG_NOTE, "stopped");
	}
	if (begun > 0)
		steps[0].end(s);
	stopper_end(stopper);
	free_service(s, configs, config);
	return rc < 0 ? rc : 0;
}
