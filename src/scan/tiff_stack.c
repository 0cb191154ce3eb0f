/* TIFF files of several pages, ImageJ's among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/tiff.h"
#include "scan/flat.h"
#include "scan/stack.h"

/* The value of "key=value" on a line of ImageJ's description; NULL where it is not there. */
static const char *imagej(const struct tiff_file *t, const char *key)
{
	size_t n = strlen(key);
	for (const char *line = t->description; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == '=')
			return line + n + 1;
	}
	return NULL;
}

static double unit_um(const char *s)
{
	static const struct { const char *word; double um; } units[] = {
		{ "mm", 1e3 }, { "micron", 1.0 }, { "um", 1.0 }, { "\xc2\xb5m", 1.0 }, { "\xb5m", 1.0 },
		{ "\\u00B5m", 1.0 }, { "cm", 1e4 }, { "nm", 1e-3 }, { "inch", 25400.0 },
	};
	for (size_t i = 0; s && i < sizeof units / sizeof *units; i++)
		if (!strncmp(s, units[i].word, strlen(units[i].word)))
			return units[i].um;
	return 0.0;
}

static void find_spacing(const struct tiff_file *t, struct scan_info *info)
{
	double um[3] = { 0 }, unit = unit_um(imagej(t, "unit"));
	const char *z = imagej(t, "spacing");
	unit = unit > 0.0 ? unit : t->unit_um;
	for (int i = 0; i < 2; i++)
		um[i] = t->pixels_per[i] > 0.0 ? unit / t->pixels_per[i] : 0.0;
	/* Without a distance of pages they are taken for cubes, as micro-CT voxels are. */
	um[2] = z ? strtod(z, NULL) * unit : um[0];
	/* 72 dots per inch and the like are those of screens. */
	if (um[0] > 200.0)
		um[0] = um[1] = um[2] = 0.0;
	spacing_take(info, um);
}

/* One directory for all pages, which follow each other: how ImageJ writes files above 4 GB. */
static int open_flat(const char *path, const struct tiff_file *t, int pages, struct scan *scan, struct err *err)
{
	struct flat_layout l = { .nx = t->w, .ny = t->h, .nz = pages, .offset = (size_t)t->pixels_at };
	snprintf(l.path, sizeof l.path, "%s", path);
	l.map.file_slope = 1.0;
	l.map.swap = flat_must_swap(t->big_endian);
	l.map.type = t->bytes == 1 ? t->is_signed ? VOXEL_INT8 : VOXEL_UINT8
				   : t->is_signed ? VOXEL_INT16 : VOXEL_UINT16;
	return flat_open(&l, scan, err);
}

static int open_pages(const char *path, struct tiff_file *t, struct scan *scan, struct err *err)
{
	struct stack_slices slices = { .ifds = t->ifds, .n = t->pages, .path = path };
	slices.files = malloc(sizeof *slices.files);
	if (!slices.files)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	snprintf(slices.files[0], sizeof slices.files[0], "%s", path);
	t->ifds = NULL;
	return stack_slices_open(&slices, scan, err);
}

int tiff_open(const char *path, struct scan *scan, struct err *err)
{
	struct tiff_file t;
	struct scan_info *info = &scan->info;
	int rc = tiff_file_read(path, &t, err);
	if (rc < 0)
		goto end;
	bool of_imagej = !strncmp(t.description, "ImageJ=", 7);
	const char *images = of_imagej ? imagej(&t, "images") : NULL;
	long n = images ? strtol(images, NULL, 10) : 0;
	if (t.pages == 1 && n > 1 && n <= 65535 && t.plain)
		rc = open_flat(path, &t, (int)n, scan, err);
	else if (t.pages > 1)
		rc = open_pages(path, &t, scan, err);
	else
		rc = err_set(err, GPPI_E_UNSUPPORTED, "%s: is a single picture; give the folder that holds all "
			     "slices", path);
	if (rc < 0)
		goto end;
	info->unit = SCAN_UNIT_UNKNOWN;
	snprintf(info->format, sizeof info->format, "TIFF%s", of_imagej ? " (ImageJ)" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	snprintf(info->encoding, sizeof info->encoding, "%s-endian", t.big_endian ? "big" : "little");
	find_spacing(&t, info);
end:
	tiff_file_free(&t);
	return rc;
}
