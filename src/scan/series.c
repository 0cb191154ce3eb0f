#include "scan/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/printable.h"
#include "scan/budget.h"
#include "scan/series_list.h"

#define READERS_MAX 8
#define LOOSE_LEAST 4 /* slices: two or three lie evenly by chance */

int series_list_new(struct series_list **out, struct gppi_error *err)
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

int series_list_add(struct series_list *list, const char *path, struct gppi_error *err)
{
	if (list->nwaiting == list->room) {
		int room = list->room ? 2 * list->room : 64;
		struct series_waiting *grown = realloc(list->waiting, (size_t)room * sizeof *grown);
		if (!grown)
			return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
		list->waiting = grown;
		list->room = room;
	}
	struct series_waiting *w = &list->waiting[list->nwaiting++];
	w->object = NULL;
	w->rc = 0;
	snprintf(w->path, sizeof w->path, "%s", path);
	return 0;
}

static int read_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct series_list *list = arg;
	struct series_waiting *w = &list->waiting[item];
	(void)worker;
	w->rc = dicom_object_read(w->path, &w->object, err);
	return w->rc < 0 ? w->rc : 0;
}

/* Reads the headers of all files added, several at a time; the order stays. */
static int read_all(struct series_list *list, struct gppi_error *err)
{
	int cpus = parallel_cpus();
	list->objects = malloc((size_t)list->nwaiting * sizeof(void *));
	if (!list->objects)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", list->waiting[0].path);
	int rc = parallel_for(cpus < READERS_MAX ? cpus : READERS_MAX, list->nwaiting, read_one, list, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < list->nwaiting; i++) {
		struct series_waiting *w = &list->waiting[i];
		if (w->rc == DICOM_IMAGE)
			list->objects[list->n++] = w->object;
		else
			list->others++;
		if (w->rc == DICOM_DIRECTORY && !list->directory[0])
			memcpy(list->directory, w->path, sizeof list->directory);
		w->object = NULL;
	}
	return 0;
}

int series_list_group(struct series_list *list, struct gppi_error *err)
{
	int rc = list->nwaiting ? read_all(list, err) : 0;
	if (rc == 0 && list->n)
		rc = series_make_groups(list, err);
	return rc < 0 ? rc : list->ngroups;
}

int series_list_others(const struct series_list *list)
{
	return list->others;
}

int series_list_scouts(const struct series_list *list)
{
	return list->scouts;
}

const char *series_list_directory(const struct series_list *list)
{
	return list->directory;
}

void series_name(const struct series_list *list, int index, char name[128])
{
	const struct series_group *g = &list->groups[index];
	const struct dicom_object *o = list->objects[g->first];
	const char *slash = strrchr(g->path, '/');
	char whole[sizeof g->path];
	if (o->series_name[0] && o->patient[0] && g->shared_name)
		snprintf(whole, sizeof whole, "%s_%s", o->patient, o->series_name);
	else if (o->series_name[0])
		snprintf(whole, sizeof whole, "%s", o->series_name);
	else if (o->patient[0])
		snprintf(whole, sizeof whole, "%s_s%d", o->patient, o->series_number);
	else
		snprintf(whole, sizeof whole, "%s", slash ? slash + 1 : g->path);
	(void)printable_copy(whole, name, 128); /* cut between characters */
}

const char *series_patient(const struct series_list *list, int index)
{
	return list->objects[list->groups[index].first]->patient;
}

const char *series_path(const struct series_list *list, int index)
{
	return list->groups[index].path;
}

/* One slice per frame of the group; all of one size and pixel format. */
static int collect(const struct series_list *list, const struct series_group *g,
		   struct series_slice *slices, struct gppi_error *err)
{
	const struct dicom_object *first = list->objects[g->first];
	size_t bytes = 0;
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
		    o->is_signed != first->is_signed || o->monochrome1 != first->monochrome1)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: stores its voxels otherwise than %s of the same series; "
				       "export the series anew", o->path, first->path);
		size_t pixels = (size_t)o->rows * (size_t)o->cols * (size_t)o->frames *
				(size_t)(o->bits_allocated / 8);
		if (o->plain && o->file_bytes < pixels)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: has %zu bytes, its pixels alone need %zu; the file is cut",
				       o->path, o->file_bytes, pixels);
		for (int f = 0; f < o->frames; f++)
			slices[n++] = (struct series_slice){ o, f, 0.0 };
		bytes += o->file_bytes;
	}
	int rc = budget_volume(g->path, first->cols, first->rows, n, (size_t)first->bits_allocated / 8, bytes, err);
	return rc < 0 ? rc : n;
}

/* Parts of a concatenation that are not there, by their numbers. */
static int check_parts(const struct series_list *list, const struct series_group *g, struct gppi_error *err)
{
	int parts = list->objects[g->first]->parts;
	for (int part = 1; part <= parts && parts <= SERIES_SLICES_MAX; part++) {
		bool there = false;
		for (int i = 0; i < g->n && !there; i++)
			there = list->objects[g->first + i]->part == part;
		if (!there)
			return err_set(err, GPPI_E_FORMAT,
				       "%s: is one of %d files that make one scan (a concatenation), of "
				       "which number %d is missing; copy all of them",
				       list->objects[g->first]->path, parts, part);
	}
	return 0;
}

/* Slices that no series holds together are one scan only where their positions say so. */
static int check_loose(const struct series_group *g, int rc, const struct series_steps *steps, struct gppi_error *err)
{
	struct gppi_error why = err ? *err : (struct gppi_error){ 0 };
	if (rc == 0 && steps->by_position && !steps->uneven && g->n >= LOOSE_LEAST)
		return 0;
	return err_set(err, GPPI_E_FORMAT, "%s: holds %d single slices, each a series of its own, that do not make one "
		       "scan (%.200s); export them as one series", g->path, g->n,
		       rc < 0 ? why.text : g->n < LOOSE_LEAST ? "they are too few"
		       : !steps->by_position ? "they do not tell their positions" : "their distances change");
}

int series_open(const struct series_list *list, int index, struct scan *scan, struct gppi_error *err)
{
	const struct series_group *g = &list->groups[index];
	struct series_steps steps = { 0 };
	size_t room = 0;
	for (int i = 0; i < g->n; i++)
		room += (size_t)list->objects[g->first + i]->frames;
	if (g->join == SERIES_STRAY)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds %d single slices, each a series of its own, that differ in "
			       "study, patient, size or orientation; give the folder with a whole series",
			       g->path, g->n);
	if (room < 2)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: holds a single slice; give the folder with the whole series",
			       g->path);
	if (room > SERIES_SLICES_MAX)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: has %zu slices, more than is read",
			       g->path, room);
	struct series_slice *slices = malloc(room * sizeof *slices);
	if (!slices)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", g->path);
	int n = collect(list, g, slices, err), rc = n < 0 ? n : 0;
	if (rc == 0 && g->join == SERIES_CONCATENATION)
		rc = check_parts(list, g, err);
	if (rc == 0) {
		rc = series_order(slices, n, g->path, &steps, err);
		if (g->join == SERIES_LOOSE)
			rc = check_loose(g, rc, &steps, err);
	}
	if (rc == 0)
		rc = series_scan_open(slices, n, &steps, g->path, scan, err);
	if (rc == 0 && g->join != SERIES_AS_TOLD)
		scan_note(&scan->info, "joined: %d %s", g->n, g->join == SERIES_LOOSE
			  ? "slices, each a series of its own, by their positions"
			  : "files of many slices");
	if (rc == 0)
		dicom_identity_read(slices[0].object->path, &scan->info.identity);
	free(slices);
	return rc;
}
