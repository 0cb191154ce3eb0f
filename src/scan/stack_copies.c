/* Slices that are there twice: in another format beside the first, or as links to the files of another scan. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/size.h"
#include "scan/stack_list.h"

#define KINDS_MAX 16
#define OWNERS_MAX 64 /* groups asked whether they have the files of another */

/* A suffix and how many pictures of the group have it. */
struct kind {
	const char *suffix;
	int n, rank;
};

/* Lossless formats are preferred where there are as many pictures of both. */
static int rank(const char *suffix)
{
	static const char *const order[] = { ".tif", ".tiff", ".png", ".bmp", ".pgm" };
	int i = 0;
	while (i < (int)(sizeof order / sizeof *order) && strcasecmp(suffix, order[i]) != 0)
		i++;
	return i;
}

static int by_preference(const void *pa, const void *pb)
{
	const struct kind *a = pa, *b = pb;
	return a->n != b->n ? (a->n < b->n ? 1 : -1) : (a->rank > b->rank) - (a->rank < b->rank);
}

static int count_kinds(const struct picture_name *e, int n, struct kind kinds[KINDS_MAX])
{
	int count = 0;
	for (int i = 0; i < n; i++) {
		const char *suffix = e[i].path + e[i].end;
		int k = 0;
		while (k < count && strcasecmp(kinds[k].suffix, suffix) != 0)
			k++;
		if (k == KINDS_MAX)
			continue; /* limit for hostile names: further suffixes are preferred least */
		if (k == count)
			kinds[count++] = (struct kind){ suffix, 0, rank(suffix) };
		kinds[k].n++;
	}
	qsort(kinds, (size_t)count, sizeof *kinds, by_preference);
	return count;
}

static int place(const struct picture_name *e, const struct kind *kinds, int count)
{
	int k = 0;
	while (k < count && strcasecmp(kinds[k].suffix, e->path + e->end) != 0)
		k++;
	return k;
}

static bool same_stem(const struct picture_name *a, const struct picture_name *b)
{
	return a->end == b->end && !memcmp(a->path, b->path, a->end);
}

void copies_leave_out(struct stack_list *list, struct picture_group *group)
{
	struct picture_name *e = &list->names[group->first];
	struct kind kinds[KINDS_MAX] = { 0 };
	int count = count_kinds(e, group->n, kinds), kept = 0;
	if (count < 2)
		return;
	for (int i = 0, k; i < group->n; i = k) {
		int best = i;
		for (k = i + 1; k < group->n && same_stem(&e[i], &e[k]); k++)
			if (place(&e[k], kinds, count) < place(&e[best], kinds, count))
				best = k;
		struct picture_name swap = e[best];
		e[best] = e[kept];
		e[kept++] = swap;
	}
	group->copies = group->n - kept;
	list->others += group->copies;
	group->n = kept;
}

/* ---- links ---- */

/* A file and a group that has it. */
struct owner {
	uint64_t dev, ino;
	int group;
};

static int by_file(const void *pa, const void *pb)
{
	const struct owner *a = pa, *b = pb;
	if (a->ino != b->ino)
		return a->ino < b->ino ? -1 : 1;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return (a->group > b->group) - (a->group < b->group);
}

struct owners {
	struct owner *owner;
	int n;
};

static bool owns(const struct owners *all, const struct picture_name *e, int group)
{
	struct owner key = { e->dev, e->ino, group };
	return e->ino && bsearch(&key, all->owner, (size_t)all->n, sizeof key, by_file);
}

/* Are all files of group b files of group a, which is larger, or was found earlier? */
static bool is_part(const struct stack_list *list, const struct owners *all, int a, int b)
{
	const struct picture_group *ga = &list->groups[a], *gb = &list->groups[b];
	if (a == b || ga->n < gb->n || (ga->n == gb->n && a > b))
		return false;
	for (int i = 0; i < gb->n; i++)
		if (!owns(all, &list->names[gb->first + i], a))
			return false;
	return true;
}

/* Only groups that have its first file come into question; of files with very many names, some. */
static bool is_copy(const struct stack_list *list, const struct owners *all, int group)
{
	const struct picture_name *e = &list->names[list->groups[group].first];
	const struct owner key = { e->dev, e->ino, 0 };
	int low = 0, high = all->n;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (by_file(&all->owner[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (int i = low; i < all->n && i < low + OWNERS_MAX && all->owner[i].ino == e->ino; i++)
		if (all->owner[i].dev == e->dev && is_part(list, all, all->owner[i].group, group))
			return true;
	return false;
}

static int list_owners(const struct stack_list *list, struct owners *all, struct gppi_error *err)
{
	all->owner = size_realloc(NULL, (size_t)list->n + 1, sizeof *all->owner);
	if (!all->owner)
		return err_set(err, GPPI_E_NOMEM, "not enough memory to look at the pictures");
	for (int g = 0; g < list->ngroups; g++)
		for (int i = 0; i < list->groups[g].n; i++) {
			const struct picture_name *e = &list->names[list->groups[g].first + i];
			all->owner[all->n++] = (struct owner){ e->dev, e->ino, g };
		}
	qsort(all->owner, (size_t)all->n, sizeof *all->owner, by_file);
	return 0;
}

int copies_of_links(struct stack_list *list, struct gppi_error *err)
{
	struct owners all = { 0 };
	int rc = list_owners(list, &all, err), kept = 0;
	bool *copy = rc == 0 ? calloc((size_t)list->ngroups + 1, sizeof *copy) : NULL;
	if (rc == 0 && !copy)
		rc = err_set(err, GPPI_E_NOMEM, "not enough memory to look at the pictures");
	for (int g = 0; rc == 0 && g < list->ngroups; g++)
		copy[g] = is_copy(list, &all, g);
	for (int g = 0; rc == 0 && g < list->ngroups; g++) {
		if (copy[g])
			list->others += list->groups[g].n;
		else
			list->groups[kept++] = list->groups[g];
	}
	list->ngroups = rc == 0 ? kept : list->ngroups;
	free(copy);
	free(all.owner);
	return rc;
}
