/* frame_locate(): the coarse pass put together. */
#include "find/frame.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "find/femur.h"
#include "find/overview.h"
#include "find/levels.h"
#include "find/lying.h"
#include "find/outline.h"

#define PITCH_TOLERANCE 0.03 /* spacing this close to 10 um: one file slice per slice */
#define NSLICES_MAX 1000000
#define TILT_MAX_DEG 12.5
#define SHORT_UM 2200.0
#define LENGTH_MAX_MM 60.0   /* of mice and rats; all costs grow with the length */
/* Levels of a real calibrated scan (marrow, compact bone) that rescaled windows aim at. */
#define HU_MEDIUM (-760.0)
#define HU_BONE 1680.0
#define CONTRAST_HU_MIN 500.0      /* bone against medium */
#define CONTRAST_TO_NOISE_MIN 5.0 /* noise of coarse voxels */
#define HU_BONE_MIN 500.0
#define HU_BONE_MAX 4500.0
#define HU_MEDIUM_MIN (-1450.0)
#define HU_MEDIUM_MAX 600.0

/* The levels are refined on the bone and its surroundings within its bounding box. */
static void refine(const struct overview *c, const struct femur *femur, struct levels *lv)
{
	struct levels_box box = { { c->nx, c->ny, femur->z0 }, { -1, -1, femur->z1 } };

	for (int z = femur->z0; z <= femur->z1; z++)
		for (int y = 0; y < c->ny; y++) {
			const uint8_t *m = femur->mask + ((size_t)z * (size_t)c->ny + (size_t)y) * (size_t)c->nx;
			const uint8_t *first = memchr(m, 1, (size_t)c->nx), *last = m + c->nx - 1;
			if (!first)
				continue;
			while (!*last)
				last--;
			box.lo[0] = first - m < box.lo[0] ? (int)(first - m) : box.lo[0];
			box.hi[0] = last - m > box.hi[0] ? (int)(last - m) : box.hi[0];
			box.lo[1] = y < box.lo[1] ? y : box.lo[1];
			box.hi[1] = y > box.hi[1] ? y : box.hi[1];
		}
	levels_refine(c, femur->mask, &box, lv);
}

static double in_units(const struct overview *c, double value)
{
	return value * c->slope + c->intercept;
}

static int no_bone(const struct scan_info *info, const char *why, struct gppi_error *err)
{
	return err_set(err, GPPI_E_NOBONE, "%s: no bone found: %s; check that this is a scan of a femur",
		       info->path, why);
}

/* Levels of the whole volume and what they show: 1 bone, 0 none (*why says it), or negative. */
static int first_look(const struct overview *c, struct levels *lv, struct femur *femur, const char **why)
{
	/* Metal is brighter than bone. Where no large component is found, brighter voxels are left out. */
	static const double top[] = { 0.999, 0.99, 0.97 };
	int rc = 0;

	*why = "nothing stands out from noise and background";
	for (int i = 0; i < 3 && rc == 0; i++)
		if (levels_split(c->value, overview_count(c), top[i], c->threads, lv)) {
			rc = femur_find(c, lv->threshold, femur);
			*why = "nothing bright is large enough";
		}
	return rc;
}

/* Finds levels and bone, in two rounds: global levels find the bone, the levels around it
 * give the final threshold. */
static int find_bone(const struct scan_info *info, const struct overview *c, struct levels *lv,
		     struct femur *femur, struct gppi_error *err)
{
	const char *why;
	int rc = first_look(c, lv, femur, &why);

	if (rc > 0) {
		refine(c, femur, lv);
		free(femur->mask);
		femur->mask = NULL;
		rc = femur_find(c, lv->threshold, femur);
	}
	if (rc < 0)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory to look for the bone", info->path);
	if (rc == 0)
		return no_bone(info, why, err);
	double mm = (femur->z1 - femur->z0 + 1) * c->um[2] / 1000;
	if (mm > LENGTH_MAX_MM)
		return err_set(err, GPPI_E_NOBONE,
			       "%s: what could be the bone is %.0f mm long with voxels of %.4g um, but a "
			       "mouse femur has about 15; check the voxel size (--voxel-um)",
			       info->path, mm, info->spacing_um[2]);
	if (femur->side_share > 0.9)
		return no_bone(info, "the only large bright object lies along the side of the volume", err);
	if (lv->bone - lv->medium < CONTRAST_TO_NOISE_MIN * levels_noise(c, lv))
		return no_bone(info, "what is bright is no brighter than noise", err);
	double high = in_units(c, lv->bone), low = in_units(c, lv->medium);
	/* 8-bit exports that claim to be HU have no such scale; a medium below -200 proves one. */
	bool real_hu = info->unit == SCAN_UNIT_HU && !strstr(info->voxel_type, "int8");
	if (real_hu && (high - low < CONTRAST_HU_MIN || (low < -200 && high < HU_BONE_MIN)))
		return no_bone(info, "the brightest object is not dense enough for bone", err);
	return 0;
}

static void set_pitch(const struct scan_info *info, struct frame *f)
{
	double per = SLICE_PITCH_UM / info->spacing_um[2];

	f->native_nz = info->nz;
	f->native_per_slice = fabs(per - 1) <= PITCH_TOLERANCE ? 1 : per;
	f->nslices = (int)lround(fmin(fmax(info->nz / f->native_per_slice, 1), NSLICES_MAX));
}

static void set_window(const struct scan_info *info, const struct overview *c, const struct levels *lv, struct frame *f)
{
	double lo = SLICE_HU_LO, hi = SLICE_HU_HI, bone = in_units(c, lv->bone), medium = in_units(c, lv->medium);

	f->bone_value = bone;
	f->medium_value = medium;
	if (info->unit != SCAN_UNIT_HU || bone < HU_BONE_MIN || bone > HU_BONE_MAX || medium < HU_MEDIUM_MIN ||
	    medium > HU_MEDIUM_MAX) {
		double unit = (bone - medium) / (HU_BONE - HU_MEDIUM);
		lo = medium + (SLICE_HU_LO - HU_MEDIUM) * unit;
		hi = medium + (SLICE_HU_HI - HU_MEDIUM) * unit;
		f->flags |= FRAME_GREY_RESCALED;
	}
	f->raw_lo = (lo - info->intercept) / info->slope;
	f->raw_hi = (hi - info->intercept) / info->slope;
}

static int clamp_slice(const struct frame *f, double k)
{
	return (int)lround(fmin(fmax(k, 0), f->nslices - 1));
}

/* Coarse slice i stands for native i*step .. (i+1)*step. */
static void set_range(const struct overview *c, const struct femur *femur, struct frame *f)
{
	double a = frame_to_canonical(f, femur->z0 * c->step[2]);
	double b = frame_to_canonical(f, (femur->z1 + 1) * c->step[2] - 1);

	f->bone_first = clamp_slice(f, fmin(a, b));
	f->bone_last = clamp_slice(f, fmax(a, b));
}

static struct frame_square to_square(const struct scan_info *info, struct outline_square sq)
{
	return (struct frame_square){ sq.cx, sq.cy, sq.side_um / info->spacing_um[0],
				      sq.side_um / info->spacing_um[1], sq.side_um };
}

static void set_square(struct frame *f, struct frame_square sq)
{
	f->cx = sq.cx;
	f->cy = sq.cy;
	f->side_x = sq.side_x;
	f->side_y = sq.side_y;
	f->side_um = sq.side_um;
}

static struct frame_axis to_axis(struct outline_axis a)
{
	return (struct frame_axis){ a.tilt_deg, { a.at[0], a.at[1] }, { a.slope[0], a.slope[1] } };
}

/* With what it says of the bone. */
static void set_axis(struct frame *f, struct frame_axis axis)
{
	f->tilt_deg = axis.tilt_deg;
	memcpy(f->axis_at, axis.at, sizeof f->axis_at);
	memcpy(f->axis_slope, axis.slope, sizeof f->axis_slope);
	f->flags &= ~(unsigned)FRAME_TILTED;
	f->flags |= f->tilt_deg > TILT_MAX_DEG ? FRAME_TILTED : 0u;
}

static int set_shape(const struct scan_info *info, const struct overview *c, const struct femur *femur,
		     const struct levels *lv, struct frame *f, struct gppi_error *err)
{
	struct outline o;
	int rc = outline_measure(c, femur, lv, &o);

	if (rc < 0) {
		outline_free(&o);
		return err_set(err, rc, "%s: not enough memory to measure the bone", info->path);
	}
	struct outline_end end = outline_distal_end(c, femur, &o);
	set_square(f, to_square(info, outline_square(c, femur, end.flipped)));
	f->other = to_square(info, outline_square(c, femur, !end.flipped));
	struct outline_axis axis = outline_axis(c, femur, &o, end.flipped),
			    other = outline_axis(c, femur, &o, !end.flipped);
	set_axis(f, to_axis(axis));
	f->other_axis = to_axis(other);
	f->flags |= (end.flipped ? FRAME_FLIPPED_Z : 0u) | (end.unsure ? FRAME_END_UNSURE : 0u) |
		    (end.no_femur ? FRAME_NOT_FEMUR : 0u) | (end.cut_distal ? FRAME_CUT_DISTAL : 0u) |
		    (axis.known ? 0u : FRAME_NO_AXIS) |
		    (femur->side_slices >= 2 ? FRAME_SIDE_CUT : 0u) |
		    ((femur->z1 - femur->z0 + 1) * c->um[2] < SHORT_UM ? FRAME_SHORT : 0u);
	outline_free(&o);
	return 0;
}

int frame_locate_in(const struct scan_info *info, const struct overview *c, struct frame *out,
		    struct gppi_error *err)
{
	struct levels lv = { 0 };
	struct femur femur = { 0 };
	int rc;

	memset(out, 0, sizeof *out);
	rc = find_bone(info, c, &lv, &femur, err);
	int lying = lv.bone > lv.medium ? lying_axis(c, rc < 0 ? NULL : femur.mask, lv.threshold) : -1;
	if (rc == GPPI_E_NOBONE && lying >= 0)
		rc = err_set(err, rc, "%s: no bone found along z: it lies along %c; reslice it, or give --axis %c",
			     info->path, "xy"[lying], "xy"[lying]);
	if (rc < 0)
		goto out;
	if (lying >= 0)
		out->flags |= lying == 0 ? FRAME_ALONG_X : FRAME_ALONG_Y;
	set_pitch(info, out);
	set_window(info, c, &lv, out);
	rc = set_shape(info, c, &femur, &lv, out, err);
	if (rc == 0)
		set_range(c, &femur, out);
out:
	free(femur.mask);
	/* Loops without a return code end early after a request to stop: their counts are incomplete. */
	return stop_asked(err) < 0 ? GPPI_E_CANCELLED : rc;
}

int frame_locate(struct scan *scan, int threads, struct frame *out, struct gppi_error *err)
{
	struct overview c;
	int rc;

	memset(out, 0, sizeof *out);
	rc = overview_read(scan, threads, &c, err);
	if (rc < 0)
		return rc;
	rc = frame_locate_in(scan_info(scan), &c, out, err);
	overview_free(&c);
	return rc;
}

struct frame frame_turned(const struct frame *frame)
{
	struct frame t = *frame;

	t.flags = (frame->flags ^ FRAME_FLIPPED_Z) & ~(unsigned)FRAME_CUT_DISTAL;
	t.bone_first = frame->nslices - 1 - frame->bone_last;
	t.bone_last = frame->nslices - 1 - frame->bone_first;
	set_square(&t, frame->other);
	t.other = (struct frame_square){ frame->cx, frame->cy, frame->side_x, frame->side_y, frame->side_um };
	set_axis(&t, frame->other_axis);
	t.other_axis = (struct frame_axis){ frame->tilt_deg, { frame->axis_at[0], frame->axis_at[1] },
					    { frame->axis_slope[0], frame->axis_slope[1] } };
	return t;
}

double frame_to_native(const struct frame *frame, double canonical)
{
	double z = (canonical + 0.5) * frame->native_per_slice - 0.5;
	return frame->flags & FRAME_FLIPPED_Z ? frame->native_nz - 1 - z : z;
}

double frame_to_canonical(const struct frame *frame, double native)
{
	double z = frame->flags & FRAME_FLIPPED_Z ? frame->native_nz - 1 - native : native;
	return (z + 0.5) / frame->native_per_slice - 0.5;
}
