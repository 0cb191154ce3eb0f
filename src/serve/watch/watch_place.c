/* A watch folder in which everything stays (leave_in_place): a whole tree is looked through, since data of scanners
 * lie deep. Taken is each volume of one file; a folder with slices, as one, unless it has volumes in it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/leftover.h"
#include "scan/format.h"
#include "serve/core/log.h"
#include "serve/watch/guard.h"
#include "serve/watch/watch.h"

#define TREE_DEPTH 12

struct tree {
	struct watcher *w;
	struct drops now;
	struct gppi_error *err;
};

static bool ends_with_any(const char *name, const char *const *list)
{
	size_t n = strlen(name);

	for (; *list; list++) {
		size_t m = strlen(*list);
		if (n > m && strcasecmp(name + n - m, *list) == 0)
			return true;
	}
	return false;
}

static bool is_slice(const char *name)
{
	static const char *const ends[] = { ".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg", ".dcm", ".ima", NULL };
	return ends_with_any(name, ends);
}

static bool is_volume(const char *name)
{
	return !is_slice(name) && format_by_name(name) != NULL;
}

/* Names without an end may be slices in DICOM. */
static bool is_dicom(const char *path)
{
	char head[132];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return false;
	ssize_t got = read(fd, head, sizeof head);
	close(fd);
	return got == (ssize_t)sizeof head && memcmp(head + 128, "DICM", 4) == 0;
}

static int add(struct tree *t, const char *path, const char *name, const struct stat *st)
{
	struct drop drop = { .name = (char *)name, .since = clock_now(), .folder = S_ISDIR(st->st_mode) };

	if (place_known(t->w->service, t->w->index, name, PLACE_NEVER)) /* the service died over it */
		return 0;
	look_entry(path, strrchr(path, '/') + 1, st, &t->w->service->stopping, &drop.look);
	guard_begin(path);
	bool there = place_look_until(path, drop.look.stop, &drop.look.state);
	guard_end();
	return there ? drops_add(&t->now, &drop, &t->w->drops, t->err) : 0;
}

/* What one folder has directly in it. */
struct content {
	bool volumes, slices;
};

static void look_through(const char *folder, char *const *names, int n, struct content *out)
{
	bool tried = false;

	*out = (struct content){ 0 };
	for (int i = 0; i < n && !out->volumes; i++) {
		char path[STORE_PATH + 300];
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (leftover_name(names[i]) || lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		out->volumes = is_volume(names[i]);
		out->slices = out->slices || is_slice(names[i]);
		if (!out->slices && !tried && !strchr(names[i], '.')) {
			tried = true; /* one tells */
			out->slices = is_dicom(path);
		}
	}
}

/* `name` is the path within the watch folder; "" that itself. */
static int walk(struct tree *t, const char *folder, const char *name, int depth)
{
	char path[STORE_PATH + 300], sub[STORE_PATH + 300], **names;
	struct content content;
	struct stat st;
	int n = store_names(folder, &names, t->err), rc = 0;

	if (n < 0) /* the others can be read */
		return *name ? 0 : n;
	look_through(folder, names, n, &content);
	if (*name && content.slices && !content.volumes) {
		store_free_names(names, n);
		return lstat(folder, &st) == 0 ? add(t, folder, name, &st) : 0;
	}
	for (int i = 0; i < n && rc == 0 && !atomic_load(&t->w->service->stopping); i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		snprintf(sub, sizeof sub, "%s%s%s", name, *name ? "/" : "", names[i]);
		if (leftover_name(names[i]) || strlen(path) >= STORE_PATH || lstat(path, &st) != 0)
			continue;
		if (S_ISREG(st.st_mode) && is_volume(names[i]))
			rc = add(t, path, sub, &st);
		else if (S_ISDIR(st.st_mode) && depth < TREE_DEPTH)
			rc = walk(t, path, sub, depth + 1);
	}
	store_free_names(names, n);
	return rc;
}

static int take(struct watcher *w, const struct drop *drop, struct gppi_error *err)
{
	struct service *s = w->service;
	char key[STORE_KEY], quoted[300];

	pthread_mutex_lock(&s->rooms);
	int rc = drop->look.many ? place_refuse(s, w->index, drop->name, LOOK_MANY, err) :
		 place_take(s, w->index, drop->name, drop->look.state, key, err);
	pthread_mutex_unlock(&s->rooms);
	if (rc < 0 || drop->look.many)
		return rc;
	counters_add(&s->counters, COUNT_DROPS, 1);
	serve_log(LOG_INFO, "taken watch=%s key=%s file=%s", watcher_config(w)->name, key,
		  serve_quote(drop->name, quoted, sizeof quoted));
	return 0;
}

int watcher_place(struct watcher *w, struct gppi_error *err)
{
	struct tree t = { .w = w, .err = err };
	char path[STORE_PATH + 300];
	int waiting = 0, rc = walk(&t, w->store->root, "", 0);

	drops_sort(&t.now);
	drops_free(rc < 0 ? &t.now : &w->drops);
	if (rc < 0)
		return rc;
	w->drops = t.now;
	for (int i = 0; i < w->drops.n && rc == 0 && !atomic_load(&w->service->stopping); i++) {
		const struct drop *drop = &w->drops.list[i];
		if (place_known(w->service, w->index, drop->name, drop->look.state))
			continue;
		snprintf(path, sizeof path, "%s/%s", w->store->root, drop->name);
		if (!watch_is_quiet(drop->since, watcher_config(w)->quiet_time) || !watch_has_marker(w, drop) ||
		    queue_length(&w->service->queue, NULL) >= service_config(w->service)->queue ||
		    (!drop->folder && watch_may_grow(w, drop->since, path)))
			waiting++;
		else
			rc = take(w, drop, err);
	}
	return rc < 0 ? rc : waiting;
}
