#include "bone/knee.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 8         /* voxels around the bone */
#define BEFORE_MM 1.45   /* of the scan that is looked at: from the plane towards the knee, */
#define BEHIND_MM 1.6    /* and towards the shaft */
#define BEGIN_CONFIDENT 0.8 /* share of the area seen from which the plate's beginning is as sure as it can be */

/* Slices of a block the other way round. */
static int reverse(struct grey *g, struct gppi_error *err)
{
	const size_t n = (size_t)g->grid.n[0] * (size_t)g->grid.n[1];
	int16_t *spare = size_realloc(NULL, n, sizeof *spare);

	if (!spare)
		return err_set(err, GPPI_E_NOMEM, "out of memory for a slice");
	for (int a = 0, b = g->grid.n[2] - 1; a < b; a++, b--) {
		memcpy(spare, g->v + n * (size_t)a, n * sizeof *spare);
		memcpy(g->v + n * (size_t)a, g->v + n * (size_t)b, n * sizeof *spare);
		memcpy(g->v + n * (size_t)b, spare, n * sizeof *spare);
	}
	free(spare);
	return 0;
}

/* The block around the plane, from the knee to the shaft. */
static int read_block(struct bone *bone, int threads, struct bone_knee *out, struct grey *g, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(bone->scan);
	const struct frame *f = &bone->frame;
	const int all[3] = { info->nx, info->ny, info->nz };
	const double pitch = info->spacing_um[2] / 1000;
	int before = (int)lrint(BEFORE_MM / pitch), behind = (int)lrint(BEHIND_MM / pitch);

	out->place.step = bone->result.shaft_first ? -1 : 1;
	int lo[3] = { (int)floor(f->cx - f->side_x / 2) - MARGIN, (int)floor(f->cy - f->side_y / 2) - MARGIN,
		      bone->result.gppi - (out->place.step > 0 ? before : behind) };
	int hi[3] = { (int)ceil(f->cx + f->side_x / 2) + MARGIN, (int)ceil(f->cy + f->side_y / 2) + MARGIN,
		      bone->result.gppi + (out->place.step > 0 ? behind : before) };
	int n[3];
	for (int i = 0; i < 3; i++) {
		lo[i] = lo[i] < 0 ? 0 : lo[i];
		hi[i] = hi[i] < all[i] ? hi[i] : all[i] - 1;
		n[i] = hi[i] - lo[i] + 1;
		if (n[i] < 1)
			return err_set(err, GPPI_E_NOBONE, "%s: the bone does not meet the scan", info->path);
	}
	out->place.first[0] = lo[0];
	out->place.first[1] = lo[1];
	out->place.origin = out->place.step > 0 ? lo[2] : hi[2];
	int rc = grey_read(bone->scan, lo, n, threads, g, err);
	return rc >= 0 && out->place.step < 0 ? reverse(g, err) : rc;
}

static void to_scan(const struct bone_knee *k, struct landmark *l)
{
	l->slice = k->place.origin + k->place.step * l->slice;
}

static int find(const struct bone *bone, const struct grey *g, int threads, struct bone_knee *out,
		struct gppi_error *err)
{
	const double plane = (bone->result.gppi - out->place.origin) * out->place.step;
	struct knee knee;
	int rc = knee_make(g, grey_raw(g, bone->frame.bone_value), grey_raw(g, bone->frame.medium_value),
			   (int)lrint(plane),
			   threads, &knee, err);
	const struct plate_of of = { g, &knee, plane, threads };

	if (rc >= 0)
		rc = landmark_secondary(&knee, plane, &out->secondary, err);
	if (rc >= 0)
		rc = plate_find(&of, &out->plate, err);
	knee_free(&knee);
	if (rc < 0)
		return rc;
	const struct plate *p = &out->plate;
	out->begin = (struct landmark){ p->why ? NAN : p->first, fmin(p->seen / BEGIN_CONFIDENT, 1), p->why };
	plate_put(&out->place, p);
	to_scan(out, &out->secondary);
	to_scan(out, &out->begin);
	for (int i = 0; i < 2; i++)
		out->touch[i] = p->why ? NAN : out->place.first[i] + p->touch[i];
	return 0;
}

/* The VOI may be measured all the same. */
static int without_bone(int rc, struct bone_knee *out)
{
	if (rc != GPPI_E_NOBONE)
		return rc;
	out->plate.why = out->begin.why = out->secondary.why = "there is no bone around the plane";
	return 0;
}

int bone_knee_read(struct bone *bone, int threads, struct bone_knee *out, struct grey *grey, struct gppi_error *err)
{
	static const char uneven[] = "slices and pixels are not of one size";
	const struct scan_info *info = scan_info(bone->scan);

	*grey = (struct grey){ .v = NULL };
	*out = (struct bone_knee){ .place = { .step = 1, .hi = -1 }, .secondary = { NAN, 0, uneven },
				   .begin = { NAN, 0, uneven }, .plate = { .why = uneven } };
	if (fabs(info->spacing_um[0] - info->spacing_um[1]) > 0.01 * info->spacing_um[0])
		return 0;
	return without_bone(read_block(bone, threads, out, grey, err), out);
}

int bone_knee_find(const struct bone *bone, const struct grey *grey, int threads, struct bone_knee *out,
		   struct gppi_error *err)
{
	return grey->v ? without_bone(find(bone, grey, threads, out, err), out) : 0;
}

void bone_knee_free(struct bone_knee *k)
{
	plate_free(&k->plate);
}
