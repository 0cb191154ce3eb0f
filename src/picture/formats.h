/* The formats behind picture_read(); each leaves what it allocated in *out for the caller to free. */
#ifndef PICTURE_FORMATS_H
#define PICTURE_FORMATS_H

#include <stdio.h>

#include "picture/picture.h"

/* What a format reads from and into. */
struct picture_job {
	FILE *f;
	const char *path;
	uint64_t ifd;     /* TIFF only */
	bool head_only;
	struct picture_stored *out;
};

/* Sets size and depth, and allocates the pixels unless only the head is wanted. The file must hold at
 * least one byte for `most` pixels, or its size is a lie. */
int picture_alloc(const struct picture_job *job, long w, long h, int bytes, long most, struct gppi_error *err);

int picture_png(const struct picture_job *job, struct gppi_error *err);
int picture_jpeg(const struct picture_job *job, struct gppi_error *err);
int picture_pgm(const struct picture_job *job, struct gppi_error *err);
int picture_bmp(const struct picture_job *job, struct gppi_error *err);
int picture_tiff(const struct picture_job *job, struct gppi_error *err);

/* Brightness of a colour; that of a grey is itself. */
static inline int picture_brightness(int r, int g, int b)
{
	return (299 * r + 587 * g + 114 * b + 500) / 1000;
}

#endif
