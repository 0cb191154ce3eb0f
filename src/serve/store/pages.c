#define _GNU_SOURCE
#include "serve/core/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"
#include "report/page.h"
#include "serve/core/log.h"
#include "serve/core/service.h"
#include "serve/store/publish.h"

#define LAST_SECONDS 1 /* at a stop; what is not written then will be at the next start */

static const char *path_of(const struct service *s, const char *group, const char *name, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%.1200s/pages/%s%s%s", s->spool.root, group, name ? "/" : "", name ? name : "");
	return out;
}

static void page_path(const struct service *s, const char *group, char out[STORE_PATH])
{
	snprintf(out, STORE_PATH, "%s/%s.html", service_config(s)->results, group);
}

/* ---- the list; under the lock ---- */

static struct pages_group *find(struct pages *p, const char *name)
{
	for (int i = 0; i < p->n; i++)
		if (strcmp(p->group[i].name, name) == 0)
			return &p->group[i];
	return NULL;
}

static struct pages_group *find_or_add(struct pages *p, const char *name)
{
	struct pages_group *g = find(p, name);

	if (g)
		return g;
	if (p->n == p->room) {
		int room = p->room ? 2 * p->room : 16;
		struct pages_group *grown = realloc(p->group, (size_t)room * sizeof *grown);
		if (!grown)
			return NULL;
		p->group = grown;
		p->room = room;
	}
	g = &p->group[p->n++];
	*g = (struct pages_group){ 0 };
	snprintf(g->name, sizeof g->name, "%s", name);
	return g;
}

static int mark(struct service *s, const char *group, struct gppi_error *err)
{
	char path[STORE_PATH];
	int rc = 0;

	pthread_mutex_lock(&s->pages.lock);
	struct pages_group *g = find_or_add(&s->pages, group);
	int fd = open(path_of(s, group, ".dirty", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
	else
		close(fd);
	if (g)
		g->dirty = true;
	else if (rc == 0)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory for a page", group);
	pthread_mutex_unlock(&s->pages.lock);
	return rc;
}

int pages_put(struct service *s, const char *group, const char *key, const char *text, size_t size,
	      struct gppi_error *err)
{
	char folder[STORE_PATH], path[STORE_PATH], name[STORE_KEY + 8];
	struct atomic_file *file = NULL;

	int rc = store_make(path_of(s, group, NULL, folder), err);
	snprintf(name, sizeof name, "%s.part", key);
	if (rc == 0)
		rc = atomic_open(path_of(s, group, name, path), &file, err);
	if (rc < 0)
		return rc;
	fwrite(text, 1, size, atomic_stream(file));
	rc = atomic_commit(file, err);
	/* after a crash just here the job is done once more, since its record is not written yet */
	return rc == 0 ? mark(s, group, err) : rc;
}

/* ---- writing ---- */

static int add_part(struct page *page, const char *path, struct gppi_error *err)
{
	struct page_part part = { 0 };
	struct stat st = { 0 };
	int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 0)
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (rc == 0 && !(part.text = malloc((size_t)st.st_size + 1)))
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	while (rc == 0 && part.size < (size_t)st.st_size) {
		ssize_t n = read(fd, part.text + part.size, (size_t)st.st_size - part.size);
		if (n <= 0)
			rc = err_set(err, GPPI_E_IO, "%s: cannot be read", path);
		else
			part.size += (size_t)n;
	}
	if (rc == 0)
		page_add(page, &part);
	page_part_free(&part);
	if (fd >= 0)
		close(fd);
	return rc;
}

static bool is_part(const char *name)
{
	size_t n = strlen(name);
	return n > 5 && strcmp(name + n - 5, ".part") == 0;
}

static int write_page(struct service *s, const char *group, int *bones, struct gppi_error *err)
{
	char name[STORE_KEY + 8], path[STORE_PATH], part[STORE_PATH], **names;
	struct page *page = NULL;

	*bones = 0;
	snprintf(name, sizeof name, "%s.html", group);
	publish_new(s, name, path);
	int n = store_names(path_of(s, group, NULL, part), &names, err);
	if (n < 0)
		return n;
	int rc = page_open(path, &page, err);
	for (int i = 0; i < n && rc == 0; i++) {
		if (!is_part(names[i]))
			continue;
		rc = add_part(page, path_of(s, group, names[i], part), err);
		++*bones;
	}
	store_free_names(names, n);
	if (rc < 0) {
		page_abort(page);
		return rc;
	}
	rc = page_finish(page, err);
	return rc == 0 ? publish_file(s, name, err) : rc;
}

/* One page, if one is due: true. */
static bool write_next(struct service *s, bool last)
{
	struct pages *p = &s->pages;
	char group[STORE_KEY] = "", path[STORE_PATH];
	double begin = clock_now();
	struct gppi_error err;
	int n;

	pthread_mutex_lock(&p->lock);
	for (int i = p->n - 1; i >= 0; i--) {
		struct pages_group *g = &p->group[i];
		if (g->dirty && (last || g->not_before <= begin)) {
			snprintf(group, sizeof group, "%s", g->name);
			g->dirty = false;
			break;
		}
		if (!g->dirty && g->not_before <= begin)
			*g = p->group[--p->n];
	}
	pthread_mutex_unlock(&p->lock);
	if (!group[0])
		return false;
	int rc = write_page(s, group, &n, &err);
	double end = clock_now(), pause = PAGES_SHARE * (end - begin);
	pthread_mutex_lock(&p->lock);
	struct pages_group *g = find_or_add(p, group);
	if (g) {
		g->dirty = g->dirty || rc < 0;
		g->not_before = end + (rc < 0 ? 60 : pause > PAGES_PAUSE ? pause : PAGES_PAUSE);
		if (!g->dirty)
			(void)unlink(path_of(s, group, ".dirty", path));
	}
	pthread_mutex_unlock(&p->lock);
	if (rc < 0)
		serve_log(LOG_WARN, "page_failed page=%s what=\"%s\"", group, err.text);
	else
		serve_log(LOG_INFO, "page page=%s parts=%d seconds=%.2f", group, n, end - begin);
	return rc == 0;
}

void *pages_thread(void *user)
{
	struct service *s = user;

	while (!atomic_load(&s->stopping)) {
		struct timespec pause = { .tv_nsec = 200000000 };
		if (!write_next(s, false))
			nanosleep(&pause, NULL);
	}
	for (double end = clock_now() + LAST_SECONDS; clock_now() < end && write_next(s, true);)
		;
	return NULL;
}

/* Parts that were being written: all but KEY.part, since nobody else writes there. */
static void remove_temporary(const char *group)
{
	char path[STORE_PATH + 300], **names;
	struct gppi_error err;
	int n = store_names(group, &names, &err);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", group, names[i]);
		if (!is_part(names[i]))
			(void)unlink(path);
	}
	if (n >= 0)
		store_free_names(names, n);
}

int pages_recover(struct service *s, struct gppi_error *err)
{
	char root[STORE_PATH], path[STORE_PATH], **names = NULL;

	snprintf(root, sizeof root, "%.1200s/pages", s->spool.root);
	int rc = store_make(root, err);
	int n = rc == 0 ? store_names(root, &names, err) : rc;
	if (n < 0)
		return n;
	for (int i = 0; i < n && rc == 0 && service_config(s)->page; i++) {
		if (strlen(names[i]) >= STORE_KEY)
			continue;
		remove_temporary(path_of(s, names[i], NULL, root));
		page_path(s, names[i], path);
		if (!store_exists(path) || store_exists(path_of(s, names[i], ".dirty", root)))
			rc = mark(s, names[i], err);
	}
	store_free_names(names, n);
	return rc;
}

void pages_free(struct pages *p)
{
	free(p->group);
	*p = (struct pages){ 0 };
}
