/* Which images make a series. */
#include "scan/series_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half a degree: cosines are written with three digits and more. */
#define PARALLEL 0.005
/* Scouts: at most so many slices of another orientation, beside so many times as many. */
#define SCOUTS_MOST 3
#define SCOUTS_BESIDE 10

size_t series_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) : 0;
}

int series_compare_folders(const struct dicom_object *a, const struct dicom_object *b)
{
	size_t la = series_folder(a->path), lb = series_folder(b->path);
	int c = strncmp(a->path, b->path, la < lb ? la : lb);
	return c ? c : (la > lb) - (la < lb);
}

bool series_parallel(const struct dicom_object *a, const struct dicom_object *b)
{
	if (a->has_orientation != b->has_orientation)
		return false;
	for (int i = 0; i < 6 && a->has_orientation; i++)
		if (!(fabs(a->orientation[i] - b->orientation[i]) <= PARALLEL))
			return false;
	return true;
}

/* Order by the series that the files tell, so that its images become neighbours. */
static int compare_series(const struct dicom_object *a, const struct dicom_object *b)
{
	int c = series_compare_folders(a, b);
	if (c)
		return c;
	if (a->series_number != b->series_number)
		return a->series_number < b->series_number ? -1 : 1;
	return strcmp(a->series_uid, b->series_uid);
}

static int by_series(const void *pa, const void *pb)
{
	const struct series_member *a = pa, *b = pb;
	int c = compare_series(a->object, b->object);
	return c ? c : strcmp(a->object->path, b->object->path);
}

static int by_group(const void *pa, const void *pb)
{
	const struct series_member *a = pa, *b = pb;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return strcmp(a->object->path, b->object->path);
}

static int by_name(const void *pa, const void *pb)
{
	const struct dicom_object *a = ((const struct series_member *)pa)->object;
	const struct dicom_object *b = ((const struct series_member *)pb)->object;
	int c = strcmp(a->series_name, b->series_name);
	return c ? c : strcmp(a->patient, b->patient);
}

/* Which groups have the name of a series of another patient. `m` has room for all groups. */
static void find_shared_names(struct series_list *list, struct series_member *m)
{
	const int groups = list->ngroups;

	for (int i = 0; i < groups; i++)
		m[i] = (struct series_member){ .object = list->objects[list->groups[i].first], .group = i };
	qsort(m, (size_t)groups, sizeof *m, by_name);
	for (int i = 0, n; i < groups; i += n) {
		for (n = 1; i + n < groups; n++)
			if (strcmp(m[i].object->series_name, m[i + n].object->series_name) != 0)
				break;
		bool shared = strcmp(m[i].object->patient, m[i + n - 1].object->patient) != 0;
		for (int k = i; k < i + n; k++)
			list->groups[m[k].group].shared_name = shared;
	}
}

/* The images of one series: a group for each orientation, and one for each file of many frames. `leaders` has room
 * for all. Returns how many groups were made, numbered from `group` on. */
static int part_series(struct series_member *m, int n, int group, struct series_member **leaders)
{
	int made = 0;
	for (int i = 0; i < n; i++) {
		int k = m[i].object->frames > 1 ? made : 0;
		while (k < made &&
		       (leaders[k]->object->frames > 1 || !series_parallel(leaders[k]->object, m[i].object)))
			k++;
		if (k == made)
			leaders[made++] = &m[i];
		m[i].group = group + k;
	}
	return made;
}

/* Leaves out the few slices of another orientation beside a larger group of the same series. */
static void drop_scouts(struct series_member *m, int n, int group, int made, int *slices)
{
	int most = 0;
	memset(slices, 0, (size_t)made * sizeof *slices);
	for (int i = 0; i < n; i++) {
		int *count = &slices[m[i].group - group];
		*count += m[i].object->frames;
		most = *count > most ? *count : most;
	}
	for (int i = 0; i < n; i++) {
		int count = slices[m[i].group - group];
		bool few = count <= SCOUTS_MOST && most >= SCOUTS_BESIDE * count;
		if (m[i].object->frames == 1 && m[i].object->series_uid[0] && (few || (count == 1 && most > 1)))
			m[i].group = -1;
	}
}

static int part_all(struct series_list *list, struct series_member *m, struct gppi_error *err)
{
	struct series_member **leaders = malloc((size_t)list->n * sizeof(void *));
	int *slices = malloc((size_t)list->n * sizeof *slices), groups = 0, rc = 0;
	if (!leaders || !slices) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", list->objects[0]->path);
		goto end;
	}
	for (int i = 0, n; i < list->n; i += n) {
		for (n = 1; i + n < list->n; n++)
			if (compare_series(m[i].object, m[i + n].object))
				break;
		int made = part_series(m + i, n, groups, leaders);
		drop_scouts(m + i, n, groups, made, slices);
		groups += made;
	}
end:
	free(leaders);
	free(slices);
	return rc;
}

static void add_group(struct series_list *list, const struct series_member *m, int first, int n)
{
	const struct dicom_object *o = m->object;
	struct series_group *g = &list->groups[list->ngroups++];
	*g = (struct series_group){ .first = first, .n = n, .join = m->join };
	size_t len = n == 1 ? strlen(o->path) : series_folder(o->path);
	snprintf(g->path, sizeof g->path, "%.*s", (int)len, o->path);
	if (!g->path[0])
		strcpy(g->path, ".");
}

int series_make_groups(struct series_list *list, struct gppi_error *err)
{
	struct series_member *m = malloc((size_t)list->n * sizeof *m);
	int rc = 0;
	list->groups = calloc((size_t)list->n, sizeof *list->groups);
	if (!m || !list->groups) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory", list->objects[0]->path);
		goto end;
	}
	for (int i = 0; i < list->n; i++)
		m[i] = (struct series_member){ .object = list->objects[i] };
	qsort(m, (size_t)list->n, sizeof *m, by_series);
	if ((rc = part_all(list, m, err)) < 0 || (rc = series_join_groups(m, list->n, err)) < 0)
		goto end;
	qsort(m, (size_t)list->n, sizeof *m, by_group);
	for (int i = 0, n; i < list->n; i += n) {
		for (n = 1; i + n < list->n && m[i + n].group == m[i].group;)
			n++;
		if (m[i].group < 0)
			list->scouts = n;
		else
			add_group(list, &m[i], i, n);
	}
	for (int i = 0; i < list->n; i++)
		list->objects[i] = m[i].object;
	find_shared_names(list, m);
end:
	free(m);
	return rc;
}
