#include "heavy/volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "resample/resample.h"

static bool is_pitch(double um)
{
	return fabs(um - SLICE_PITCH_UM) < 1e-3 * SLICE_PITCH_UM;
}

/* Values that are no HU are stretched as the frame says, so that medium and bone lie where HU have them. */
static void grey(struct heavy_volume *v, const struct scan_info *info, const struct frame *frame)
{
	v->scale = info->slope;
	v->offset = info->intercept;
	if (frame->flags & FRAME_GREY_RESCALED) {
		v->scale = (SLICE_HU_HI - SLICE_HU_LO) / (frame->raw_hi - frame->raw_lo);
		v->offset = SLICE_HU_LO - frame->raw_lo * v->scale;
	}
}

int heavy_volume_open(struct scan *scan, const struct frame *frame, struct heavy_volume *out, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct heavy_volume *v = out;
	double nx = rint(info->nx * info->spacing_um[0] / SLICE_PITCH_UM);
	double ny = rint(info->ny * info->spacing_um[1] / SLICE_PITCH_UM);

	*v = (struct heavy_volume){ .scan = scan, .frame = frame, .have = { -1, -1 } };
	v->plain = is_pitch(info->spacing_um[0]) && is_pitch(info->spacing_um[1]);
	if (v->plain) {
		nx = info->nx;
		ny = info->ny;
	}
	if (!(nx >= 32 && ny >= 32 && nx <= HEAVY_SIDE_MAX && ny <= HEAVY_SIDE_MAX &&
	      frame->nslices <= HEAVY_SLICES_MAX))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: %.0f x %.0f x %d voxels of 10 um are not a size the heavy networks "
			       "know; crop the scan to the bone",
			       info->path, nx, ny, frame->nslices);
	v->nx = (int)nx;
	v->ny = (int)ny;
	v->nz = frame->nslices;
	grey(v, info, frame);
	size_t floats = (size_t)v->nx * (size_t)v->ny, slab = 0;
	if (size_mul3((size_t)info->nx, (size_t)info->ny, sizeof *v->slab, &slab))
		v->slab = malloc(slab);
	for (int i = 0; i < 2; i++)
		v->plane[i] = malloc(floats * sizeof(float));
	if (!v->plain) {
		v->box[0] = malloc(resample_bytes(info->nx, v->nx));
		v->box[1] = malloc(resample_bytes(info->ny, v->ny));
		v->scratch = malloc(resample_scratch(info->nx, v->nx));
	}
	if (v->slab && v->plane[0] && v->plane[1] && (v->plain || (v->box[0] && v->box[1] && v->scratch)))
		return 0;
	heavy_volume_close(v);
	return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the heavy networks", info->path);
}

void heavy_volume_close(struct heavy_volume *volume)
{
	free(volume->slab);
	free(volume->plane[0]);
	free(volume->plane[1]);
	free(volume->box[0]);
	free(volume->box[1]);
	free(volume->scratch);
	*volume = (struct heavy_volume){ 0 };
}

static void across(struct heavy_volume *v, const int16_t *slab, float *out)
{
	const struct scan_info *info = scan_info(v->scan);
	size_t n = (size_t)v->nx * (size_t)v->ny;
	struct resample_range range = { INT16_MIN, INT16_MAX, 0 };
	struct resample bx, by;

	if (v->plain) {
		for (size_t i = 0; i < n; i++)
			out[i] = (float)(slab[i] * v->scale + v->offset);
		return;
	}
	resample_init(&bx, v->box[0], info->nx, 0, info->nx, v->nx);
	resample_init(&by, v->box[1], info->ny, 0, info->ny, v->ny);
	resample_reduce(&bx, &by, slab + (size_t)by.begin * (size_t)info->nx, info->nx, range, v->scratch, out);
	for (size_t i = 0; i < n; i++)
		out[i] = (float)(out[i] * v->scale + v->offset);
}

/* Slice u of the scan, counted from the distal end. */
static int fetch(struct heavy_volume *v, int u, const float **out, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(v->scan);
	int z = v->frame->flags & FRAME_FLIPPED_Z ? info->nz - 1 - u : u;
	const int16_t *slab;

	for (int i = 0; i < 2; i++)
		if (v->have[i] == z) {
			v->oldest = 1 - i;
			*out = v->plane[i];
			return 0;
		}
	int rc = scan_rows(v->scan, z, 0, info->ny, v->slab, &slab, err);
	if (rc < 0)
		return rc;
	int slot = v->oldest;
	across(v, slab, v->plane[slot]);
	v->have[slot] = z;
	v->oldest = 1 - slot;
	*out = v->plane[slot];
	return 0;
}

/* Slices of the scan that make slice k, and their weights: an average where they are thinner than 10 um, else linear
 * interpolation at its middle. */
int heavy_volume_slice(struct heavy_volume *v, int k, float *out, struct gppi_error *err)
{
	double per = v->frame->native_per_slice;
	int last = scan_info(v->scan)->nz - 1;
	size_t n = (size_t)v->nx * (size_t)v->ny;
	const float *from;
	int rc = 0;

	if (per == 1) {
		rc = fetch(v, k, &from, err);
		if (rc == 0)
			memcpy(out, from, n * sizeof *out);
		return rc;
	}
	double lo = k * per, hi = (k + 1) * per;
	if (per < 1) { /* the tent around the middle */
		lo = fmin(fmax((k + 0.5) * per - 0.5, 0), last);
		hi = lo + 1;
	}
	lo = fmin(lo, last);
	hi = fmin(hi, last + 1.0);
	memset(out, 0, n * sizeof *out);
	for (int u = (int)floor(lo); u < hi && rc == 0; u++) {
		float weight = (float)((fmin(hi, u + 1.0) - fmax(lo, u)) / (hi - lo));
		rc = fetch(v, u, &from, err);
		for (size_t i = 0; i < n && rc == 0; i++)
			out[i] += weight * from[i];
	}
	return rc;
}
