/* holder_locate(): one bone's part of the coarse copy of a holder. */
#include "find/holder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* First coarse voxel of a box and their number; false where the box is too large for a coarse copy. */
static bool cells(int first, int n, double step, int most, int *at, int *count)
{
	*at = (int)lround(first / step);
	*count = (int)lround((first + n) / step) - *at;
	if (*at + *count > most)
		*count = most - *at;
	return *at >= 0 && *count >= 1 && *count <= OVERVIEW_MAX;
}

static int cut(const struct overview *c, const int at[2], struct overview *part)
{
	size_t row = (size_t)part->nx;

	part->value = malloc(overview_count(part) * sizeof *part->value);
	part->z = malloc((size_t)part->nz * sizeof *part->z);
	if (!part->value || !part->z)
		return GPPI_E_NOMEM;
	memcpy(part->z, c->z, (size_t)part->nz * sizeof *part->z);
	for (int z = 0; z < part->nz; z++)
		for (int y = 0; y < part->ny; y++)
			memcpy(part->value + ((size_t)z * (size_t)part->ny + (size_t)y) * row,
			       c->value + ((size_t)z * (size_t)c->ny + (size_t)(at[1] + y)) * (size_t)c->nx + at[0],
			       row * sizeof *part->value);
	return 0;
}

int holder_locate(const struct scan_info *info, const struct overview *c, const struct crop *box,
		  struct frame *out, struct gppi_error *err)
{
	struct overview part = *c;
	int at[2], rc;

	part.value = NULL;
	part.z = NULL;
	if (!cells(box->x0, box->nx, c->step[0], c->nx, &at[0], &part.nx) ||
	    !cells(box->y0, box->ny, c->step[1], c->ny, &at[1], &part.ny))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: one of its bones is too large", info->path);
	rc = cut(c, at, &part);
	if (rc < 0) {
		err_set(err, rc, "%s: not enough memory to look for a bone", info->path);
	} else {
		rc = frame_locate_in(info, &part, out, err);
		/* Coarse voxels may begin between voxels. */
		double dx = at[0] * c->step[0] - box->x0, dy = at[1] * c->step[1] - box->y0;
		out->cx += dx;
		out->cy += dy;
		out->other.cx += dx;
		out->other.cy += dy;
	}
	overview_free(&part);
	return rc;
}
