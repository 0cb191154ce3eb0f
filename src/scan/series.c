#include "scan/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"

#define READERS_MAX 8

struct group {
	int first, n; /* range of list->objects after grouping */
	char path[1024];
};

struct waiting {
	char path[1024];
	struct dicom_object *object;
	int rc;
};

struct series_list {
	struct waiting *waiting; /* files not read yet */
	int nwaiting, room;
	struct dicom_object **objects;
	int n;
	int others;
	struct group *groups;
	int ngroups, scouts;
};

int series_list_new(struct series_list **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : err_set(err, GPPI_E_NOMEM, "not enough memory to look at the input");
}

void series_list_free(struct series_list *list)
{
	if (!list)
		return;
	for (int i = 0; i < list->n; i++)
		free(list->objects[i]);
	for (int i = 0; i < list->nwaiting; i++)
		free(list->waiting[i].object);
	free(list->waiting);
	free(list->objects);
	free(list->groups);
	free(list);
}

int series_list_add(struct series_list *list, const char *path, struct err *err)
{
	if (list->nwaiting == list->room) {
		int room = list->room ? 2 * list->room : 64;
		struct waiting *grown = realloc(list->waiting, (size_t)room * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
		list->waiting = grown;
		list->room = room;
	}
	struct waiting *w = &list->waiting[list->nwaiting++];
	w->object = NULL;
	w->rc = 0;
	snprintf(w->path, sizeof w->path, "%s", path);
	return 0;
}

static int read_one(void *arg, int item, int worker, struct err *err)
{
	struct series_list *list = arg;
	struct waiting *w = &list->waiting[item];
	(void)worker;
	w->rc = dicom_object_read(w->path, &w->object, err);
	return w->rc < 0 ? w->rc : 0;
}

/* Reads the headers of all files added, several at a time; the order stays. */
static int read_all(struct series_list *list, struct err *err)
{
	int cpus = parallel_cpus();
	list->objects = malloc((size_t)list->nwaiting * sizeof(void *));
	if (!list->objects)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", list->waiting[0].path);
	int rc = parallel_for(cpus < READERS_MAX ? cpus : READERS_MAX, list->nwaiting, read_one, list, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < list->nwaiting; i++) {
		struct waiting *w = &list->waiting[i];
		if (w->rc == 1)
			list->objects[list->n++] = w->object;
		else
			list->others++;
		w->object = NULL;
	}
	return 0;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) : 0;
}

/* Order by what makes a series, so that its files become neighbours. */
static int compare(const void *pa, const void *pb)
{
	const struct dicom_object *a = *(struct dicom_object *const *)pa;
	const struct dicom_object *b = *(struct dicom_object *const *)pb;
	size_t la = folder_length(a->path), lb = folder_length(b->path);
	int c = strncmp(a->path, b->path, la < lb ? la : lb);
	if (c || la != lb)
		return c ? c : (la > lb) - (la < lb);
	if (a->series_number != b->series_number)
		return a->series_number < b->series_number ? -1 : 1;
	if ((c = strcmp(a->series_uid, b->series_uid)) != 0)
		return c;
	if (a->has_orientation != b->has_orientation)
		return a->has_orientation ? -1 : 1;
	for (int i = 0; i < 6; i++) {
		double d = round(a->orientation[i] * 1e3) - round(b->orientation[i] * 1e3);
		if (d < 0.0 || d > 0.0)
			return d < 0.0 ? -1 : 1;
	}
	if ((a->frames > 1) != (b->frames > 1))
		return a->frames > 1 ? -1 : 1;
	return a->frames > 1 ? strcmp(a->path, b->path) : 0;
}

static void add_group(struct series_list *list, int first, int n)
{
	const struct dicom_object *o = list->objects[first];
	struct group *g = &list->groups[list->ngroups++];
	*g = (struct group){ .first = first, .n = n };
	size_t len = o->frames > 1 || n == 1 ? strlen(o->path) : folder_length(o->path);
	snprintf(g->path, sizeof g->path, "%.*s", (int)len, o->path);
	if (!g->path[0])
		strcpy(g->path, ".");
}

/* Is object i a lone slice beside others of its series? */
static bool is_scout(const struct series_list *list, int i, int n)
{
	const struct dicom_object *o = list->objects[i];
	if (n != 1 || o->frames > 1 || !o->series_uid[0])
		return false;
	for (int k = 0; k < list->n; k++) {
		const struct dicom_object *other = list->objects[k];
		if (k != i && !strcmp(other->series_uid, o->series_uid) &&
		    folder_length(other->path) == folder_length(o->path) &&
		    !strncmp(other->path, o->path, folder_length(o->path)))
			return true;
	}
	return false;
}

int series_list_group(struct series_list *list, struct err *err)
{
	int rc = list->nwaiting ? read_all(list, err) : 0;
	if (rc < 0 || !list->n)
		return rc;
	list->groups = malloc((size_t)list->n * sizeof *list->groups);
	if (!list->groups)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", list->objects[0]->path);
	qsort(list->objects, (size_t)list->n, sizeof(void *), compare);
	for (int i = 0, n; i < list->n; i += n) {
		for (n = 1; i + n < list->n; n++)
			if (compare(&list->objects[i], &list->objects[i + n]))
				break;
		if (is_scout(list, i, n))
			list->scouts++;
		else
			add_group(list, i, n);
	}
	return list->ngroups;
}

int series_list_others(const struct series_list *list)
{
	return list->others;
}

int series_list_scouts(const struct series_list *list)
{
	return list->scouts;
}

void series_name(const struct series_list *list, int index, char name[128])
{
	const struct group *g = &list->groups[index];
	const struct dicom_object *o = list->objects[g->first];
	const char *slash = strrchr(g->path, '/');
	if (o->series_name[0])
		snprintf(name, 128, "%s", o->series_name);
	else if (o->patient[0])
		snprintf(name, 128, "%s_s%d", o->patient, o->series_number);
	else
		snprintf(name, 128, "%.127s", slash ? slash + 1 : g->path);
}

const char *series_path(const struct series_list *list, int index)
{
	return list->groups[index].path;
}

/* One slice per frame of the group; all of one size and pixel format. */
static int collect(const struct series_list *list, const struct group *g,
		   struct series_slice *slices, struct err *err)
{
	const struct dicom_object *first = list->objects[g->first];
	int n = 0;
	for (int i = 0; i < g->n; i++) {
		const struct dicom_object *o = list->objects[g->first + i];
		if (o->refusal[0])
			return err_set(err, GPPI_E_UNSUPPORTED, "%s: %s", o->path, o->refusal);
		if (o->rows != first->rows || o->cols != first->cols)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: is %d x %d voxels, but %s of the same series is %d x %d; "
				       "keep one size per series", o->path, o->cols, o->rows,
				       first->path, first->cols, first->rows);
		if (o->bits_allocated != first->bits_allocated ||
		    o->bits_stored != first->bits_stored || o->high_bit != first->high_bit ||
		    o->is_signed != first->is_signed || o->inverted != first->inverted)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: stores its voxels otherwise than %s of the same series; "
				       "export the series anew", o->path, first->path);
		size_t pixels = (size_t)o->rows * (size_t)o->cols * (size_t)o->frames *
				(size_t)(o->bits_allocated / 8);
		if (o->plain && o->file_bytes < pixels)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: has %zu bytes, its pixels alone need %zu; the file is cut",
				       o->path, o->file_bytes, pixels);
		if (!o->plain && pixels / o->most > o->file_bytes)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: has %zu bytes, which cannot hold %d x %d x %d voxels; the file is cut "
				       "or damaged", o->path, o->file_bytes, o->cols, o->rows, o->frames);
		for (int f = 0; f < o->frames; f++)
			slices[n++] = (struct series_slice){ o, f, 0.0 };
	}
	return n;
}

int series_open(const struct series_list *list, int index, struct scan *scan, struct err *err)
{
	const struct group *g = &list->groups[index];
	size_t room = 0;
	for (int i = 0; i < g->n; i++)
		room += (size_t)list->objects[g->first + i]->frames;
	if (room < 2)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds a single slice; give the folder with the whole series",
			       g->path);
	if (room > 65535)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: has %zu slices, more than is read",
			       g->path, room);
	struct series_slice *slices = malloc(room * sizeof *slices);
	if (!slices)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", g->path);
	double z_mm;
	int n = collect(list, g, slices, err);
	int rc = n < 0 ? n : series_order(slices, n, g->path, &z_mm, err);
	if (rc == 0)
		rc = series_scan_open(slices, n, z_mm, g->path, scan, err);
	free(slices);
	return rc;
}
