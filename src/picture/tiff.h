/* The only door to libtiff: the pages of a TIFF file. Pixels: picture_read_stored(). */
#ifndef PICTURE_TIFF_H
#define PICTURE_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TIFF_PAGES_MAX 65535

struct tiff_file {
	int w, h, bytes;       /* of the first page, as in picture_stored */
	bool is_signed, is_float, big_endian;
	uint64_t *ifds;        /* what picks each page; owned */
	int pages;
	bool plain;            /* the first page lies in one piece, as it is, from pixels_at on */
	uint64_t pixels_at;
	bool white_is_zero;    /* the first page's; what picture_read_stored() gives is turned round already */
	double pixels_per[2];  /* resolution along x and y; 0: none */
	double unit_um;        /* of the resolution: inch or cm; 0: none */
	char *description;     /* of the first page, its first megabyte; "" where there is none; owned */
};

/* Pages of other sizes or depths than the first are an error, reduced ones (previews) are left out. Free with
 * tiff_file_free(), also after an error. */
int tiff_file_read(const char *path, struct tiff_file *out, struct gppi_error *err);
void tiff_file_free(struct tiff_file *file);

/* More than one picture in it? False where it cannot be read. */
bool tiff_many(const char *path);

#endif
