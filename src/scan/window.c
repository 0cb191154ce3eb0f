#include "scan/window.h"

#include <stdlib.h>

#include "base/size.h"
#include "scan/reader.h"

#define SLICES_MAX 64

struct window {
	struct scan *whole;
	int room;                       /* slices */
	int z0, nz, nbands;             /* what is kept */
	struct window_band band[WINDOW_BANDS_MAX];
	size_t slice;                   /* voxels of a whole slice */
	int16_t *scratch;               /* room * slice */
	const int16_t *row[SLICES_MAX][WINDOW_BANDS_MAX]; /* the first row of each */
};

static int window_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		       struct gppi_error *err)
{
	struct window *w = self;

	for (int i = 0; i < w->nbands && z >= w->z0 && z < w->z0 + w->nz; i++) {
		const struct window_band *b = &w->band[i];
		if (y0 < b->y0 || y0 + ny > b->y0 + b->ny)
			continue;
		*out = w->row[z - w->z0][i] + (size_t)(y0 - b->y0) * (size_t)scan_info(w->whole)->nx;
		return 0;
	}
	return scan_rows(w->whole, z, y0, ny, scratch, out, err);
}

static int window_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out, struct gppi_error *err)
{
	struct window *w = self;

	return scan_slab(w->whole, z0, nz, scratch, out, err);
}

static void window_close(void *self)
{
	struct window *w = self;

	free(w->scratch);
	free(w);
}

static const struct scan_ops window_ops = { .slab = window_slab, .rows = window_rows, .close = window_close };

int window_open(struct scan *whole, int slices, struct scan **out, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(whole);
	struct scan *scan = calloc(1, sizeof *scan);
	struct window *w = calloc(1, sizeof *w);
	size_t bytes = 0;

	*out = NULL;
	slices = slices < 1 ? 1 : slices > SLICES_MAX ? SLICES_MAX : slices;
	if (scan && w && size_mul3((size_t)info->nx, (size_t)info->ny, sizeof *w->scratch, &bytes) &&
	    size_mul(bytes, (size_t)slices, &bytes))
		w->scratch = malloc(bytes);
	if (!scan || !w || !w->scratch) {
		free(scan);
		free(w);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for %d slices", info->path, slices);
	}
	w->whole = whole;
	w->room = slices;
	w->slice = (size_t)info->nx * (size_t)info->ny;
	scan->info = *info;
	scan->ops = &window_ops;
	scan->self = w;
	*out = scan;
	return 0;
}

int window_load(struct scan *window, int z0, int nz, const struct window_band *band, int n, struct gppi_error *err)
{
	struct window *w = window->self;
	int rc = 0;

	nz = nz < w->room ? nz : w->room;
	w->nbands = 0;
	for (int z = 0; z < nz; z++)
		for (int i = 0; i < n && rc >= 0; i++)
			rc = scan_rows(w->whole, z0 + z, band[i].y0, band[i].ny, w->scratch + (size_t)z * w->slice,
				       &w->row[z][i], err);
	if (rc < 0)
		return rc;
	w->z0 = z0;
	w->nz = nz;
	w->nbands = n;
	for (int i = 0; i < n; i++)
		w->band[i] = band[i];
	return 0;
}
