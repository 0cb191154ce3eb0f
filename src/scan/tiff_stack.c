/* TIFF files of several pages, ImageJ's among them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/flat.h"
#include "scan/format.h"
#include "scan/picture_size.h"
#include "scan/stack.h"
#include "scan/tiff_axes.h"

/* One directory for all pages, which follow each other: how ImageJ writes files above 4 GB. */
static int open_flat(const char *path, const struct tiff_file *t, int slices, struct scan *scan, struct gppi_error *err)
{
	struct flat_layout l = { .nx = t->w, .ny = t->h, .nz = slices, .offset = (size_t)t->pixels_at };
	snprintf(l.path, sizeof l.path, "%s", path);
	l.map.swap = flat_must_swap(t->big_endian);
	l.map.type = stack_voxel_type(t->bytes, t->is_signed, t->is_float);
	l.map.file_slope = 1.0;
	if (t->white_is_zero) { /* all bits turned round: top - v, or -1 - v */
		l.map.file_slope = -1.0;
		l.map.file_intercept = t->is_signed ? -1.0 : ldexp(1.0, 8 * t->bytes) - 1.0;
	}
	return flat_open(&l, scan, err);
}

static int open_pages(const char *path, struct tiff_file *t, const struct tiff_axes *axes, struct scan *scan,
		      struct gppi_error *err)
{
	struct stack_slices slices = { .ifds = t->ifds, .n = axes->slices, .path = path };
	slices.files = malloc(sizeof *slices.files);
	if (!slices.files)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	snprintf(slices.files[0], sizeof slices.files[0], "%s", path);
	for (int z = 0; z < axes->slices; z++)
		slices.ifds[z] = t->ifds[(size_t)z * (size_t)axes->step];
	t->ifds = NULL;
	return stack_slices_open(&slices, scan, err);
}

/* Pages of a file that has a directory for the first only; 0: it has one for each. */
static int flat_pages(const struct tiff_file *t)
{
	const char *images = tiff_imagej(t, "images");
	long n = images ? strtol(images, NULL, 10) : 0;
	return t->pages == 1 && t->plain && n > 1 && n <= TIFF_PAGES_MAX ? (int)n : 0;
}

/* Files of several pages, ImageJ's own form among them. */
static int tiff_open(const char *path, struct scan *scan, struct gppi_error *err)
{
	struct tiff_file t;
	struct tiff_axes axes;
	struct scan_info *info = &scan->info;
	double um[3];
	int rc = tiff_file_read(path, &t, err);
	if (rc < 0)
		goto end;
	int flat = flat_pages(&t);
	if (!flat && t.pages < 2)
		rc = err_set(err, GPPI_E_UNSUPPORTED, "%s: is a single picture; give the folder that holds all "
			     "slices", path);
	if (rc >= 0)
		rc = tiff_axes_find(path, &t, flat ? flat : t.pages, &axes, err);
	if (rc >= 0)
		rc = flat ? open_flat(path, &t, axes.slices, scan, err) : open_pages(path, &t, &axes, scan, err);
	if (rc < 0)
		goto end;
	info->unit = SCAN_UNIT_UNKNOWN;
	snprintf(info->format, sizeof info->format, "TIFF%s", tiff_imagej(&t, "ImageJ") ? " (ImageJ)" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	snprintf(info->encoding, sizeof info->encoding, "%s-endian", t.big_endian ? "big" : "little");
	if (axes.note[0])
		scan_note(info, "%s", axes.note);
	if (axes.doubt[0])
		scan_doubt(info, "%s", axes.doubt);
	tiff_size(&t, info, um);
	spacing_take(info, um);
end:
	tiff_file_free(&t);
	return rc;
}

const struct scan_format tiff_format = {
	.name = "TIFF", .open = tiff_open, .alone = true, .suffixes = { ".tif", ".tiff" },
};
