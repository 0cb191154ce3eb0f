/* Which pictures are the slices of one scan, and which number of their names counts them.
 *
 * Names that differ in numbers alone are a family: m7_0001_10um.tif, m7_0002_10um.tif. One number counts the slices;
 * those in front of it tell bones apart, those behind it channels, or they are dates that change with the slice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "scan/stack_list.h"

#define SLICES_PER_CHANNEL 8 /* a scan has many more slices than channels: what has less are other pictures */

static int compare_values(const struct picture_name *a, const struct picture_name *b, int from, int to)
{
	for (int i = from; i < to; i++)
		if (a->numbers[i].value != b->numbers[i].value)
			return a->numbers[i].value < b->numbers[i].value ? -1 : 1;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return names_compare(a, b);
}

/* Bones, then slices. */
static int by_slice(const void *pa, const void *pb)
{
	const struct picture_name *a = pa, *b = pb;
	int c = compare_values(a, b, 0, a->p + 1);
	return c ? c : names_compare(a, b);
}

/* Within a bone: channels, then slices. */
static int by_channel(const void *pa, const void *pb)
{
	const struct picture_name *a = pa, *b = pb;
	int c = compare_values(a, b, a->p + 1, a->n);
	return c ? c : by_slice(a, b);
}

static int by_number(const void *pa, const void *pb)
{
	const struct picture_name *a = pa, *b = pb;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return names_compare(a, b);
}

static void count_by(struct picture_name *e, int n, int p)
{
	bool all_signed = true;
	for (int i = 0; i < n; i++)
		all_signed = all_signed && e[i].path[e[i].numbers[p].at] == '-';
	for (int i = 0; i < n; i++) {
		e[i].p = p;
		/* where all have a minus, it is only a line */
		e[i].number = all_signed ? -e[i].numbers[p].value : e[i].numbers[p].value;
	}
}

/* Number p as the one that counts, of names whose numbers behind it change as well: all of them different, and
 * dense. */
static bool counts_all(struct picture_name *e, int n, int p)
{
	count_by(e, n, p);
	qsort(e, (size_t)n, sizeof *e, by_number);
	for (int i = 1; i < n; i++)
		if (e[i].number == e[i - 1].number && compare_values(&e[i], &e[i - 1], 0, e->n) != 0)
			return false;
	return e[n - 1].number - e[0].number < 2LL * n;
}

static int add_group(struct stack_list *list, int first, int n, bool split, struct gppi_error *err)
{
	struct picture_name *e = &list->names[first];
	if (list->ngroups == list->groups_room) {
		int room = list->groups_room ? 2 * list->groups_room : 16;
		struct picture_group *grown = size_realloc(list->groups, (size_t)room, sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", e->path);
		list->groups = grown;
		list->groups_room = room;
	}
	struct picture_group *g = &list->groups[list->ngroups++];
	const char *slash = strrchr(e->path, '/');
	*g = (struct picture_group){ .first = first, .n = n, .split = split };
	snprintf(g->folder, sizeof g->folder, "%.*s", slash ? (int)(slash - e->path) : 1, slash ? e->path : ".");
	for (int i = 0; i < n; i++)
		e[i].grouped = true;
	qsort(e, (size_t)n, sizeof *e, by_number);
	copies_leave_out(list, g);
	return 0;
}

/* Different slices in a part that is sorted by them. */
static int slices_of(const struct picture_name *e, int n)
{
	int slices = 1;
	for (int i = 1; i < n; i++)
		slices += e[i].number != e[i - 1].number;
	return slices;
}

/* The channels of one bone. Returns the slices of the largest, 0 where they cannot be slices. */
static int split_channels(struct stack_list *list, int first, int n, bool add, struct gppi_error *err)
{
	struct picture_name *e = &list->names[first];
	int channels = 0, most = 0, rc = 0;
	qsort(e, (size_t)n, sizeof *e, by_channel);
	for (int i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && compare_values(&e[i], &e[k], e->p + 1, e->n) == 0;)
			k++;
		int slices = slices_of(&e[i], k - i);
		most = slices > most ? slices : most;
		channels++;
	}
	if (most < STACK_LEAST || most / SLICES_PER_CHANNEL < channels)
		return 0;
	for (int i = 0, k; add && i < n && rc == 0; i = k) {
		for (k = i + 1; k < n && compare_values(&e[i], &e[k], e->p + 1, e->n) == 0;)
			k++;
		if (slices_of(&e[i], k - i) >= STACK_LEAST)
			rc = add_group(list, first + i, k - i, true, err);
		else
			list->others += k - i;
	}
	return rc < 0 ? rc : most;
}

/* The pictures of one bone, of which number p may count the slices. As split_channels(). */
static int group_bone(struct stack_list *list, int first, int n, int p, bool add, struct gppi_error *err)
{
	struct picture_name *e = &list->names[first];
	bool repeated = false, constant = true;
	for (int i = 1; i < n; i++) {
		bool same = compare_values(&e[i], &e[i - 1], p + 1, e->n) == 0;
		constant = constant && same;
		repeated = repeated || (!same && e[i].number == e[i - 1].number);
	}
	int slices = slices_of(e, n), rc = 0;
	if (slices < STACK_LEAST)
		return 0;
	if (repeated)
		return split_channels(list, first, n, add, err);
	if (!constant && !counts_all(e, n, p)) {
		int q = e->n - 1;
		while (q >= 0 && !counts_all(e, n, q))
			q--;
		if (q < 0)
			return 0;
	}
	if (add)
		rc = add_group(list, first, n, false, err);
	return rc < 0 ? rc : slices;
}

/* The bones of a family, by the numbers in front of p. Returns the slices of the largest scan, and adds all if
 * asked. */
static int group_family(struct stack_list *list, int first, int n, int p, bool add, struct gppi_error *err)
{
	struct picture_name *e = &list->names[first];
	int most = 0;
	count_by(e, n, p);
	qsort(e, (size_t)n, sizeof *e, by_slice);
	for (int i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && compare_values(&e[i], &e[k], 0, p) == 0;)
			k++;
		int slices = group_bone(list, first + i, k - i, p, add, err);
		if (slices < 0)
			return slices;
		if (add && !slices)
			list->others += k - i;
		most = slices > most ? slices : most;
	}
	return most;
}

int stack_list_group(struct stack_list *list, struct gppi_error *err)
{
	struct picture_name *e = list->names;
	int rc = 0;
	if (list->n)
		qsort(e, (size_t)list->n, sizeof *e, by_name);
	for (int i = 0, k; i < list->n && rc >= 0; i = k) {
		for (k = i + 1; k < list->n && names_same_text(&e[i], &e[k]);)
			k++;
		int best = -1, most = 0;
		for (int p = e[i].n - 1; p >= 0 && k - i >= STACK_LEAST; p--) {
			int slices = group_family(list, i, k - i, p, false, err);
			if (slices > most) {
				most = slices;
				best = p;
			}
		}
		if (best < 0)
			list->others += k - i;
		else
			rc = group_family(list, i, k - i, best, true, err);
	}
	if (rc >= 0 && list->linked)
		rc = copies_of_links(list, err);
	return rc < 0 ? rc : list->ngroups;
}
