#include "measure/shape.h"

#include <stdlib.h>
#include <string.h>

#include "measure/distance.h"
#include "measure/sections.h"

/* The mask becomes the voxels whose distance is at most radius, or more than it. */
static int by_distance(struct shape_room *room, uint8_t *mask, int radius, bool to_set, struct gppi_error *err)
{
	const size_t n = grid_voxels(room->grid);
	int rc = distance_squared(room->grid, mask, to_set, radius, room->threads, room->r2, err);

	for (size_t i = 0; i < n && rc >= 0; i++)
		mask[i] = (room->r2[i] <= radius * radius) == to_set;
	return rc;
}

int shape_dilate(struct shape_room *room, uint8_t *mask, int radius, struct gppi_error *err)
{
	return by_distance(room, mask, radius, true, err);
}

int shape_erode(struct shape_room *room, uint8_t *mask, int radius, struct gppi_error *err)
{
	return by_distance(room, mask, radius, false, err);
}

/* Copies rows of a block into the middle of a wider one (x and y), or back. */
static void copy_middle(const struct grid *g, uint8_t *v, const struct grid *wide, uint8_t *w, int pad, bool back)
{
	for (int z = 0; z < g->n[2]; z++)
		for (int y = 0; y < g->n[1]; y++) {
			uint8_t *a = v + grid_at(g, 0, y, z), *b = w + grid_at(wide, pad, y + pad, z);
			memcpy(back ? a : b, back ? b : a, (size_t)g->n[0]);
		}
}

int shape_close(const struct grid *g, uint8_t *mask, int radius, bool fill, int threads, uint8_t *out,
		struct gppi_error *err)
{
	const int pad = radius + 2;
	const struct grid wide = { .n = { g->n[0] + 2 * pad, g->n[1] + 2 * pad, g->n[2] }, .mm = { 1, 1, 1 } };
	uint8_t *a = grid_alloc(&wide, 1, err), *b = fill ? grid_alloc(&wide, 1, err) : a;
	struct shape_room room = { .grid = &wide, .threads = threads, .r2 = grid_alloc(&wide, sizeof *room.r2, err) };
	int rc = a && b && room.r2 ? 0 : GPPI_E_NOMEM;

	if (rc >= 0) {
		copy_middle(g, mask, &wide, a, pad, false);
		rc = shape_dilate(&room, a, radius, err);
	}
	if (rc >= 0 && fill)
		rc = sections_fill(&wide, a, threads, b, err);
	if (rc >= 0)
		rc = shape_erode(&room, b, radius, err);
	if (rc >= 0)
		copy_middle(g, out, &wide, b, pad, true);
	free(a);
	if (b != a)
		free(b);
	free(room.r2);
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
				memset(mask + r * (size_t)g->n[0] + c.run[i].first, 0, (size_t)(c.run[i].end - c.run[i].first));
	if (all)
		*kept = (double)size[best] / (double)all;
done:
	free(size);
	components_free(&c);
	return rc;
}
