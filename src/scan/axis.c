#include "scan/axis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"
#include "scan/reader.h"

#define RUN 8 /* slices turned at a time */
#define WORKERS_MAX 64

struct turned {
	int nx, ny, nz;
	int16_t *voxels;
};

struct turning {
	struct scan *from;
	enum scan_axis axis;
	struct turned *to;
	int16_t *scratch[WORKERS_MAX];
};

static int turned_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	const struct turned *t = self;
	(void)nz;
	(void)scratch;
	(void)err;
	*out = t->voxels + (size_t)z0 * (size_t)t->nx * (size_t)t->ny;
	return 0;
}

static int turned_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	const struct turned *t = self;
	int rc = turned_slab(self, z, 1, scratch, out, err);
	(void)ny;
	*out += (size_t)y0 * (size_t)t->nx;
	return rc;
}

static bool turned_apart(const void *self)
{
	(void)self;
	return true;
}

static void turned_close(void *self)
{
	struct turned *t = self;
	free(t->voxels);
	free(t);
}

static const struct scan_ops turned_ops = { .slab = turned_slab, .rows = turned_rows, .rows_apart = turned_apart,
					    .close = turned_close };

/* Rows along y become rows along x. */
static void turn_x(const struct turning *w, const int16_t *slice, int z)
{
	const struct scan_info *info = scan_info(w->from);
	size_t nx = (size_t)info->nx, ny = (size_t)info->ny, nz = (size_t)info->nz;

	for (size_t x = 0; x < nx; x++) {
		int16_t *to = w->to->voxels + (x * nz + (size_t)z) * ny;
		for (size_t y = 0; y < ny; y++)
			to[y] = slice[y * nx + x];
	}
}

/* n slices give n voxels side by side in every row. */
static void turn_y(const struct turning *w, const int16_t *slices, int z0, int n)
{
	const struct scan_info *info = scan_info(w->from);
	size_t slice = (size_t)info->nx * (size_t)info->ny, nz = (size_t)info->nz;

	for (size_t i = 0; i < slice; i++)
		for (int z = 0; z < n; z++)
			w->to->voxels[i * nz + (size_t)(z0 + z)] = slices[(size_t)z * slice + i];
}

static int turn_run(void *arg, int item, int worker, struct gppi_error *err)
{
	struct turning *w = arg;
	const struct scan_info *info = scan_info(w->from);
	size_t slice = (size_t)info->nx * (size_t)info->ny;
	int z0 = item * RUN, n = info->nz - z0 < RUN ? info->nz - z0 : RUN;
	const int16_t *at;

	if (!w->scratch[worker])
		w->scratch[worker] = malloc(slice * RUN * sizeof(int16_t));
	if (!w->scratch[worker])
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to turn it", info->path);
	int rc = scan_slab(w->from, z0, n, w->scratch[worker], &at, err);
	if (rc < 0)
		return rc;
	if (w->axis == SCAN_AXIS_Y)
		turn_y(w, at, z0, n);
	for (int z = 0; z < n && w->axis == SCAN_AXIS_X; z++)
		turn_x(w, at + (size_t)z * slice, z0 + z);
	return 0;
}

static void turn_info(const struct scan_info *from, enum scan_axis axis, struct scan_info *to)
{
	const int first = axis == SCAN_AXIS_X ? 1 : 2; /* the old axis that becomes x */
	const int dims[3] = { from->nx, from->ny, from->nz };
	int *const sides[3] = { &to->nx, &to->ny, &to->nz };

	*to = *from;
	for (int i = 0; i < 3; i++) {
		int k = (first + i) % 3;
		*sides[i] = dims[k];
		to->spacing_um[i] = from->spacing_um[k];
		memcpy(to->place.step[i], from->place.step[k], sizeof to->place.step[i]);
	}
	snprintf(to->format, sizeof to->format, "%.20s, along %c", from->format, axis == SCAN_AXIS_X ? 'x' : 'y');
}

/* All voxels of `from` into *to. */
static int turn_voxels(struct scan *from, enum scan_axis axis, int threads, struct turned *to, struct gppi_error *err)
{
	struct turning w = { .from = from, .axis = axis, .to = to };
	threads = scan_threads(from, threads < WORKERS_MAX ? threads : WORKERS_MAX);
	int rc = parallel_for(threads, (scan_info(from)->nz + RUN - 1) / RUN, turn_run, &w, err);
	for (int i = 0; i < WORKERS_MAX; i++)
		free(w.scratch[i]);
	return rc < 0 ? rc : scan_settle(from, err);
}

int axis_turn(struct scan **scan, enum scan_axis axis, int threads, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(*scan);
	size_t bytes = 0;

	if (axis == SCAN_AXIS_Z)
		return 0;
	struct turned *t = calloc(1, sizeof *t);
	struct scan *out = calloc(1, sizeof *out);
	if (t && size_mul3((size_t)info->nx, (size_t)info->ny, (size_t)info->nz * sizeof(int16_t), &bytes))
		t->voxels = malloc(bytes);
	if (!t || !out || !t->voxels) {
		if (t)
			turned_close(t);
		free(out);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to look at it along another axis; reslice it",
			       info->path);
	}
	int rc = turn_voxels(*scan, axis, threads, t, err);
	if (rc < 0) {
		turned_close(t);
		free(out);
		return rc;
	}
	turn_info(info, axis, &out->info);
	t->nx = out->info.nx;
	t->ny = out->info.ny;
	t->nz = out->info.nz;
	out->ops = &turned_ops;
	out->self = t;
	scan_close(*scan);
	*scan = out;
	return 0;
}
