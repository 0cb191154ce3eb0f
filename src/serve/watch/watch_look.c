/* One look at a watch folder. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/leftover.h"
#include "serve/watch/watch.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct drop *)a)->name, ((const struct drop *)b)->name);
}

const struct drop *drops_find(const struct drops *drops, const char *name)
{
	struct drop key = { .name = (char *)name };
	return drops->n ? bsearch(&key, drops->list, (size_t)drops->n, sizeof *drops->list, by_name) : NULL;
}

void drops_sort(struct drops *drops)
{
	if (drops->n)
		qsort(drops->list, (size_t)drops->n, sizeof *drops->list, by_name);
}

void drops_free(struct drops *drops)
{
	for (int i = 0; i < drops->n; i++)
		free(drops->list[i].name);
	free(drops->list);
	*drops = (struct drops){ 0 };
}

int drops_add(struct drops *drops, const struct drop *drop, const struct drops *before, struct gppi_error *err)
{
	if (drops->n == drops->room) {
		int more = drops->room ? 2 * drops->room : 64;
		struct drop *grown = realloc(drops->list, (size_t)more * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "out of memory for %d names", more);
		drops->list = grown;
		drops->room = more;
	}
	struct drop *new = &drops->list[drops->n];
	const struct drop *old = drops_find(before, drop->name);
	*new = *drop;
	new->name = strdup(drop->name);
	if (!new->name)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %d names", drops->n);
	if (old && old->look.state == drop->look.state)
		new->since = old->since;
	drops->n++;
	return 0;
}

int watcher_look(struct watcher *w, struct gppi_error *err)
{
	const char *root = w->store->root;
	struct drops now = { 0 };
	struct dirent *e;
	int rc = 0;
	DIR *dir = opendir(root);

	if (!dir)
		return err_set(err, GPPI_E_IO, "%s: the watch folder cannot be read: %s", root, strerror(errno));
	while (rc == 0 && !atomic_load(&w->service->stopping) && (e = readdir(dir))) {
		char path[STORE_PATH + 300];
		struct stat st;
		struct drop drop = { .name = e->d_name, .since = clock_now() };
		snprintf(path, sizeof path, "%s/%s", root, e->d_name);
		if (store_is_room(e->d_name) || leftover_name(e->d_name) || lstat(path, &st) != 0)
			continue;
		drop.folder = S_ISDIR(st.st_mode);
		drop.other = !drop.folder && !S_ISREG(st.st_mode);
		look_entry(path, e->d_name, &st, &w->service->stopping, &drop.look);
		rc = drops_add(&now, &drop, &w->drops, err);
	}
	closedir(dir);
	if (rc < 0) {
		drops_free(&now);
		return rc;
	}
	drops_sort(&now);
	drops_free(&w->drops);
	w->drops = now;
	return 0;
}
