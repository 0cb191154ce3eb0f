/* Stored words of DICOM slices, and raw values from them. */
#define _POSIX_C_SOURCE 200809L
#include "scan/series_pixels.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "scan/dicom_plain.h"

#define BLOCK 512 /* pixels at a time, on the stack */
/* dcmtk keeps the compressed frames it has seen: a file is opened anew when it has decoded so many, of so many bytes
 * together. To open one takes the longer the more elements it has, so that small frames alone are no reason. */
#define FRAMES_PER_OPEN 64
#define BYTES_PER_OPEN ((size_t)32 << 20)

static int take(struct series_pixels *s, int file, struct series_handle *h, struct gppi_error *err)
{
	*h = (struct series_handle){ .file = file };
	if (s->keep_open) {
		pthread_mutex_lock(&s->lock);
		for (int i = s->nidle - 1; i >= 0 && !h->pixels; i--)
			if (s->idle[i].file == file) {
				*h = s->idle[i];
				s->idle[i] = s->idle[--s->nidle];
			}
		pthread_mutex_unlock(&s->lock);
	}
	return h->pixels ? 0 : dicom_pixels_open(s->files[file], &h->pixels, err);
}

/* Keeps the file open for its next frames; of a full list, the first goes. */
static void give(struct series_pixels *s, struct series_handle *h)
{
	h->used++;
	if (s->keep_open && (h->used < FRAMES_PER_OPEN || dicom_pixels_held(h->pixels) < BYTES_PER_OPEN)) {
		struct series_handle old = { NULL, 0, 0 };
		pthread_mutex_lock(&s->lock);
		if (s->nidle == SERIES_IDLE_MAX) {
			old = s->idle[0];
			memmove(s->idle, s->idle + 1, (size_t)--s->nidle * sizeof *s->idle);
		}
		s->idle[s->nidle++] = *h;
		pthread_mutex_unlock(&s->lock);
		*h = old;
	}
	if (h->pixels)
		dicom_pixels_close(h->pixels);
}

/* Stored values from the bits BitsStored and HighBit point at: shifted up to the sign and down
 * again. Inverted: the lowest value is dense. */
static void unpack16(const struct series_pixels *s, const uint16_t *in, size_t n, int32_t *out)
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

static void unpack8(const struct series_pixels *s, const uint8_t *in, size_t n, int32_t *out)
{
	uint16_t wide[BLOCK];

	for (size_t i = 0; i < n; i++)
		wide[i] = in[i];
	unpack16(s, wide, n, out);
}

/* Puts the lowest value where nothing was measured. */
static void blank(const struct series_pixels *s, const struct series_pixel_slice *sl, const void *frame, size_t at,
		  size_t n, int16_t *d)
{
	for (size_t i = 0; i < n; i++) {
		unsigned word =
			s->bits_allocated == 16 ? ((const uint16_t *)frame)[at + i] : ((const uint8_t *)frame)[at + i];
		if (series_is_padding(sl, word))
			d[i] = s->lowest;
	}
}

/* n stored pixels of a slice to raw values. */
static void convert(const struct series_pixels *s, const struct series_pixel_slice *sl, const void *frame, size_t n,
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
		for (size_t i = 0; i < part && s->common; i++)
			d[i] = (int16_t)(value[i] - s->offset);
		for (size_t i = 0; i < part && !s->common; i++) {
			double v = value[i] * a + c + 32768.5;
			v = v >= 0.0 ? v : 0.0;
			v = v <= 65535.0 ? v : 65535.0;
			d[i] = (int16_t)((int)v - 32768);
		}
		if (sl->padded)
			blank(s, sl, frame, done, part, d);
	}
}

/* Rows of a slice whose pixels lie in the file as they are. False: this file is otherwise
 * (something follows the pixels, or they are elsewhere), so that dcmtk has to look at it. */
static bool stored_plain(const struct series_pixels *s, const struct series_pixel_slice *sl, int y0, int ny, void *dst)
{
	size_t row = (size_t)s->nx * (size_t)(s->bits_allocated / 8);
	struct dicom_place place = { .path = s->files[sl->file],
				     .bytes = row * (size_t)s->ny * (size_t)sl->frames,
				     .at = row * ((size_t)s->ny * (size_t)sl->frame + (size_t)y0),
				     .n = row * (size_t)ny };
	return s->plain && dicom_plain_read(&place, dst) == 0;
}

static int stored_decoded(struct series_pixels *s, const struct series_pixel_slice *sl, void *frame,
			  struct gppi_error *err)
{
	struct series_handle h;
	int rc = take(s, sl->file, &h, err);
	if (rc < 0)
		return rc;
	rc = dicom_pixels_frame(h.pixels, sl->frame, frame, series_pixels_bytes(s), err);
	give(s, &h);
	return rc;
}

size_t series_pixels_bytes(const struct series_pixels *s)
{
	size_t n = (size_t)s->nx * (size_t)s->ny;
	return (n * (size_t)(s->bits_allocated / 8) + 1) & ~(size_t)1;
}

int series_pixels_stored(struct series_pixels *s, int z, void *frame, struct gppi_error *err)
{
	const struct series_pixel_slice *sl = &s->slices[z];
	return stored_plain(s, sl, 0, s->ny, frame) ? 0 : stored_decoded(s, sl, frame, err);
}

int series_pixels_rows(struct series_pixels *s, int z, int y0, int ny, int16_t *scratch, int *first,
		       struct gppi_error *err)
{
	const struct series_pixel_slice *sl = &s->slices[z];
	int rc = 0;

	*first = y0;
	if (s->as_is && stored_plain(s, sl, y0, ny, scratch))
		return 0;
	void *frame = malloc(series_pixels_bytes(s));
	if (!frame)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a slice", s->files[0]);
	if (s->as_is || !stored_plain(s, sl, y0, ny, frame)) {
		*first = 0;
		ny = s->ny;
		rc = stored_decoded(s, sl, frame, err);
	}
	if (rc == 0)
		convert(s, sl, frame, (size_t)s->nx * (size_t)ny, scratch);
	free(frame);
	return rc;
}

/* Padding is compared in the bits of a voxel; in whole words where it has no room there, as some writers have it. */
static void fill_padding(const struct dicom_object *o, struct series_pixel_slice *sl)
{
	int most = 1 << (o->is_signed ? o->bits_stored - 1 : o->bits_stored), least = o->is_signed ? -most : 0;
	bool fits = o->high_bit == o->bits_stored - 1 && o->padding[0] >= least && o->padding[1] < most;
	sl->padded = o->has_padding;
	sl->padding = (unsigned)o->padding[0];
	sl->paddings = (unsigned)(o->padding[1] - o->padding[0]);
	sl->padding_bits = (1u << (fits ? o->bits_stored : o->bits_allocated)) - 1;
}

/* The number of a file: new, or of one of those used last, which are still open. */
static int file_of(struct series_pixels *s, const struct dicom_object *o)
{
	for (int i = s->nfiles - 1; i >= 0 && i >= s->nfiles - SERIES_IDLE_MAX; i--)
		if (!strcmp(s->files[i], o->path))
			return i;
	memcpy(s->files[s->nfiles], o->path, sizeof *s->files);
	s->reopened += o->frames > 1 ? (double)o->file_parts : 0.0;
	return s->nfiles++;
}

/* Files in the order of first use. */
static void fill_slices(struct series_pixels *s, const struct series_slice *slices, int n)
{
	for (int i = 0; i < n; i++) {
		const struct dicom_object *o = slices[i].object;
		const struct dicom_frame *f = &o->frame[slices[i].frame];
		s->reopened -= o->frames > 1 ? (double)o->file_parts / o->frames : 0.0; /* once for all of its frames */
		s->slices[i] = (struct series_pixel_slice){ .file = file_of(s, o), .frame = slices[i].frame,
							     .frames = o->frames, .slope = f->slope,
							     .intercept = f->intercept };
		fill_padding(o, &s->slices[i]);
		s->keep_open = s->keep_open || o->frames > 1;
		s->plain = s->plain && dicom_is_plain(o);
	}
}

struct series_pixels *series_pixels_new(const struct series_slice *slices, int n)
{
	const struct dicom_object *o = slices[0].object;
	struct series_pixels *s = calloc(1, sizeof *s);
	size_t files = 1;
	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	for (int i = 0; i + 1 < n; i++)
		files += slices[i].object != slices[i + 1].object;
	s->files = size_realloc(NULL, files, sizeof *s->files);
	s->slices = calloc((size_t)n, sizeof *s->slices);
	if (!s->files || !s->slices) {
		series_pixels_free(s);
		return NULL;
	}
	s->nx = o->cols;
	s->ny = o->rows;
	s->nz = n;
	s->bits_allocated = o->bits_allocated;
	s->bits_stored = o->bits_stored;
	s->high_bit = o->high_bit;
	s->is_signed = o->is_signed;
	s->plain = true;
	fill_slices(s, slices, n);
	return s;
}

void series_pixels_free(struct series_pixels *s)
{
	while (s->nidle)
		dicom_pixels_close(s->idle[--s->nidle].pixels);
	pthread_mutex_destroy(&s->lock);
	free(s->files);
	free(s->slices);
	free(s);
}
