#include "measure/periosteum.h"

#include <stdlib.h>
#include <string.h>

#include "measure/shape.h"

#define OUTLINE 4       /* radius of the closing, voxels: canals are narrower */
#define BRIDGE 30       /* the same where the cortex is open, as it may be next to the plate */
#define DEEP 20         /* within the second, voxels: deeper than a cortex and than what a concave outline leaves out */
#define NEAR 3          /* voxels from bone where an outline lies along it */
#define GAP 0.1         /* share of the outline's length that is bridged from which it is a guess: less bends it by no
			 * more than its own thickness */
#define NOTCHED_BELOW 0.96 /* area within the first, of that within the second, where it is open or deeply notched */
#define OPEN_BELOW 0.9  /* of what lies so deep, share within the first, below which the cortex is open */

/* Does the first outline of a slice lack much of the second? Then it is open, or has a deep notch. */
static bool notched(const uint8_t *near, const uint8_t *far, size_t n)
{
	size_t a = 0, b = 0;

	for (size_t i = 0; i < n; i++) {
		a += near[i];
		b += far[i];
	}
	return (double)a < NOTCHED_BELOW * (double)b;
}

/* Is the cortex of a slice open? Then its marrow lies outside of the first outline; where the outline is only concave
 * what lies deep within the second is within both. deep: that part of the second. */
static bool slice_open(const uint8_t *near, const uint8_t *deep, size_t n)
{
	size_t all = 0, both = 0;

	for (size_t i = 0; i < n; i++) {
		all += deep[i];
		both += deep[i] & near[i];
	}
	return (double)both < OPEN_BELOW * (double)all;
}

/* Is there bone within NEAR voxels of a pixel? */
static bool bone_near(const struct grid *g, const uint8_t *bone, int x, int y)
{
	for (int j = y - NEAR < 0 ? 0 : y - NEAR; j <= y + NEAR && j < g->n[1]; j++)
		for (int i = x - NEAR < 0 ? 0 : x - NEAR; i <= x + NEAR && i < g->n[0]; i++)
			if (bone[j * g->n[0] + i])
				return true;
	return false;
}

/* Share of the edge of a slice's outline that does not lie along bone. */
static double gap(const struct grid *g, const uint8_t *outline, const uint8_t *bone)
{
	size_t edge = 0, apart = 0;

	for (int y = 1; y + 1 < g->n[1]; y++)
		for (int x = 1; x + 1 < g->n[0]; x++) {
			const uint8_t *v = outline + (size_t)y * (size_t)g->n[0] + x;
			if (!v[0] || (v[-1] && v[1] && v[-g->n[0]] && v[g->n[0]]))
				continue;
			edge++;
			apart += !bone_near(g, bone, x, y);
		}
	return edge ? (double)apart / (double)edge : 0;
}

/* Slices whose marrow is open to the outside take the outline of the wider balls; *unsure: in how many of
 * first .. last a part of it that matters is bridged, or it has a deep notch. */
static int bridge_outline(const struct outline_request *r, uint8_t *out, int *unsure, struct gppi_error *err)
{
	const struct grid *g = r->grid;
	const size_t slice = (size_t)g->n[0] * (size_t)g->n[1];
	uint8_t *wide = grid_alloc(g, 1, err), *deep = grid_alloc(g, 1, err);
	int rc = wide && deep ? shape_close(g, r->bone, BRIDGE, true, r->threads, wide, err) : GPPI_E_NOMEM;

	if (rc >= 0) {
		memcpy(deep, wide, grid_voxels(g));
		rc = shape_erode(g, deep, DEEP, r->threads, err);
	}
	for (int z = 0; z < g->n[2] && rc >= 0; z++) {
		uint8_t *near = out + slice * (size_t)z, *far = wide + slice * (size_t)z;
		const bool voi = z >= r->first && z <= r->last;
		if (!slice_open(near, deep + slice * (size_t)z, slice)) {
			*unsure += voi && notched(near, far, slice);
			continue;
		}
		memcpy(near, far, slice);
		*unsure += voi && gap(g, far, r->bone + slice * (size_t)z) > GAP;
	}
	free(wide);
	free(deep);
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
		open |= notched(near + slice * (size_t)z, far + slice * (size_t)z, slice);
	if (rc >= 0)
		rc = shape_erode(&half, far, DEEP / 2, r->threads, err);
	for (int z = 0; z < half.n[2] && rc >= 0; z++)
		open |= slice_open(near + slice * (size_t)z, far + slice * (size_t)z, slice);
	free(v);
	free(near);
	free(far);
	return rc < 0 ? rc : open;
}

int periosteum_find(const struct outline_request *r, uint8_t *out, int *unsure, struct gppi_error *err)
{
	int rc = shape_close(r->grid, r->bone, OUTLINE, true, r->threads, out, err);

	*unsure = 0;
	if (rc >= 0)
		rc = is_open(r, err);
	return rc > 0 ? bridge_outline(r, out, unsure, err) : rc;
}
