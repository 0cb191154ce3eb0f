/* The slabs of a sorted DICOM series. */
#define _POSIX_C_SOURCE 200809L
#include "scan/dicom_plain.h"
#include "scan/series.h"

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 8
#define BLOCK 512 /* pixels at a time, on the stack */
/* dcmtk keeps the compressed frames it has seen: a file is opened anew after this many. */
#define FRAMES_PER_OPEN 64

struct slice {
	int file, frame, frames; /* of the file */
	double slope, intercept;
};

struct handle {
	struct dicom_pixels *pixels;
	int used;
};

struct series {
	char (*files)[1024];
	struct slice *slices;
	int nx, ny, bits_allocated, bits_stored, high_bit;
	bool is_signed, inverted;
	bool common; /* one slope and intercept for all slices */
	int offset;  /* subtracted from stored values to fit int16 */
	double slope, intercept; /* of the raw values handed out */
	bool as_is;      /* common, and stored values are the raw values */
	bool plain;      /* pixels lie in the files as they are */
	bool multiframe; /* the only file is kept open */
	pthread_mutex_t lock; /* of idle */
	struct handle idle[IDLE_MAX];
	int nidle;
};

static int take(struct series *s, int file, struct handle *h, struct err *err)
{
	*h = (struct handle){ NULL, 0 };
	if (s->multiframe) {
		pthread_mutex_lock(&s->lock);
		if (s->nidle)
			*h = s->idle[--s->nidle];
		pthread_mutex_unlock(&s->lock);
	}
	return h->pixels ? 0 : dicom_pixels_open(s->files[file], &h->pixels, err);
}

static void give(struct series *s, struct handle *h)
{
	if (s->multiframe && ++h->used < FRAMES_PER_OPEN) {
		pthread_mutex_lock(&s->lock);
		if (s->nidle < IDLE_MAX) {
			s->idle[s->nidle++] = *h;
			h->pixels = NULL;
		}
		pthread_mutex_unlock(&s->lock);
	}
	if (h->pixels)
		dicom_pixels_close(h->pixels);
}

/* Stored values from the bits BitsStored and HighBit point at: shifted up to the sign and down
 * again. MONOCHROME1: the lowest value is white. */
static void unpack16(const struct series *s, const uint16_t *in, size_t n, int32_t *out)
{
	int up = 15 - s->high_bit, down = 16 - s->bits_stored;
	int32_t flip = s->inverted ? -1 : 0, mask = s->is_signed ? -1 : (int32_t)((1u << s->bits_stored) - 1);

	if (s->is_signed)
		for (size_t i = 0; i < n; i++)
			out[i] = ((int16_t)(uint16_t)(in[i] << up) >> down ^ flip) & mask;
	else
		for (size_t i = 0; i < n; i++)
			out[i] = ((uint16_t)(in[i] << up) >> down ^ flip) & mask;
}

static void unpack8(const struct series *s, const uint8_t *in, size_t n, int32_t *out)
{
	uint16_t wide[BLOCK];

	for (size_t i = 0; i < n; i++)
		wide[i] = in[i];
	unpack16(s, wide, n, out);
}

/* n stored pixels of a slice to raw values. */
static void convert(const struct series *s, const struct slice *sl, const void *frame, size_t n,
		    int16_t *dst)
{
	int32_t value[BLOCK];
	double a = sl->slope / s->slope, c = (sl->intercept - s->intercept) / s->slope;

	for (size_t done = 0; done < n; done += BLOCK) {
		size_t part = n - done < BLOCK ? n - done : BLOCK;
		int16_t *d = dst + done;
		if (s->bits_allocated == 16)
			unpack16(s, (const uint16_t *)frame + done, part, value);
		else
			unpack8(s, (const uint8_t *)frame + done, part, value);
		if (s->common) {
			for (size_t i = 0; i < part; i++)
				d[i] = (int16_t)(value[i] - s->offset);
			continue;
		}
		for (size_t i = 0; i < part; i++) {
			double v = value[i] * a + c + 32768.5;
			v = v >= 0.0 ? v : 0.0;
			v = v <= 65535.0 ? v : 65535.0;
			d[i] = (int16_t)((int)v - 32768);
		}
	}
}

/* Rows of a slice whose pixels lie in the file as they are. 1: read; 0: this file is otherwise
 * (something follows the pixels, or they are elsewhere), so that dcmtk has to look at it. */
static int read_plain(const struct series *s, const struct slice *sl, int y0, int ny, void *frame,
		      int16_t *dst)
{
	size_t row = (size_t)s->nx * (size_t)(s->bits_allocated / 8);
	struct dicom_place place = { .path = s->files[sl->file],
				     .bytes = row * (size_t)s->ny * (size_t)sl->frames,
				     .at = row * ((size_t)s->ny * (size_t)sl->frame + (size_t)y0),
				     .n = row * (size_t)ny };
	if (dicom_plain_read(&place, s->as_is ? (void *)dst : frame) < 0)
		return 0;
	if (!s->as_is)
		convert(s, sl, frame, (size_t)s->nx * (size_t)ny, dst);
	return 1;
}

static int read_decoded(struct series *s, const struct slice *sl, void *frame, size_t bytes,
			int16_t *dst, struct err *err)
{
	struct handle h;
	int rc = take(s, sl->file, &h, err);
	if (rc < 0)
		return rc;
	rc = dicom_pixels_frame(h.pixels, sl->frame, frame, bytes, err);
	give(s, &h);
	if (rc == 0)
		convert(s, sl, frame, (size_t)s->nx * (size_t)s->ny, dst);
	return rc;
}

/* Rows y0 .. y0+ny-1 of slice z at scratch, or the whole slice: *first tells the first row there. */
static int read_rows(struct series *s, int z, int y0, int ny, int16_t *scratch, int *first,
		     struct err *err)
{
	size_t n = (size_t)s->nx * (size_t)s->ny;
	size_t bytes = (n * (size_t)(s->bits_allocated / 8) + 1) & ~(size_t)1;
	const struct slice *sl = &s->slices[z];

	*first = y0;
	if (s->plain && s->as_is && read_plain(s, sl, y0, ny, NULL, scratch))
		return 0;
	void *frame = malloc(bytes);
	int rc = 0;
	if (!frame)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", s->files[0]);
	if (!s->plain || s->as_is || !read_plain(s, sl, y0, ny, frame, scratch)) {
		*first = 0;
		rc = read_decoded(s, sl, frame, bytes, scratch, err);
	}
	free(frame);
	return rc;
}

static int series_slab(void *self, int z0, int nz, int16_t *scratch, const int16_t **out,
		       struct err *err)
{
	struct series *s = self;
	int rc = 0, first;
	for (int z = 0; z < nz && rc == 0; z++)
		rc = read_rows(s, z0 + z, 0, s->ny, scratch + (size_t)z * (size_t)s->nx * (size_t)s->ny,
			       &first, err);
	*out = scratch;
	return rc;
}

static int series_rows(void *self, int z, int y0, int ny, int16_t *scratch, const int16_t **out,
		       struct err *err)
{
	struct series *s = self;
	int first, rc = read_rows(s, z, y0, ny, scratch, &first, err);
	*out = scratch + (size_t)(y0 - first) * (size_t)s->nx;
	return rc;
}

static void series_close(void *self)
{
	struct series *s = self;
	while (s->nidle)
		dicom_pixels_close(s->idle[--s->nidle].pixels);
	pthread_mutex_destroy(&s->lock);
	free(s->files);
	free(s->slices);
	free(s);
}

static bool series_slice_file(const void *self, int z, struct scan_slice_file *out)
{
	const struct series *s = self;
	const struct slice *sl = &s->slices[z];
	*out = (struct scan_slice_file){ s->files[sl->file], sl->frame, sl->frames };
	return true;
}

static const struct scan_ops series_ops = { .slab = series_slab, .rows = series_rows,
					    .dicom_slice = series_slice_file, .close = series_close };

/* Chooses the slope and intercept of the raw values from those of the slices. */
static void choose_scale(struct series *s, int n, bool hu)
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

static void fill_info(const struct series *s, const struct series_slice *slices, int n,
		      double z_mm, const char *path, struct scan_info *info)
{
	const struct dicom_object *o = slices[0].object;
	snprintf(info->format, sizeof info->format, "DICOM%s", s->multiframe ? " multi-frame" : "");
	snprintf(info->path, sizeof info->path, "%s", path);
	info->nx = s->nx;
	info->ny = s->ny;
	info->nz = n;
	const double um[3] = { o->spacing_mm[0] * 1e3, o->spacing_mm[1] * 1e3, z_mm * 1e3 };
	bool in_plane = scan_plausible_um(um[0]) && scan_plausible_um(um[1]);
	bool along_z = scan_plausible_um(um[2]);
	/* Micro-CT voxels are cubes: where only a part is told, the rest follows. */
	for (int i = 0; i < 3; i++)
		info->spacing_um[i] = in_plane && (i < 2 || !along_z) ? um[i % 2]
				    : along_z ? um[2] : SCAN_ASSUMED_UM;
	info->spacing_known = along_z ? SCAN_READ : SCAN_ASSUMED;
	info->slope = s->slope;
	info->intercept = s->intercept;
	info->unit = o->hu ? SCAN_UNIT_HU : SCAN_UNIT_UNKNOWN;
	snprintf(info->voxel_type, sizeof info->voxel_type, "%sint%d", s->is_signed ? "" : "u",
		 s->bits_allocated);
	snprintf(info->encoding, sizeof info->encoding, "%s", o->transfer);
	int used = snprintf(info->detail, sizeof info->detail, "%s", o->facts);
	char *end = info->detail + used;
	size_t left = sizeof info->detail - (size_t)used;
	const char *sep = used ? "; " : "";
	if (!in_plane || !along_z)
		snprintf(end, left, "%sspacing: %.6g x %.6g x %.6g um in the header, completed", sep,
			 um[0], um[1], um[2]);
	else if (!s->common)
		snprintf(end, left, "%srescale: differs between slices", sep);
}

/* Files in the order of first use; neighbours of one file share it. */
static void fill_slices(struct series *s, const struct series_slice *slices, int n,
			struct scan_info *info)
{
	const struct dicom_object *last = NULL;
	int nfiles = 0;
	info->file_bytes = 0;
	for (int i = 0; i < n; i++) {
		const struct dicom_object *o = slices[i].object;
		if (o != last) {
			memcpy(s->files[nfiles++], o->path, sizeof *s->files);
			info->file_bytes += o->file_bytes;
		}
		last = o;
		const struct dicom_frame *f = &o->frame[slices[i].frame];
		s->slices[i] = (struct slice){ nfiles - 1, slices[i].frame, o->frames, f->slope, f->intercept };
	}
	s->multiframe = slices[0].object->frames > 1;
}

int series_scan_open(const struct series_slice *slices, int n, double z_mm, const char *path,
		     struct scan *scan, struct err *err)
{
	const struct dicom_object *o = slices[0].object;
	struct series *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	pthread_mutex_init(&s->lock, NULL);
	size_t files = o->frames > 1 ? 1 : (size_t)n;
	s->files = malloc(files * sizeof *s->files);
	s->slices = calloc((size_t)n, sizeof *s->slices);
	if (!s->files || !s->slices) {
		series_close(s);
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory", path);
	}
	s->nx = o->cols;
	s->ny = o->rows;
	s->bits_allocated = o->bits_allocated;
	s->bits_stored = o->bits_stored;
	s->high_bit = o->high_bit;
	s->is_signed = o->is_signed;
	s->inverted = o->inverted;
	fill_slices(s, slices, n, &scan->info);
	choose_scale(s, n, o->hu);
	s->as_is = s->common && s->offset == 0 && s->is_signed && !s->inverted &&
		   s->bits_allocated == 16 && s->bits_stored == 16;
	s->plain = true;
	for (int i = 0; i < n; i++)
		s->plain = s->plain && dicom_is_plain(slices[i].object);
	fill_info(s, slices, n, z_mm, path, &scan->info);
	series_place(slices, n, z_mm, &scan->info.place);
	scan->ops = &series_ops;
	scan->self = s;
	return 0;
}
