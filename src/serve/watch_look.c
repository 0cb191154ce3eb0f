/* One look at a watch folder. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "serve/watch.h"

#define LOOK_DEPTH 3 /* the readers enter one level of sub-folders */

static uint64_t mix(uint64_t state, uint64_t value)
{
	state ^= value + 0x9e3779b97f4a7c15u + (state << 6) + (state >> 2);
	return state * 0xff51afd7ed558ccdu;
}

static void note(struct drop *drop, const char *name, const struct stat *st)
{
	for (const char *c = name; *c; c++)
		drop->state = mix(drop->state, (unsigned char)*c);
	drop->state = mix(drop->state, (uint64_t)st->st_ino);
	drop->state = mix(drop->state, (uint64_t)st->st_mtim.tv_sec);
	drop->state = mix(drop->state, (uint64_t)st->st_mtim.tv_nsec);
	if (!S_ISDIR(st->st_mode)) {
		drop->state = mix(drop->state, (uint64_t)st->st_size);
		drop->size += (uint64_t)st->st_size;
	}
}

/* What is in a dropped folder; errors leave it as it is, the worker will meet them. */
static void note_folder(struct drop *drop, const char *path, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	uint64_t before = drop->state, sum = 0;

	/* the order of readdir() may change: parts are added */
	while (dir && (e = readdir(dir))) {
		char sub[STORE_PATH + 300];
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		if (strlen(sub) >= STORE_PATH || lstat(sub, &st) != 0)
			continue;
		drop->state = 1;
		note(drop, e->d_name, &st);
		if (S_ISDIR(st.st_mode) && depth > 0)
			note_folder(drop, sub, depth - 1);
		sum += drop->state;
	}
	if (dir)
		closedir(dir);
	drop->state = mix(before, sum);
}

/* Rooms, hidden files and names that mean "still being copied" are left alone. */
static bool is_left_alone(const char *name)
{
	static const char *const unfinished[] = { ".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload" };
	size_t n = strlen(name);

	if (name[0] == '.' || name[0] == '~' || store_is_room(name))
		return true;
	for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++) {
		size_t m = strlen(unfinished[i]);
		if (n > m && strcasecmp(name + n - m, unfinished[i]) == 0)
			return true;
	}
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct drop *)a)->name, ((const struct drop *)b)->name);
}

const struct drop *watcher_find(const struct watcher *w, const char *name)
{
	struct drop key = { .name = (char *)name };
	return w->n ? bsearch(&key, w->drops, (size_t)w->n, sizeof *w->drops, by_name) : NULL;
}

static void free_drops(struct drop *drops, int n)
{
	for (int i = 0; i < n; i++)
		free(drops[i].name);
	free(drops);
}

void watcher_free(struct watcher *w)
{
	free_drops(w->drops, w->n);
	w->drops = NULL;
	w->n = 0;
}

static bool add(struct drop **drops, int *n, int *room, const struct drop *drop)
{
	if (*n == *room) {
		int more = *room ? 2 * *room : 64;
		struct drop *grown = realloc(*drops, (size_t)more * sizeof *grown);
		if (!grown)
			return false;
		*drops = grown;
		*room = more;
	}
	(*drops)[*n] = *drop;
	(*drops)[*n].name = strdup(drop->name);
	if (!(*drops)[*n].name)
		return false;
	(*n)++;
	return true;
}

int watcher_look(struct watcher *w, struct err *err)
{
	const char *root = w->store->root;
	struct drop *drops = NULL;
	int n = 0, room = 0;
	double now = clock_now();
	struct dirent *e;
	DIR *dir = opendir(root);

	if (!dir)
		return err_set(err, GPPI_E_IO, "%s: the watch folder cannot be read: %s", root, strerror(errno));
	while ((e = readdir(dir))) {
		char path[STORE_PATH + 300];
		struct stat st;
		struct drop drop = { .name = e->d_name, .since = now, .state = 1 };
		snprintf(path, sizeof path, "%s/%s", root, e->d_name);
		if (is_left_alone(e->d_name) || lstat(path, &st) != 0)
			continue;
		drop.folder = S_ISDIR(st.st_mode);
		drop.other = !drop.folder && !S_ISREG(st.st_mode);
		note(&drop, e->d_name, &st);
		if (drop.folder)
			note_folder(&drop, path, LOOK_DEPTH);
		const struct drop *before = watcher_find(w, e->d_name);
		if (before && before->state == drop.state)
			drop.since = before->since;
		if (!add(&drops, &n, &room, &drop)) {
			closedir(dir);
			free_drops(drops, n);
			return err_set(err, GPPI_E_NOMEM, "%s: out of memory for %d names", root, n);
		}
	}
	closedir(dir);
	if (n)
		qsort(drops, (size_t)n, sizeof *drops, by_name);
	watcher_free(w);
	w->drops = drops;
	w->n = n;
	return 0;
}
