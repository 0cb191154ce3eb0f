/* The scan of a sorted DICOM series: scale, facts and doubts. */
#include "scan/series_pixels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Share of the voxels that have the padding value, where it is one that was measured elsewhere, too. */
#define PADDING_LEAST 0.01

static int series_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out,
		       struct gppi_error *err)
{
	struct series_pixels *s = self;
	int rc = 0, first;
	for (int z = 0; z < nz && rc == 0; z++)
		rc = series_pixels_rows(s, z0 + z, 0, s->ny, scratch + (size_t)z * (size_t)s->nx * (size_t)s->ny,
			       &first, err);
	*out = scratch;
	return rc;
}

static int series_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		       struct gppi_error *err)
{
	struct series_pixels *s = self;
	int first, rc = series_pixels_rows(s, z, y0, ny, scratch, &first, err);
	*out = scratch + (size_t)(y0 - first) * (size_t)s->nx;
	return rc;
}

static void series_close(void *self)
{
	series_pixels_free(self);
}

static bool series_slice_file(const void *self, int z, struct scan_slice_file *out)
{
	const struct series_pixels *s = self;
	const struct series_pixel_slice *sl = &s->slices[z];
	*out = (struct scan_slice_file){ s->files[sl->file], sl->frame, sl->frames };
	return true;
}

static bool series_any_order(const void *self)
{
	(void)self;
	return true;
}

/* Of compressed files only whole slices can be read. */
static const struct scan_ops packed_ops = { .slab = series_slab, .any_order = series_any_order,
					    .dicom_slice = series_slice_file, .close = series_close };
static const struct scan_ops series_ops = { .slab = series_slab, .rows = series_rows, .any_order = series_any_order,
					    .dicom_slice = series_slice_file, .close = series_close };

/* Chooses the slope and intercept of the raw values from those of the slices. */
static void choose_scale(struct series_pixels *s, int n, bool hu)
{
	double lo = INFINITY, hi = -INFINITY;
	double least = s->is_signed ? -(double)(1 << (s->bits_stored - 1)) : 0.0;
	double most = least + (double)(1 << s->bits_stored) - 1.0;
	s->common = true;
	for (int i = 0; i < n; i++) {
		double a = s->slices[i].slope, b = s->slices[i].intercept;
		lo = fmin(lo, fmin(least * a, most * a) + b);
		hi = fmax(hi, fmax(least * a, most * a) + b);
		s->common = s->common && fabs(a - s->slices[0].slope) <= 1e-9 * fabs(a) &&
			    fabs(b - s->slices[0].intercept) <= 1e-9 * fabs(b);
	}
	if (s->common) {
		s->offset = !s->is_signed && s->bits_stored == 16 ? 32768 : 0;
		s->slope = s->slices[0].slope;
		s->intercept = s->slices[0].intercept + s->offset * s->slope;
	} else if (hu || (hi - lo >= 1000.0 && lo >= -32768.0 && hi <= 32767.0)) {
		s->slope = 1.0; /* HU beyond int16 do not occur and are clamped */
	} else {
		s->slope = (hi - lo) / 65534.0;
		s->intercept = lo + 32767.0 * s->slope;
	}
}

/* Hounsfield units: as the file says, or a CT that says nothing of its units, with values below water. */
static bool is_hu(const struct series_pixels *s, const struct dicom_object *o)
{
	return o->hu || (o->ct && (s->is_signed || o->frame[0].intercept < 0.0));
}

/* Photometric interpretation is about showing pictures: measured values stay as they are. Where their meaning is not
 * known, the air around the bone, which most voxels show, must be dark. */
static bool must_invert(const struct dicom_object *o, const struct series_look *look, bool hu)
{
	return o->monochrome1 && !hu && (!look->seen || look->mostly_bright);
}

/* The raw value of the lowest stored one. */
static int16_t lowest_raw(const struct series_pixels *s, const struct series_look *look)
{
	int top = s->is_signed ? -1 : (int)((1u << s->bits_stored) - 1);
	const struct series_pixel_slice *sl = &s->slices[s->nz / 2];
	bool falls = s->inverted != (sl->slope < 0.0);
	int stored = falls ? look->highest : look->lowest;
	stored = s->inverted ? top - stored : stored;
	double raw = s->common ? stored - s->offset
			       : (stored * sl->slope + sl->intercept - s->intercept) / s->slope;
	return (int16_t)fmax(-32768.0, fmin(32767.0, floor(raw + 0.5)));
}

/* What is lower than all that was measured stays as it is, which costs nothing. False: no padding is looked for. */
static bool choose_padding(struct series_pixels *s, const struct dicom_object *o, const struct series_look *look)
{
	bool low = !s->inverted && s->slices[0].slope > 0.0 && o->padding[1] <= look->lowest, any = false;
	/* Some writers put any number there, 0 above all. */
	bool meant = look->padding >= PADDING_LEAST || o->padding[1] <= look->lowest || o->padding[0] >= look->highest;
	for (int i = 0; i < s->nz; i++) {
		s->slices[i].padded = s->slices[i].padded && look->seen && !low && meant;
		if (look->wide)
			s->slices[i].padding_bits = (1u << s->bits_allocated) - 1;
		any = any || s->slices[i].padded;
	}
	return any;
}

static void note(const struct series_pixels *s, const struct dicom_object *o, const struct series_look *look,
		 struct scan_info *info)
{
	if (o->monochrome1)
		scan_note(info, "photometric: MONOCHROME1, %s", s->inverted ? "inverted" : "values as they are");
	if (!s->common)
		scan_note(info, "rescale: differs between slices");
	if (s->slices[0].padded)
		scan_note(info, "padding: %d becomes the lowest value", o->padding[0]);
	if (o->odd[0])
		scan_note(info, "no number: %s", o->odd);
	if (look->wide)
		scan_doubt(info, "BitsStored is %d, but the voxels use more bits: all %d are read", o->bits_stored,
			   s->bits_stored);
	if (look->other_sign)
		scan_doubt(info, "PixelRepresentation says %s, but the voxels are %s: read so",
			   s->is_signed ? "unsigned" : "signed", s->is_signed ? "signed" : "unsigned");
}

static void doubt_steps(const struct series_steps *steps, struct scan_info *info)
{
	if (steps->uneven)
		scan_doubt(info, "the distance of slices changes from %.4g to %.4g mm: mm and VOI are not exact",
			   steps->least_mm, steps->most_mm);
	if (steps->two_passes)
		scan_doubt(info, "slices of two passes lie between each other: keep one pass of the series");
}

static void fill_info(const struct series_pixels *s, const struct series_slice *slices, int n,
		      const struct series_steps *steps, const char *path, struct scan_info *info)
{
	const struct dicom_object *o = slices[0].object;
	const double um[3] = { o->spacing_mm[0] * 1e3, o->spacing_mm[1] * 1e3, steps->z_mm * 1e3 };
	snprintf(info->format, sizeof info->format, "DICOM%s", s->keep_open ? " multi-frame" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	info->nx = s->nx;
	info->ny = s->ny;
	info->nz = n;
	info->slope = s->slope;
	info->decoded_bytes = (size_t)s->bits_allocated / 8;
	info->intercept = s->intercept;
	info->unit = is_hu(s, o) ? SCAN_UNIT_HU : SCAN_UNIT_UNKNOWN;
	snprintf(info->voxel_type, sizeof info->voxel_type, "%sint%d", s->is_signed ? "" : "u",
		 s->bits_allocated);
	snprintf(info->encoding, sizeof info->encoding, "%s", o->transfer);
	snprintf(info->detail, sizeof info->detail, "%s", o->facts);
	info->file_bytes = 0;
	for (int i = 0; i < n; i++)
		info->file_bytes += i && slices[i - 1].object == slices[i].object ? 0 : slices[i].object->file_bytes;
	/* The thickness of a slice is no distance: it may well differ. */
	const double between[3] = { 0.0, 0.0, steps->by_position ? o->between_mm * 1e3 : 0.0 };
	spacing_take_two(info, um, "position", between, "header");
	const double said[3] = { o->spacing_zero ? 0.0 : NAN, NAN, NAN };
	spacing_zero(info, said);
}

int series_scan_open(const struct series_slice *slices, int n, const struct series_steps *steps, const char *path,
		     struct scan *scan, struct gppi_error *err)
{
	const struct dicom_object *o = slices[0].object;
	struct series_look look;
	struct series_pixels *s = series_pixels_new(slices, n);
	int rc = s ? 0 : err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	if (rc == 0 && s->reopened > SERIES_REOPENED_MOST)
		rc = err_set(err, GPPI_E_UNSUPPORTED, "%s: slices of more than %d large files take turns; export them "
			     "as one file", path, SERIES_IDLE_MAX);
	if (rc == 0)
		rc = series_look(s, &look, err);
	if (rc < 0) {
		if (s)
			series_pixels_free(s);
		return rc;
	}
	bool hu = is_hu(s, o);
	s->inverted = must_invert(o, &look, hu);
	choose_scale(s, n, hu);
	bool padded = choose_padding(s, o, &look);
	s->lowest = lowest_raw(s, &look);
	s->as_is = s->common && s->offset == 0 && s->is_signed && !s->inverted && !padded &&
		   s->bits_allocated == 16 && s->bits_stored == 16;
	fill_info(s, slices, n, steps, path, &scan->info);
	note(s, o, &look, &scan->info);
	doubt_steps(steps, &scan->info);
	series_place(slices, n, steps->z_mm, &scan->info.place);
	scan->ops = s->plain ? &series_ops : &packed_ops;
	scan->self = s;
	return 0;
}
