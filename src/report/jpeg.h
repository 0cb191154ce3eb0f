/* Writes a picture as JPEG. The only room that knows libjpeg-turbo. */
#ifndef REPORT_JPEG_H
#define REPORT_JPEG_H

#include "base/err.h"
#include "report/canvas.h"

/* quality 1..100; the file appears whole or not at all. */
int jpeg_write(const struct canvas *picture, const char *path, int quality, struct gppi_error *err);

/* The same in memory, as archives of DICOM expect it: baseline, colours of half the width (YBR_FULL_422).
 * *data is owned by the caller: free(). */
int jpeg_colour(const struct canvas *picture, int quality, unsigned char **data, unsigned long *size,
		struct gppi_error *err);

/* A grey picture in memory: w * h bytes, row-major. *data is owned by the caller: free(). */
int jpeg_grey(const uint8_t *grey, int w, int h, int quality, unsigned char **data,
	      unsigned long *size, struct gppi_error *err);

#endif
