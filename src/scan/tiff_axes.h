/* What the pages of a TIFF file stand for: slices alone, or channels and times as well. */
#ifndef SCAN_TIFF_AXES_H
#define SCAN_TIFF_AXES_H

#include "picture/tiff.h"
#include "scan/reader.h"

/* The value of "key=value" on a line of ImageJ's description; NULL where it is not there. */
const char *tiff_imagej(const struct tiff_file *t, const char *key);

/* The pages of the volume are page 0, step, 2 * step ...: all of them, or those of the first time. */
struct tiff_axes {
	int slices, step;
	char note[64];  /* what pages were taken for, or empty */
	char doubt[96]; /* why a person must look, or empty: times that are left out, slices at uneven distances */
};

/* By the description of ImageJ, OME or tifffile, for a file of `pages` pages (also those that have no directory
 * of their own). Several channels, several images, and counts that do not fit the pages are refused. */
int tiff_axes_find(const char *path, const struct tiff_file *t, int pages, struct tiff_axes *out,
		   struct gppi_error *err);

#endif
