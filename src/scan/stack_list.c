/* Which pictures of a folder are the slices of a scan, and in which order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/bruker.h"
#include "scan/stack.h"

#define DIGITS_MAX 18

/* path = prefix + number + rest; files with the same prefix and rest belong together. */
struct entry {
	char path[1024];
	size_t prefix, digits;
	long long number;
};

struct group {
	int first, n; /* of the sorted entries */
	char folder[1024];
};

struct stack_list {
	struct entry *entries;
	int n, room;
	struct group *groups;
	int ngroups;
	int others;
};

int stack_list_new(struct stack_list **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : err_set(err, GPPI_E_NOMEM, "not enough memory");
}

void stack_list_free(struct stack_list *list)
{
	if (!list)
		return;
	free(list->entries);
	free(list->groups);
	free(list);
}

/* Finds the last number of a file's name, its suffix left out; false where there is none. */
static bool find_number(struct entry *e)
{
	const char *slash = strrchr(e->path, '/'), *name = slash ? slash + 1 : e->path;
	const char *dot = strrchr(name, '.');
	const char *end = dot && dot > name ? dot : name + strlen(name);
	while (end > name && (end[-1] < '0' || end[-1] > '9'))
		end--;
	const char *start = end;
	while (start > name && start[-1] >= '0' && start[-1] <= '9')
		start--;
	if (start == end || end - start > DIGITS_MAX)
		return false;
	e->prefix = (size_t)(start - e->path);
	e->digits = (size_t)(end - start);
	e->number = strtoll(start, NULL, 10);
	return true;
}

int stack_list_add(struct stack_list *list, const char *path, struct err *err)
{
	if (list->n == list->room) {
		int room = list->room ? 2 * list->room : 64;
		struct entry *grown = realloc(list->entries, (size_t)room * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
		list->entries = grown;
		list->room = room;
	}
	struct entry *e = &list->entries[list->n];
	snprintf(e->path, sizeof e->path, "%s", path);
	if (find_number(e))
		list->n++;
	else
		list->others++;
	return 0;
}

static int by_family(const struct entry *a, const struct entry *b)
{
	size_t n = a->prefix < b->prefix ? a->prefix : b->prefix;
	int c = memcmp(a->path, b->path, n);
	if (c || a->prefix != b->prefix)
		return c ? c : a->prefix < b->prefix ? -1 : 1;
	return strcasecmp(a->path + a->prefix + a->digits, b->path + b->prefix + b->digits);
}

static int by_number(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int c = by_family(a, b);
	if (c || a->number != b->number)
		return c ? c : a->number < b->number ? -1 : 1;
	return strcmp(a->path, b->path);
}

int stack_list_group(struct stack_list *list)
{
	struct entry *e = list->entries;
	if (list->n)
		qsort(e, (size_t)list->n, sizeof *e, by_number);
	for (int i = 0, k; i < list->n; i = k) {
		for (k = i + 1; k < list->n && by_family(&e[i], &e[k]) == 0;)
			k++;
		struct group *grown = k - i >= STACK_LEAST
				    ? realloc(list->groups, (size_t)(list->ngroups + 1) * sizeof *grown) : NULL;
		if (!grown) {
			list->others += k - i;
			continue;
		}
		list->groups = grown;
		struct group *g = &grown[list->ngroups++];
		g->first = i;
		g->n = k - i;
		const char *slash = strrchr(e[i].path, '/');
		snprintf(g->folder, sizeof g->folder, "%.*s", slash ? (int)(slash - e[i].path) : 1,
			 slash ? e[i].path : ".");
	}
	return list->ngroups;
}

int stack_list_others(const struct stack_list *list)
{
	return list->others;
}

const char *stack_path(const struct stack_list *list, int index)
{
	return list->groups[index].folder;
}

void stack_name(const struct stack_list *list, int index, char name[128])
{
	const struct group *g = &list->groups[index];
	const struct entry *e = &list->entries[g->first];
	size_t n = strlen(g->folder) + 1;
	snprintf(name, 128, "%.*s", (int)(e->prefix > n ? e->prefix - n : 0), e->path + n);
	n = strlen(name);
	while (n && strchr("_-. (", name[n - 1]))
		name[--n] = '\0';
	if (n > 4 && !strcmp(name + n - 4, "_rec"))
		name[n - 4] = '\0';
	const char *slash = strrchr(g->folder, '/');
	if (!name[0])
		snprintf(name, 128, "%s", slash && slash[1] ? slash + 1 : g->folder);
}

/* Numbers must be evenly apart: a slice that is not there must not shift those behind it. */
static int check_numbers(const struct entry *e, int n, long long *step, struct err *err)
{
	*step = e[1].number - e[0].number;
	for (int i = 1; i < n; i++) {
		long long d = e[i].number - e[i - 1].number;
		*step = d < *step ? d : *step;
		if (d == 0)
			return err_set(err, GPPI_E_FORMAT, "%s and %s: two slices have the same number; remove one",
				       e[i - 1].path, strrchr(e[i].path, '/') ? strrchr(e[i].path, '/') + 1 : e[i].path);
	}
	for (int i = 1; i < n; i++)
		if (e[i].number - e[i - 1].number != *step)
			return err_set(err, GPPI_E_FORMAT, "%s: slices are missing between this file and %s; copy the "
				       "whole series again", e[i - 1].path,
				       strrchr(e[i].path, '/') ? strrchr(e[i].path, '/') + 1 : e[i].path);
	return 0;
}

/* What the log of the machine tells, where there is one. */
static int use_log(const struct entry *e, long long step, struct scan_info *info, struct err *err)
{
	struct bruker_log log;
	char prefix[1024];
	double um[3] = { 0 };
	snprintf(prefix, sizeof prefix, "%.*s", (int)e->prefix, e->path);
	int rc = bruker_log_find(prefix, &log, err);
	if (rc < 0)
		return rc;
	if (rc && ((log.width && log.width != info->nx) || (log.height && log.height != info->ny)))
		scan_note(info, "log: is of %d x %d pictures, its pixel size is not used", log.width, log.height);
	else if (rc) {
		um[0] = um[1] = log.pixel_um;
		um[2] = log.pixel_um * log.step * (double)step;
	}
	if (rc) {
		const char *slash = strrchr(log.path, '/');
		double top = strcmp(info->voxel_type, "uint16") ? 255.0 : 65535.0;
		snprintf(info->format, sizeof info->format, "SkyScan slices");
		scan_note(info, "log: %.120s", slash ? slash + 1 : log.path);
		if (log.scanner[0])
			scan_note(info, "scanner: %s", log.scanner);
		if (log.has_window)
			scan_note(info, "mu: grey * %.6g + %.6g, the window of the reconstruction",
				  (log.high - log.low) / top, log.low);
		if (log.sections && log.sections != info->nz)
			scan_note(info, "sections: the log tells of %d, there are %d files", log.sections, info->nz);
	}
	spacing_take(info, um);
	return 0;
}

int stack_open(const struct stack_list *list, int index, struct scan *scan, struct err *err)
{
	const struct group *g = &list->groups[index];
	const struct entry *e = &list->entries[g->first];
	struct scan_info *info = &scan->info;
	struct stack_slices slices = { .n = g->n, .path = g->folder };
	long long step = 1;
	int rc = g->n > 65535 ? err_set(err, GPPI_E_UNSUPPORTED, "%s: has more than 65535 slices", g->folder)
			      : check_numbers(e, g->n, &step, err);
	if (rc < 0)
		return rc;
	slices.files = malloc((size_t)g->n * sizeof *slices.files);
	if (!slices.files)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", g->folder);
	for (int i = 0; i < g->n; i++)
		memcpy(slices.files[i], e[i].path, sizeof *slices.files);
	rc = stack_slices_open(&slices, scan, err);
	if (rc < 0)
		return rc;
	snprintf(info->format, sizeof info->format, "%.20s slices", info->encoding);
	snprintf(info->path, sizeof info->path, "%s", g->folder);
	if (step > 1)
		scan_note(info, "numbers: in steps of %lld", step);
	rc = use_log(e, step, info, err);
	if (rc < 0)
		scan->ops->close(scan->self);
	return rc;
}
