/* Grey pictures from files: PNG, JPEG, BMP, PGM and TIFF. Knows nothing of bones. */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PICTURE_SIDE_MAX 16384
#define PICTURE_PIXELS_MAX (1ll << 26) /* as slices, scan/budget.h */

struct picture {
	int w, h;
	uint8_t *grey; /* w * h, row by row from the top, 0 black .. 255 white; owned */
};

/* The format is told by the first bytes, not by the name; colours become their brightness, numbers are refused. Fails
 * with GPPI_E_IO (cannot be read), GPPI_E_FORMAT (no such picture, or damaged), GPPI_E_UNSUPPORTED or GPPI_E_NOMEM. */
int picture_read(const char *path, struct picture *out, struct gppi_error *err);
void picture_free(struct picture *picture);

/* A picture with all the bits it is stored with. */
struct picture_stored {
	int w, h;
	int bytes;      /* 1 or 2 for each pixel; 4 or 8 where they are no greys but numbers (TIFF) */
	bool is_float;  /* of 4 or 8 bytes */
	bool is_signed; /* else 0 .. top, black to white */
	int top;        /* 255, 65535, or the maximum that a PGM states; 0: numbers know none */
	double per_metre[2]; /* pixels along x and y, as the file states; 0: not stated (of TIFF files: tiff.h) */
	bool colour;    /* it was one, and became its brightness */
	char format[8]; /* "PNG" ... */
	void *pixels;   /* (u)int8_t, (u)int16_t, (u)int32_t, float or double, like picture.grey; owned: free() */
};

/* `ifd` picks a page of a TIFF file (see tiff.h), 0 the first one. */
int picture_read_stored(const char *path, uint64_t ifd, struct picture_stored *out, struct gppi_error *err);
/* The same without pixels, which is quick. */
int picture_read_head(const char *path, struct picture_stored *out, struct gppi_error *err);

/* The picture format that n bytes begin with; NULL: none. */
const char *picture_sniff(const uint8_t *head, size_t n);
/* The same for pictures that are not read, so that they can be named. */
const char *picture_unread(const uint8_t *head, size_t n);

#endif
