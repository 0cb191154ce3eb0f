/* From a picture along the bone to what the long-axis network sees: rows of 96 columns.
 *
 * A picture states neither its grey window nor where the bone is: levels are read from its
 * histogram, and the square around the bone is laid as frame_locate() lays it around a volume.
 */
#ifndef FLAT_STRIP_H
#define FLAT_STRIP_H

#include <stdint.h>

#include "picture/picture.h"
#include "slices/slices.h"

#define STRIP_MARGIN 1.15 /* side of the square around the bone over the outline's width, as in outline.c */

struct strip_frame {
	double per_slice;        /* rows of the picture per canonical slice (1 at 10 um per row) */
	int flipped;             /* distal end at the bottom */
	int bone_first;          /* first canonical slice with bone, from the distal end */
	int nslices;             /* canonical slices */
	double centre, width;    /* of the bone's outline around the knee, columns */
	double dark, bright;     /* grey levels of marrow or air and of bone */
	double distal_share;     /* 0..1: how likely this end is the knee: the bone is wider there, and ends inside
				  * the picture */
};

/* flipped: takes the bottom for the distal end. um_per_row > 0. GPPI_E_NOBONE where the picture shows
 * no bright object on darker ground. */
int strip_locate(const struct picture *picture, double um_per_row, int flipped, const char *path,
		 struct strip_frame *out, struct gppi_error *err);

/* Slices first..first+n-1 of a square `wide` times as wide as the frame_locate() rule says, u7
 * [n][96]; mirrored left to right where asked. Beyond the picture the last row is repeated. */
void strip_extract(const struct picture *picture, const struct strip_frame *frame, double wide,
		   int mirrored, int first, int n, uint8_t *out);

/* Grey above which a pixel is bone. */
static inline double strip_bone_above(const struct strip_frame *frame)
{
	return (frame->dark + frame->bright) / 2;
}

/* Columns that halve the outline of the bone around slices first..first+n-1 (beyond the picture: around its last one);
 * NAN where it shows no bone. 0, or GPPI_E_NOMEM. */
int strip_middles(const struct picture *picture, const struct strip_frame *frame, int first, int n, double *out,
		  struct gppi_error *err);

/* Row of the picture (may be fractional) of a canonical slice. */
double strip_row(const struct picture *picture, const struct strip_frame *frame, double slice);

#endif
