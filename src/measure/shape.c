#include "measure/shape.h"

#include <stdlib.h>
#include <string.h>

#include "measure/distance.h"
#include "measure/sections.h"

int shape_dilate(const struct grid *g, uint8_t *mask, int radius, int threads, struct gppi_error *err)
{
	return distance_balls(g, mask, true, radius * radius, threads, mask, err);
}

int shape_erode(const struct grid *g, uint8_t *mask, int radius, int threads, struct gppi_error *err)
{
	return distance_balls(g, mask, false, radius * radius, threads, mask, err);
}

int shape_columns(const struct grid *g, const uint8_t *mask, int lo[2], int hi[2], struct gppi_error *err)
{
	const int nx = g->n[0], ny = g->n[1];
	const size_t slice = (size_t)nx * (size_t)ny;
	uint8_t *any = calloc(slice, 1); /* of all slices */

	if (!any)
		return err_set(err, GPPI_E_NOMEM, "out of memory for a slice");
	for (int z = 0; z < g->n[2]; z++, mask += slice)
		for (size_t i = 0; i < slice; i++)
			any[i] |= mask[i];
	lo[0] = nx;
	lo[1] = ny;
	hi[0] = hi[1] = -1;
	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			if (!any[(size_t)y * (size_t)nx + (size_t)x])
				continue;
			lo[0] = x < lo[0] ? x : lo[0];
			hi[0] = x > hi[0] ? x : hi[0];
			lo[1] = y < lo[1] ? y : lo[1];
			hi[1] = y;
		}
	free(any);
	return 0;
}

/* Columns of a block that are not empty, and so many to each side: x0, y0 may lie outside of it. */
struct frame {
	int x0, y0;
	struct grid grid;
};

static int make_frame(const struct grid *g, const uint8_t *mask, int pad, struct frame *f, struct gppi_error *err)
{
	int lo[2], hi[2], rc = shape_columns(g, mask, lo, hi, err);

	if (rc >= 0 && hi[0] < 0)
		lo[0] = lo[1] = hi[0] = hi[1] = 0;
	if (rc < 0)
		return rc;
	f->x0 = lo[0] - pad;
	f->y0 = lo[1] - pad;
	f->grid = (struct grid){ .n = { hi[0] - f->x0 + 1 + pad, hi[1] - f->y0 + 1 + pad, g->n[2] },
				 .mm = { 1, 1, 1 } };
	return 0;
}

/* Rows of a block into a frame without its pad, or back. */
static void copy_middle(const struct grid *g, uint8_t *v, const struct frame *f, uint8_t *w, int pad, bool back)
{
	for (int z = 0; z < g->n[2]; z++)
		for (int y = pad; y < f->grid.n[1] - pad; y++) {
			uint8_t *a = v + grid_at(g, f->x0 + pad, f->y0 + y, z), *b = w + grid_at(&f->grid, pad, y, z);
			memcpy(back ? a : b, back ? b : a, (size_t)(f->grid.n[0] - 2 * pad));
		}
}

int shape_close(const struct grid *g, uint8_t *mask, int radius, bool fill, int threads, uint8_t *out,
		struct gppi_error *err)
{
	const int pad = radius + 2;
	struct frame f;
	uint8_t *a = NULL;
	int rc = make_frame(g, mask, pad, &f, err); /* balls beside the mask reach no farther */

	if (rc >= 0) {
		a = grid_alloc(&f.grid, 1, err);
		rc = a ? 0 : GPPI_E_NOMEM;
	}
	if (rc >= 0) {
		copy_middle(g, mask, &f, a, pad, false);
		rc = shape_dilate(&f.grid, a, radius, threads, err);
	}
	if (rc >= 0 && fill)
		rc = sections_fill(&f.grid, a, threads, a, err);
	if (rc >= 0)
		rc = shape_erode(&f.grid, a, radius, threads, err);
	if (rc >= 0) {
		memset(out, 0, grid_voxels(g));
		copy_middle(g, out, &f, a, pad, true);
	}
	free(a);
	return rc;
}

int shape_largest(const struct grid *g, uint8_t *mask, enum components_joined how, double *kept, struct gppi_error *err)
{
	struct components c;
	const size_t rows = (size_t)g->n[1] * (size_t)g->n[2];
	size_t *size = NULL, all = 0, best = 0;
	int rc = components_find(mask, g->n, 1, how, &c);

	*kept = 1;
	if (rc >= 0) {
		size = calloc((size_t)c.parts + 1, sizeof *size);
		rc = size ? 0 : GPPI_E_NOMEM;
	}
	if (rc < 0) {
		err_set(err, rc, "out of memory for the pieces of a mask");
		goto done;
	}
	for (int32_t i = 0; i < c.row[rows]; i++) {
		size[c.run[i].part] += (size_t)(c.run[i].end - c.run[i].first);
		all += (size_t)(c.run[i].end - c.run[i].first);
	}
	for (size_t p = 0; p < (size_t)c.parts; p++)
		best = size[p] > size[best] ? p : best;
	for (size_t r = 0; r < rows; r++)
		for (int32_t i = c.row[r]; i < c.row[r + 1]; i++)
			if ((size_t)c.run[i].part != best)
				memset(mask + r * (size_t)g->n[0] + c.run[i].first, 0,
				       (size_t)(c.run[i].end - c.run[i].first));
	if (all)
		*kept = (double)size[best] / (double)all;
done:
	free(size);
	components_free(&c);
	return rc;
}
