#include "measure/periosteum.h"

#include <stdlib.h>
#include <string.h>

#include "measure/shape.h"

#define OUTLINE 4       /* radius of the closing, voxels: canals are narrower */
#define BRIDGE 30       /* the same where the cortex is open, as it may be next to the plate */
#define OPEN_BELOW 0.96 /* area within the first, of that within the second, where it is */

static size_t area(const uint8_t *v, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum;
}

/* Slices whose marrow is open to the outside take the outline of the wider balls; *bridged: how many of first .. last. */
static int bridge_outline(const struct outline_request *r, uint8_t *out, int *bridged, struct gppi_error *err)
{
	const struct grid *g = r->grid;
	const size_t slice = (size_t)g->n[0] * (size_t)g->n[1];
	uint8_t *wide = grid_alloc(g, 1, err);
	int rc = wide ? shape_close(g, r->bone, BRIDGE, true, r->threads, wide, err) : GPPI_E_NOMEM;

	for (int z = 0; z < g->n[2] && rc >= 0; z++) {
		uint8_t *near = out + slice * (size_t)z, *far = wide + slice * (size_t)z;
		if ((double)area(near, slice) >= OPEN_BELOW * (double)area(far, slice))
			continue;
		memcpy(near, far, slice);
		*bridged += z >= r->first && z <= r->last;
	}
	free(wide);
	return rc;
}

/* Is some slice open? Told from the blocks of 2 x 2 x 2 voxels, which is eight times cheaper. */
static int is_open(const struct outline_request *r, struct gppi_error *err)
{
	const struct grid *g = r->grid;
	struct grid half = { .n = { (g->n[0] + 1) / 2, (g->n[1] + 1) / 2, (g->n[2] + 1) / 2 }, .mm = { 1, 1, 1 } };
	uint8_t *v = grid_alloc(&half, 1, err), *near = grid_alloc(&half, 1, err), *far = grid_alloc(&half, 1, err);
	int rc = v && near && far ? 0 : GPPI_E_NOMEM, open = 0;

	for (int z = 0; z < g->n[2] && rc >= 0; z++)
		for (int y = 0; y < g->n[1]; y++) {
			const uint8_t *row = r->bone + grid_at(g, 0, y, z);
			uint8_t *to = v + grid_at(&half, 0, y / 2, z / 2);
			for (int x = 0; x < g->n[0] / 2; x++, row += 2)
				to[x] |= row[0] | row[1];
			if (g->n[0] % 2)
				to[half.n[0] - 1] |= row[0];
		}
	if (rc >= 0)
		rc = shape_close(&half, v, OUTLINE / 2, true, r->threads, near, err);
	if (rc >= 0)
		rc = shape_close(&half, v, BRIDGE / 2, true, r->threads, far, err);
	const size_t slice = (size_t)half.n[0] * (size_t)half.n[1];
	for (int z = 0; z < half.n[2] && rc >= 0; z++)
		open |= (double)area(near + slice * (size_t)z, slice) < OPEN_BELOW * (double)area(far + slice * (size_t)z, slice);
	free(v);
	free(near);
	free(far);
	return rc < 0 ? rc : open;
}

int periosteum_find(const struct outline_request *r, uint8_t *out, int *bridged, struct gppi_error *err)
{
	int rc = shape_close(r->grid, r->bone, OUTLINE, true, r->threads, out, err);

	*bridged = 0;
	if (rc >= 0)
		rc = is_open(r, err);
	return rc > 0 ? bridge_outline(r, out, bridged, err) : rc;
}
