/* The slices of a folder as a scan: in order, none missing, with what the machine's log tells. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/picture.h"
#include "scan/bruker.h"
#include "scan/picture_size.h"
#include "scan/stack_list.h"

/* Numbers must be equidistant: a missing slice would shift those after it. */
static int check_numbers(const struct picture_name *e, int n, long long *step, struct gppi_error *err)
{
	*step = e[1].number - e[0].number;
	for (int i = 1; i < n; i++) {
		long long d = e[i].number - e[i - 1].number;
		*step = d < *step ? d : *step;
		if (d == 0)
			return err_set(err, GPPI_E_FORMAT, "%s and %s: two slices have the same number; remove one",
				       e[i - 1].path,
				       strrchr(e[i].path, '/') ? strrchr(e[i].path, '/') + 1 : e[i].path);
	}
	for (int i = 1; i < n; i++)
		if (e[i].number - e[i - 1].number != *step)
			return err_set(err, GPPI_E_FORMAT, "%s: slices are missing between this file and %s; copy the "
				       "whole series again", e[i - 1].path,
				       strrchr(e[i].path, '/') ? strrchr(e[i].path, '/') + 1 : e[i].path);
	return 0;
}

/* What the log of the machine tells besides sizes. */
static void note_log(const struct bruker_log *log, struct scan_info *info)
{
	const char *slash = strrchr(log->path, '/');
	double top = strcmp(info->voxel_type, "uint16") ? 255.0 : 65535.0;
	snprintf(info->format, sizeof info->format, "SkyScan slices");
	scan_note(info, "log: %.120s%s", slash ? slash + 1 : log->path,
		  log->pixel_um > 0.0 ? "" : ", which tells no pixel size");
	if (log->odd[0])
		spacing_doubt(info, "\"%s\" in the log is not understood", log->odd);
	if (log->scanner[0])
		scan_note(info, "scanner: %s", log->scanner);
	if (log->has_window)
		scan_note(info, "mu: grey * %.6g + %.6g, the window of the reconstruction",
			  (log->high - log->low) / top, log->low);
	if (log->sections && log->sections != info->nz)
		scan_note(info, "sections: the log tells of %d, there are %d files", log->sections, info->nz);
}

/* Sizes by the log, where there is one of these pictures, else by the first picture. */
static int find_spacing(const struct picture_name *e, long long step, struct scan_info *info, struct gppi_error *err)
{
	struct bruker_log log;
	char prefix[1024];
	double um[3] = { 0 }, stored[3];
	snprintf(prefix, sizeof prefix, "%.*s", (int)e->numbers[e->p].at, e->path);
	int rc = bruker_log_find(prefix, &log, err);
	if (rc < 0)
		return rc;
	if (rc && ((log.width && log.width != info->nx) || (log.height && log.height != info->ny)))
		scan_note(info, "log: is of %d x %d pictures, its pixel size is not used", log.width, log.height);
	else if (rc) {
		um[0] = um[1] = log.pixel_um;
		um[2] = log.pixel_um * log.step * (double)step;
	}
	if (rc)
		note_log(&log, info);
	rc = picture_size(e->path, info, stored, err);
	if (rc < 0)
		return rc;
	/* Where the files tell of pixels only, slices that were left out count all the same. */
	if (step > 1 && !(fabs(stored[2]) > 0.0))
		stored[2] = stored[0];
	stored[2] *= (double)step;
	spacing_take_two(info, um, "log", stored, "pictures");
	return 0;
}

/* A log of projections that are as large as the pictures, unless it tells of slices of this size. Where projections
 * are squares as slices are, there must be as many. */
static bool tells_of_projections(const struct bruker_log *log, const struct picture_stored *p, int n)
{
	if (!log->columns || log->columns != p->w || log->rows != p->h)
		return false;
	if (log->width == p->w && log->height == p->h)
		return false;
	return p->w != p->h || log->files == n;
}

int stack_projections(const struct stack_list *list, int index, struct gppi_error *sentence)
{
	const struct picture_group *g = &list->groups[index];
	const struct picture_name *e = &list->names[g->first];
	const struct name_number *number = &e->numbers[e->p];
	struct picture_stored head;
	struct bruker_log log;
	char prefix[1024];
	/* the prefix may end with digits, and the number follow at once: m70001.tif */
	for (size_t digits = 0; digits < number->length; digits++) {
		snprintf(prefix, sizeof prefix, "%.*s", (int)(number->at + digits), e->path);
		if (bruker_log_find(prefix, &log, NULL) <= 0 || picture_read_head(e->path, &head, NULL) < 0 ||
		    !tells_of_projections(&log, &head, g->n))
			continue;
		const char *slash = strrchr(log.path, '/');
		err_set(sentence, GPPI_E_UNSUPPORTED,
			"%s: these are projections, not slices: %s tells of a scan with projections of "
			"%d x %d; reconstruct it, then give the folder of the slices",
			g->folder, slash ? slash + 1 : log.path, log.columns, log.rows);
		return g->n;
	}
	return 0;
}

int stack_open(const struct stack_list *list, int index, struct scan *scan, struct gppi_error *err)
{
	const struct picture_group *g = &list->groups[index];
	const struct picture_name *e = &list->names[g->first];
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
		snprintf(slices.files[i], sizeof *slices.files, "%s", e[i].path);
	rc = stack_slices_open(&slices, scan, err);
	if (rc < 0)
		return rc;
	snprintf(info->format, sizeof info->format, "%.20s slices", info->encoding);
	snprintf(info->path, sizeof info->path, "%s", g->folder);
	if (g->copies)
		scan_note(info, "copies in other formats: %d, left out", g->copies);
	if (step > 1)
		scan_note(info, "numbers: in steps of %lld", step);
	rc = find_spacing(e, step, info, err);
	if (rc < 0)
		scan->ops->close(scan->self);
	return rc;
}
