/* What belongs together among all drops of one look: thousands of headers and files are met by sorted names, not each
 * with each. The same rule as watch_goes_along(). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "serve/watch/watch.h"

/* The first n bytes of a name, and the drop they lead to. */
struct stem {
	const char *name;
	size_t n;
	int drop;
};

struct stems {
	struct stem *list;
	int n;
};

struct watch_index {
	const struct watcher *w;
	char **named;         /* for each drop that is a header the file that it names, or ""; NULL for others */
	struct stems headers; /* of headers */
	struct stems names;   /* what headers name; drop: the header */
	struct stems parts;   /* of data and notes */
};

static int compare(const struct stem *a, const char *name, size_t n)
{
	int order = memcmp(a->name, name, a->n < n ? a->n : n);

	return order ? order : (a->n > n) - (a->n < n);
}

static int by_stem(const void *a, const void *b)
{
	const struct stem *left = a, *right = b;
	int order = compare(left, right->name, right->n);

	return order ? order : (left->drop > right->drop) - (left->drop < right->drop);
}

static void add(struct stems *stems, const char *name, size_t n, int drop)
{
	if (n)
		stems->list[stems->n++] = (struct stem){ name, n, drop };
}

static void sort(struct stems *stems)
{
	if (stems->n)
		qsort(stems->list, (size_t)stems->n, sizeof *stems->list, by_stem);
}

/* The first of this stem, or where it would be. */
static int first(const struct stems *stems, const char *name, size_t n)
{
	int low = 0, high = stems->n;

	while (low < high) {
		int middle = low + (high - low) / 2;
		if (compare(&stems->list[middle], name, n) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Entry `at` has this stem. */
static bool is_stem(const struct stems *stems, int at, const char *name, size_t n)
{
	return at < stems->n && compare(&stems->list[at], name, n) == 0;
}

void watch_index_free(struct watch_index *ix)
{
	if (!ix)
		return;
	for (int i = 0; ix->named && i < ix->w->drops.n; i++)
		free(ix->named[i]);
	free(ix->named);
	free(ix->headers.list);
	free(ix->names.list);
	free(ix->parts.list);
	free(ix);
}

struct watch_index *watch_index_make(const struct watcher *w)
{
	const size_t n = (size_t)w->drops.n + 1;
	struct watch_index *ix = calloc(1, sizeof *ix);

	if (!ix)
		return NULL;
	ix->w = w;
	ix->named = calloc(n, sizeof *ix->named);
	ix->headers.list = calloc(n, sizeof *ix->headers.list);
	ix->names.list = calloc(n, sizeof *ix->names.list);
	ix->parts.list = calloc(n, sizeof *ix->parts.list);
	if (!ix->named || !ix->headers.list || !ix->names.list || !ix->parts.list) {
		watch_index_free(ix);
		return NULL;
	}
	for (int i = 0; i < w->drops.n && !atomic_load(&w->service->stopping); i++) {
		const struct drop *drop = &w->drops.list[i];
		add(&ix->parts, drop->name, watch_part_stem(drop->name), i);
		ix->named[i] = watch_is_header(drop) ? watch_named(w, drop) : NULL;
		if (!ix->named[i])
			continue;
		add(&ix->headers, drop->name, watch_header_stem(drop->name), i);
		add(&ix->names, ix->named[i], strlen(ix->named[i]), i);
	}
	sort(&ix->headers);
	sort(&ix->names);
	sort(&ix->parts);
	return ix;
}

bool watch_index_has_header(const struct watch_index *ix, int drop)
{
	const struct drop *d = &ix->w->drops.list[drop];
	size_t n = watch_part_stem(d->name), all = strlen(d->name);

	if (d->folder || d->other)
		return false;
	if (n && is_stem(&ix->headers, first(&ix->headers, d->name, n), d->name, n))
		return true;
	/* a header may name itself, which does not count */
	int at = first(&ix->names, d->name, all);
	while (is_stem(&ix->names, at, d->name, all) && ix->names.list[at].drop == drop)
		at++;
	return is_stem(&ix->names, at, d->name, all);
}

int watch_index_next(const struct watch_index *ix, int header, int *at)
{
	const struct drop *list = ix->w->drops.list;
	const char *named = ix->named[header];

	if (!named)
		return -1;
	if ((*at)++ == 0) {
		const struct drop *d = drops_find(&ix->w->drops, named);
		if (d && d - list != header)
			return (int)(d - list);
		++*at;
	}
	const char *name = list[header].name;
	size_t n = watch_header_stem(name);
	for (int i = first(&ix->parts, name, n) + *at - 2; is_stem(&ix->parts, i, name, n); i++, ++*at)
		if (strcmp(list[ix->parts.list[i].drop].name, named) != 0) /* that was the first */
			return ix->parts.list[i].drop;
	return -1;
}
