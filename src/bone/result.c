#include "bone/result.h"

#include "bone/voi.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What the coarse pass noticed: how much confidence is left (by hand), and what a person can do; some of it only
 * where the plane is in doubt anyway: a plate that all networks see clearly is in the scan, and its grey values are
 * good enough. Of 500 synthetic bones those askew, cut, at a side or of odd grey values were right as often as the
 * networks' confidence said, so that these cost next to nothing; askew is named all the same, for the VOI's sake.
 * A flipped volume is no doubt: it is answered in its own index. */
static const struct {
	double keep;
	const char *text;
	unsigned flag;
	bool in_doubt;
} notice[] = {
	{ 0.5, "no widening towards one end: is this the knee end of a femur?", FRAME_NOT_FEMUR, false },
	{ 0.7, "which end is the knee is not clear: check the direction on the picture", FRAME_END_UNSURE, false },
	{ 0.98, "bone is cut off at the knee end: check that the growth plate is in the scan", FRAME_CUT_DISTAL, true },
	{ 0.98, "grey values are no usual Hounsfield units: check the calibration", FRAME_GREY_RESCALED, true },
	{ 0.95, "bone lies askew to the z axis: check the plane, mount it straighter", FRAME_TILTED, false },
	{ 0.98, "bone touches the side of the volume: crop wider if a part is missing", FRAME_SIDE_CUT, true },
	{ 0.9, "bone is short: check that the shaft reaches beyond the VOI", FRAME_SHORT, false },
};

/* Where nothing has the shape of a femur, a plane must be this sure of itself to be shown. */
#define SURE_WITHOUT_SHAPE 0.35
#define NONE_CONFIDENCE 0.02
#define KEPT_WHERE_LYING 0.1 /* of the confidence */
#define VOI_WHOLE 0.999
#define COUNT_MAX 1e9 /* pitches may be absurdly small */

__attribute__((format(printf, 2, 3)))
static void reason(struct gppi_result *r, const char *fmt, ...)
{
	if (r->nreasons >= GPPI_MAX_REASONS)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(r->reason[r->nreasons++], sizeof r->reason[0], fmt, ap);
	va_end(ap);
}

double result_voi(int gppi, int shaft_first, int nz, double pitch_um, double offset_um,
		  double length_um, int *first, int *last)
{
	double count = fmax(1, round(length_um / pitch_um));
	double near = round(offset_um / pitch_um), far = near + count - 1;
	double low = shaft_first ? gppi - far : gppi + near;
	double high = shaft_first ? gppi - near : gppi + far;

	*first = *last = -1;
	low = fmax(low, 0);
	high = fmin(high, nz - 1);
	if (!(low <= high))
		return 0;
	*first = (int)low;
	*last = (int)high;
	return (high - low + 1) / count;
}

void result_doubt(struct gppi_result *out, const struct scan_info *scan)
{
	int n = scan->ndoubts, kept = out->nreasons;

	kept = kept < GPPI_MAX_REASONS - n ? kept : GPPI_MAX_REASONS - n;
	memmove(out->reason[n], out->reason[0], (size_t)kept * sizeof out->reason[0]);
	for (int i = 0; i < n; i++)
		snprintf(out->reason[i], sizeof out->reason[i], "%s", scan->doubt[i]);
	out->nreasons = kept + n;
}

static double native(const struct frame *frame, double canonical)
{
	return isnan(canonical) ? NAN : frame_to_native(frame, canonical);
}

static void fill_planes(struct gppi_result *out, const struct frame *f, const struct plane_result *p)
{
	out->shaft_first = (f->flags & FRAME_FLIPPED_Z) != 0;
	out->tilt_deg = f->tilt_deg;
	out->longaxis_plane = native(f, p->longaxis_plane);
	out->longaxis_none = p->longaxis_none;
	out->rival_plane = native(f, p->rival);
	out->near = p->near;
	out->sv_rough = native(f, p->sv_rough < 0 ? NAN : p->sv_rough);
	out->sv_plane = native(f, p->sv_plane);
	out->cw_plane = native(f, p->cw_plane);
	out->cw_likelihood_plane = native(f, p->cw_likelihood_plane);
	out->nfolds = p->nfolds < GPPI_MAX_FOLDS ? p->nfolds : GPPI_MAX_FOLDS;
	for (int i = 0; i < out->nfolds; i++)
		out->sv_fold[i] = native(f, p->sv_fold[i]);
	out->sv_peak = p->sv_peak;
	out->sv_runs = p->sv_runs;
	out->cw_sharpness = p->cw_sharpness;
}

static bool in_um(const struct gppi_voi *voi)
{
	return voi->offset_unit == GPPI_VOI_UM || voi->length_unit == GPPI_VOI_UM;
}

/* Distances in mm and um hang on the voxel size. Where it is assumed no mm of the plane are given, so that only a VOI
 * in um is in question (measures: bone/measure.c); where the file's own is in doubt everything is. */
static void fill_spacing_reason(struct gppi_result *out, bool found)
{
	if (out->spacing_doubt[0])
		reason(out, "voxel size in doubt: %s", out->spacing_doubt);
	if (found && out->spacing_known == GPPI_SPACING_ASSUMED && in_um(&out->voi))
		reason(out, "voxel size not stated, %g um assumed for the VOI: give it with --voxel-um",
		       out->spacing_um[2]);
}

/* Said before all else, and instead of what the networks say of slices along the bone: that is beside the point. */
static bool fill_axis_reason(struct gppi_result *out, const struct frame *f)
{
	if (!(f->flags & (FRAME_ALONG_X | FRAME_ALONG_Y)))
		return false;
	char axis = f->flags & FRAME_ALONG_X ? 'x' : 'y';
	out->confidence *= KEPT_WHERE_LYING;
	reason(out, "the bone lies along %c, not along z: reslice it, or give --axis %c", axis, axis);
	return true;
}

static void fill_reasons(struct gppi_result *out, const struct frame *f, const struct plane_result *p,
			 int dropped)
{
	out->nreasons = 0;
	bool lying = fill_axis_reason(out, f);
	fill_spacing_reason(out, !dropped && !isnan(p->plane));
	if (lying)
		return;
	if (dropped)
		reason(out, "no growth plate seen: is the knee end of the femur in the scan?");
	for (int i = 0; i < p->nreasons && !dropped; i++)
		reason(out, "%s", p->reason[i]);
	for (size_t i = 0; i < sizeof notice / sizeof *notice; i++)
		if (f->flags & notice[i].flag)
			out->confidence *= notice[i].keep;
	for (size_t i = 0; i < sizeof notice / sizeof *notice; i++)
		if ((f->flags & notice[i].flag) && (!notice[i].in_doubt || out->confidence < PLANE_CONFIDENT))
			reason(out, "%s", notice[i].text);
}

/* Slices with bone, in the file's own index. */
static void fill_bone(struct gppi_result *out, const struct frame *f)
{
	double a = frame_to_native(f, f->bone_first), b = frame_to_native(f, f->bone_last);
	int last = out->dims[2] - 1;

	out->bone_first = (int)fmin(fmax(round(fmin(a, b)), 0), last);
	out->bone_last = (int)fmin(fmax(round(fmax(a, b)), 0), last);
}

static int slices_of(double um, double pitch_um)
{
	return (int)fmin(fmax(round(um / pitch_um), -COUNT_MAX), COUNT_MAX);
}

static void place_voi(struct gppi_result *out, double offset_um, double length_um)
{
	int epiphysis = out->voi.side == GPPI_VOI_EPIPHYSIS;
	const char *more = epiphysis ? "the knee end" : "the shaft";

	out->voi_share = result_voi(out->gppi, epiphysis ? !out->shaft_first : out->shaft_first,
				    out->dims[2], out->spacing_um[2], offset_um, length_um,
				    &out->voi_first, &out->voi_last);
	if (out->voi_share == 0)
		reason(out, "the VOI lies outside the scan: scan more of %s", more);
	else if (out->voi_share < VOI_WHOLE)
		reason(out, "only %.0f %% of the VOI lies in the scan: scan more of %s",
		       floor(100 * out->voi_share), more);
}

void result_fill(struct gppi_result *out, const struct frame *f, const struct plane_result *p,
		 const struct gppi_options *opt)
{
	/* a heavy solution alone tells no confidence */
	int dropped = !isnan(p->plane) && (f->flags & FRAME_NOT_FEMUR) && !opt->heavy_alone &&
		      p->confidence < SURE_WITHOUT_SHAPE, nz = out->dims[2];
	double offset_um, length_um;

	fill_planes(out, f, p);
	out->confidence = dropped ? fmin(p->confidence, NONE_CONFIDENCE) : p->confidence;
	out->gppi = out->voi_first = out->voi_last = -1;
	out->gppi_exact = out->gppi_mm = NAN;
	out->voi = opt->voi;
	fill_reasons(out, f, p, dropped);
	fill_bone(out, f);
	const double length = (f->bone_last - f->bone_first + 1) * f->native_per_slice * out->spacing_um[2];
	voi_um(&opt->voi, out->spacing_um[2], length, &offset_um, &length_um);
	out->voi_offset = slices_of(offset_um, out->spacing_um[2]);
	out->voi_count = (int)fmax(1, slices_of(length_um, out->spacing_um[2]));
	if (dropped || isnan(p->plane))
		return;

	out->gppi_exact = fmin(fmax(native(f, p->plane), 0), nz - 1);
	out->gppi = (int)lround(out->gppi_exact);
	if (out->spacing_known != GPPI_SPACING_ASSUMED)
		out->gppi_mm = out->gppi * out->spacing_um[2] / 1000.0;
	place_voi(out, offset_um, length_um);
}
