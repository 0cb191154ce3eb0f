/* Looks after one watch folder: woken by inotify where the kernel sees changes, and by time, since changes
 * on network shares are seen by nobody. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/core/log.h"
#include "serve/watch/watch.h"

/* Waits until something moves, at most `seconds`, in steps short enough to stop soon. */
static void rest(struct watcher *w, int notify, double seconds)
{
	double end = clock_now() + seconds;

	while (!atomic_load(&w->service->stopping) && clock_now() < end) {
		struct pollfd fd = { .fd = notify, .events = POLLIN };
		double left = end - clock_now();
		int ms = left > 0.5 ? 500 : (int)(left * 1000) + 1;
		if (poll(&fd, notify >= 0 ? 1 : 0, ms) <= 0)
			continue;
		char events[16384];
		if (read(notify, events, sizeof events) <= 0)
			continue;
		/* many changes come together: one look for all of them */
		struct timespec pause = { .tv_nsec = 200000000 };
		nanosleep(&pause, NULL);
		return;
	}
}

static void tell_inotify(const struct watcher *w, int notify)
{
	if (notify >= 0)
		(void)inotify_add_watch(notify, w->store->root, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE);
}

/* Does something else lie where a room or the lock should be? */
static bool is_false(const char *path, mode_t kind)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) != kind;
}

static bool has_false_room(const struct store *store)
{
	char path[STORE_PATH];

	for (int i = 0; i < STORE_ROOMS; i++)
		if (is_false(store_path(store, (enum store_room)i, NULL, path), S_IFDIR))
			return true;
	snprintf(path, sizeof path, "%s/" STORE_WATCH_LOCK, store->root);
	return is_false(path, S_IFREG);
}

int watch_open(struct service *s, int index, struct gppi_error *err)
{
	const struct serve_watch *c = &service_config(s)->watch[index];
	int rc = store_open(&s->watch[index], c->folder, true, err);

	/* no mistake of the configuration: whoever put it there must not keep the service from starting */
	return rc < 0 && has_false_room(&s->watch[index]) ? 0 : rc;
}

/* A share that is not there is waited for, at the start and later; what was under way in it goes on. */
static int open_again(struct watcher *w, int notify, struct gppi_error *err)
{
	struct service *s = w->service;
	int rc = 0;

	if (watcher_config(w)->in_place ||
	    (store_is_open(w->store) && store_is_there(w->store) && store_has_rooms(w->store)))
		return 0;
	pthread_mutex_lock(&s->rooms);
	rc = store_open_again(w->store, err);
	if (rc == 0)
		recover_store(s, w->store);
	pthread_mutex_unlock(&s->rooms);
	if (rc == 0)
		tell_inotify(w, notify);
	return rc;
}

static int look_after(struct watcher *w, int notify, struct gppi_error *err)
{
	int rc = open_again(w, notify, err);

	if (rc < 0)
		return rc;
	if (watcher_config(w)->in_place)
		return watcher_place(w, err);
	struct gppi_error first;
	int again = watcher_again(w, &first);
	rc = watcher_look(w, err);
	if (rc == 0)
		rc = watcher_claim(w, err);
	if (again < 0 && rc >= 0) /* which kept no other */
		*err = first;
	return again < 0 && rc >= 0 ? again : rc;
}

void *watch_thread(void *arg)
{
	struct watch_arg *a = arg;
	struct service *s = a->service;
	struct watcher w = { .service = s, .store = &s->watch[a->index], .index = a->index };
	int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool failing = false;

	tell_inotify(&w, notify);
	while (!atomic_load(&s->stopping)) {
		struct gppi_error err;
		int rc = look_after(&w, notify, &err);
		/* a share may be away for a while: said once */
		if (rc < 0 && !failing)
			serve_log(LOG_BAD, "watch_failed watch=%s what=\"%s\"", watcher_config(&w)->name, err.text);
		else if (rc >= 0 && failing)
			serve_log(LOG_NOTE, "watch_works_again watch=%s", watcher_config(&w)->name);
		failing = rc < 0;
		/* what is waiting for its quiet time must not wait much longer */
		double pause = watcher_config(&w)->poll;
		if ((rc != 0 || w.failed.n) && watcher_config(&w)->quiet_time < pause)
			pause = watcher_config(&w)->quiet_time;
		/* more drops than the queue takes: as soon as there is room */
		if (rc != 0 && queue_length(&s->queue, NULL) > service_config(s)->queue / 2)
			pause = 0.5;
		rest(&w, notify, pause);
	}
	if (notify >= 0)
		close(notify);
	drops_free(&w.drops);
	drops_free(&w.failed);
	return NULL;
}
