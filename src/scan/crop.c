#include "scan/crop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "scan/reader.h"

#define IDLE_MAX 64

struct view {
	struct scan *whole;
	struct crop box;
	bool all;               /* nothing is cut away */
	size_t slice_bytes;     /* of the whole */
	pthread_mutex_t lock;   /* of idle */
	int16_t *idle[IDLE_MAX]; /* buffer for slices of the whole scan, allocated at first use */
	int nidle;
};

struct crop crop_all(const struct scan_info *info)
{
	return (struct crop){ 0, 0, info->nx, info->ny };
}

static int16_t *take(struct view *v)
{
	int16_t *slice = NULL;

	pthread_mutex_lock(&v->lock);
	if (v->nidle)
		slice = v->idle[--v->nidle];
	pthread_mutex_unlock(&v->lock);
	return slice ? slice : malloc(v->slice_bytes);
}

static void give(struct view *v, int16_t *slice)
{
	pthread_mutex_lock(&v->lock);
	if (v->nidle < IDLE_MAX) {
		v->idle[v->nidle++] = slice;
		slice = NULL;
	}
	pthread_mutex_unlock(&v->lock);
	free(slice);
}

/* Rows of the rectangle in slice z to dst. */
static int read_rows(struct view *v, int z, int y0, int ny, int16_t *dst, struct gppi_error *err)
{
	size_t nx = (size_t)v->box.nx, stride = (size_t)scan_info(v->whole)->nx;
	int16_t *slice = take(v);
	const int16_t *at;

	if (!slice)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", scan_info(v->whole)->path);
	int rc = scan_rows(v->whole, z, v->box.y0 + y0, ny, slice, &at, err);
	for (int y = 0; y < ny && rc >= 0; y++)
		memcpy(dst + (size_t)y * nx, at + (size_t)y * stride + v->box.x0, nx * sizeof *dst);
	give(v, slice);
	return rc;
}

static int view_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	struct view *v = self;
	size_t slice = (size_t)v->box.nx * (size_t)v->box.ny;
	int rc = 0;

	if (v->all)
		return scan_slab(v->whole, z0, nz, scratch, out, err);
	for (int z = 0; z < nz && rc >= 0; z++)
		rc = read_rows(v, z0 + z, 0, v->box.ny, scratch + (size_t)z * slice, err);
	*out = scratch;
	return rc;
}

static int view_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		     struct gppi_error *err)
{
	struct view *v = self;

	if (v->all)
		return scan_rows(v->whole, z, y0, ny, scratch, out, err);
	*out = scratch;
	return read_rows(v, z, y0, ny, scratch, err);
}

static int view_settle(void *self, struct scan_info *info, struct gppi_error *err)
{
	struct view *v = self;
	int rc = scan_settle(v->whole, err);

	info->unit = scan_info(v->whole)->unit;
	return rc;
}

static void view_close(void *self)
{
	struct view *v = self;

	while (v->nidle)
		free(v->idle[--v->nidle]);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static bool view_dicom_slice(const void *self, int z, struct scan_slice_file *out)
{
	const struct view *v = self;

	return scan_dicom_slice(v->whole, z, out);
}

static bool view_rows_apart(const void *self)
{
	const struct view *v = self;

	return v->all && scan_rows_apart(v->whole);
}

static const struct scan_ops view_ops = { .slab = view_slab, .rows = view_rows, .rows_apart = view_rows_apart,
					  .settle = view_settle,
					  .dicom_slice = view_dicom_slice, .close = view_close };

/* The first voxel of the rectangle lies elsewhere than that of the scan. */
static void place(struct scan *scan, const struct view *v)
{
	struct scan_place *p = &scan->info.place;

	if (v->all)
		return;
	scan_place_of(v->whole, p);
	for (int i = 0; i < 3; i++)
		p->origin[i] += v->box.x0 * p->step[0][i] + v->box.y0 * p->step[1][i];
	p->known = true;
}

int crop_open(struct scan *whole, const struct crop *box, const char *name, struct scan **out,
	      struct gppi_error *err)
{
	const struct scan_info *info = scan_info(whole);
	size_t bytes = 0;

	*out = NULL;
	if (box->x0 < 0 || box->y0 < 0 || box->nx < 1 || box->ny < 1 || box->nx > info->nx - box->x0 ||
	    box->ny > info->ny - box->y0)
		return err_set(err, GPPI_E_USAGE, "%s: %d x %d voxels from (%d, %d) were asked for, a slice has "
			       "%d x %d", info->path, box->nx, box->ny, box->x0, box->y0, info->nx, info->ny);
	struct scan *scan = calloc(1, sizeof *scan);
	struct view *v = calloc(1, sizeof *v);
	if (!scan || !v || !size_mul3((size_t)info->nx, (size_t)info->ny, sizeof(int16_t), &bytes)) {
		free(scan);
		free(v);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", info->path);
	}
	v->whole = whole;
	v->box = *box;
	v->all = box->nx == info->nx && box->ny == info->ny;
	v->slice_bytes = bytes;
	pthread_mutex_init(&v->lock, NULL);
	scan->info = *info;
	scan->info.nx = box->nx;
	scan->info.ny = box->ny;
	if (name)
		snprintf(scan->info.name, sizeof scan->info.name, "%s", name);
	if (!v->all)
		scan_note(&scan->info, "part: voxels from (%d, %d) of %d x %d", box->x0, box->y0, info->nx, info->ny);
	place(scan, v);
	scan->ops = &view_ops;
	scan->self = v;
	*out = scan;
	return 0;
}
