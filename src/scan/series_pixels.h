/* The voxels of a sorted DICOM series, read from its files when asked for. */
#ifndef SCAN_SERIES_PIXELS_H
#define SCAN_SERIES_PIXELS_H

#include <pthread.h>

#include "scan/series.h"

#define SERIES_IDLE_MAX 8
#define SERIES_REOPENED_MOST 1000000.0 /* parts of files: four seconds */

struct series_pixel_slice {
	int file, frame, frames; /* of the file */
	double slope, intercept;
	bool padded;             /* words from `padding` to `padding` + `paddings`, of these bits, were not measured */
	unsigned padding, paddings, padding_bits;
};

static inline bool series_is_padding(const struct series_pixel_slice *sl, unsigned word)
{
	return ((word - sl->padding) & sl->padding_bits) <= sl->paddings;
}

struct series_handle {
	struct dicom_pixels *pixels;
	int file, used;
};

struct series_pixels {
	char (*files)[1024];
	int nfiles;
	struct series_pixel_slice *slices;
	int nx, ny, nz, bits_allocated;
	int bits_stored, high_bit; /* of what is believed; see series_look() */
	bool is_signed, inverted;
	bool common;    /* one slope and intercept for all slices */
	int offset;     /* subtracted from stored values to fit int16 */
	double slope, intercept; /* of the raw values handed out */
	int16_t lowest; /* raw value of what was not measured */
	bool as_is;     /* stored values are the raw values */
	bool plain;     /* pixels lie in the files as they are */
	bool keep_open; /* files of many frames */
	double reopened; /* parts that are read again, as slices of more than SERIES_IDLE_MAX files take turns */
	pthread_mutex_t lock; /* of idle */
	struct series_handle idle[SERIES_IDLE_MAX];
	int nidle;
};

/* Of slices whose files are of one size and type; all but the scale is set as the files tell. NULL: no memory. */
struct series_pixels *series_pixels_new(const struct series_slice *slices, int n);
void series_pixels_free(struct series_pixels *s);

/* The stored words of slice z, in this processor's byte order; frame has room for series_pixels_bytes(). */
size_t series_pixels_bytes(const struct series_pixels *s);
int series_pixels_stored(struct series_pixels *s, int z, void *frame, struct gppi_error *err);

/* Raw values of rows y0 .. y0+ny-1 of slice z at scratch, or of the whole slice: *first tells the first row there. */
int series_pixels_rows(struct series_pixels *s, int z, int y0, int ny, int16_t *scratch, int *first,
		       struct gppi_error *err);

/* What the voxels themselves say, from some slices. */
struct series_look {
	bool seen;         /* false: nothing could be read, and nothing follows */
	int lowest, highest; /* stored value that was measured */
	double padding;    /* share of the voxels that are padding */
	bool wide;         /* more bits are used than BitsStored tells: s->bits_stored became bits_allocated */
	bool other_sign;   /* PixelRepresentation does not fit: s->is_signed was turned */
	bool mostly_bright; /* most voxels, which are air, have high stored values */
};

/* series_look.c: looks at some slices and sets bits and sign of *s to what fits them. */
int series_look(struct series_pixels *s, struct series_look *out, struct gppi_error *err);

#endif
