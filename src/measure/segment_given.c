#include "measure/segment_given.h"

#include <math.h>

#define SPACING_WITHIN 0.01
#define PLACE_WITHIN 0.5 /* voxels */

/* Greatest distance between the places of the same corner of both volumes, in voxels. */
static double apart(const struct scan_place *a, const struct scan_place *b, const int n[3], double voxel_mm)
{
	double most = 0;

	for (int corner = 0; corner < 8; corner++) {
		double sum = 0;
		for (int i = 0; i < 3; i++) {
			double d = a->origin[i] - b->origin[i];
			for (int j = 0; j < 3; j++)
				d += (corner >> j & 1 ? n[j] - 1 : 0) * (a->step[j][i] - b->step[j][i]);
			sum += d * d;
		}
		most = fmax(most, sqrt(sum) / voxel_mm);
	}
	return most;
}

/* What a mask must agree with: a scan, or another mask. */
struct beside {
	const char *path;
	int n[3];
	double um[3];
	bool um_read;
	const struct scan_place *place;
};

static int check_one(const struct block *mask, const struct beside *of, struct gppi_error *err)
{
	const int *n = mask->grid.n;

	if (n[0] != of->n[0] || n[1] != of->n[1] || n[2] != of->n[2])
		return err_set(err, GPPI_E_USAGE,
			       "%s: %d x %d x %d voxels, but %s has %d x %d x %d; both must have the same size",
			       mask->path, n[0], n[1], n[2], of->path, of->n[0], of->n[1], of->n[2]);
	for (int i = 0; i < 3; i++) {
		const double um = 1000 * mask->grid.mm[i];
		if (mask->spacing != SCAN_ASSUMED && of->um_read && fabs(um - of->um[i]) > SPACING_WITHIN * of->um[i])
			return err_set(err, GPPI_E_USAGE,
				       "%s: voxels of %g um, but those of %s have %g; both must have the same spacing",
				       mask->path, um, of->path, of->um[i]);
	}
	if (mask->place.known && of->place->known && apart(&mask->place, of->place, n, of->um[0] / 1000) > PLACE_WITHIN)
		return err_set(err, GPPI_E_USAGE,
			       "%s: does not lie where %s lies (origin or directions of the axes differ); resample "
			       "one to the other", mask->path, of->path);
	return 0;
}

int given_pair_check(const struct block *mask, const struct block *tv, struct gppi_error *err)
{
	struct beside of = { mask->path, { mask->grid.n[0], mask->grid.n[1], mask->grid.n[2] },
			     { 1000 * mask->grid.mm[0], 1000 * mask->grid.mm[1], 1000 * mask->grid.mm[2] },
			     mask->spacing != SCAN_ASSUMED, &mask->place };

	return check_one(tv, &of, err);
}

int given_masks_check(const struct given_masks *given, const struct scan *scan, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	const struct beside of = { info->path, { info->nx, info->ny, info->nz },
				   { info->spacing_um[0], info->spacing_um[1], info->spacing_um[2] },
				   info->spacing_known == SCAN_READ, &info->place };
	int rc = given->bone ? check_one(given->bone, &of, err) : 0;

	return rc < 0 || !given->tv ? rc : check_one(given->tv, &of, err);
}

static bool is_in(const struct block *mask, const int first[3], int x, int y, int z)
{
	return mask->mask[grid_at(&mask->grid, x + first[0], y + first[1], z + first[2])] != 0;
}

/* Has every slice of the VOI a voxel of the mask? Beside the block none is asked for. */
static bool in_all_slices(const struct block *mask, const struct segment *s)
{
	const struct grid *g = &s->grey.grid;

	for (int z = s->first; z <= s->last; z++) {
		bool any = false;
		for (int y = 0; y < g->n[1] && !any; y++)
			for (int x = 0; x < g->n[0] && !any; x++)
				any = is_in(mask, s->grey.first, x, y, z);
		if (!any)
			return false;
	}
	return true;
}

static void doubt(const struct given_masks *given, struct segment *s)
{
	if (given->bone && given->bone->several)
		segment_doubt(s, BLOCK_SEVERAL);
	if (given->bone && !in_all_slices(given->bone, s))
		segment_doubt(s, "the mask has no bone in some slices of the VOI");
	if (given->tv && !in_all_slices(given->tv, s))
		segment_doubt(s, "the TV that was given is missing in some slices of the VOI");
}

void given_masks_take(const struct given_masks *given, struct segment *s)
{
	const struct grid *g = &s->grey.grid;
	const double low = grey_raw(&s->grey, s->trabecular), high = grey_raw(&s->grey, s->cortical);
	size_t i = 0;

	doubt(given, s);
	for (int z = 0; z < g->n[2]; z++)
		for (int y = 0; y < g->n[1]; y++)
			for (int x = 0; x < g->n[0]; x++, i++) {
				bool inside = s->cortex[i] || s->tv[i];
				if (given->tv) {
					const bool tv = is_in(given->tv, s->grey.first, x, y, z),
						   before = s->tv[i] != 0;
					inside = inside || tv;
					s->tv[i] = tv;
					s->cortex[i] = inside && !tv;
					s->wall[i] = !tv;
					if (tv != before)
						s->bone[i] = inside && s->grey.v[i] >= (tv ? low : high);
				}
				if (given->bone)
					s->bone[i] = inside && is_in(given->bone, s->grey.first, x, y, z);
			}
}
