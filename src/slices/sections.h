/* Planes along the bone for pictures, at the scan's own resolution: made while its slices are read for something
 * else, or in a pass of their own. */
#ifndef SLICES_SECTIONS_H
#define SLICES_SECTIONS_H

#include <stdbool.h>

#include "slices/slices.h"

/* Grey window, in HU or what the frame takes for such: 0 and 255. */
#define SECTION_HU_LO (-500.0)
#define SECTION_HU_HI 1500.0
#define SECTION_SIDE_MAX 4096 /* rows and columns */

/* Through the centre of the frame's square: at constant x and constant y over its own sides, as the QC picture shows
 * them; and at 0, 45 and 90 degrees from x towards y, all over the longer side, as the study page does. */
enum section_kind { SECTION_AT_X, SECTION_AT_Y, SECTION_0, SECTION_45, SECTION_90, SECTIONS };

struct sections {
	struct frame frame;       /* they were made for */
	int rows, cols[SECTIONS];
	uint8_t *pixel[SECTIONS]; /* rows * cols[i] grey values, the file's slices downwards; NULL: none */
	bool whole;               /* every slice was seen */
	/* while they are made */
	int y0, ny;               /* rows of a slice that they show something of */
	int32_t *at[SECTIONS];    /* voxel of every column, counted from row y0; -1: outside of the volume */
	uint8_t *grey;            /* section_greys() */
	uint8_t medium;           /* shown outside of the volume */
};

/* Makes room for the sections of a bone; false: there is too little memory, and nothing is kept. */
bool sections_open(struct sections *sections, const struct scan_info *info, const struct frame *frame);
void sections_free(struct sections *sections); /* harmless on an empty one */

/* Takes from slice z what the sections show of it: `rows` begins at row sections->y0, and has as many as sections->ny.
 * From several threads for different slices. */
void sections_take(struct sections *sections, const struct scan_info *info, int z, const int16_t *rows);
/* Every slice was taken: only what is shown is kept. */
void sections_close(struct sections *sections);

/* Do they show the square of this frame? */
bool sections_fit(const struct sections *sections, const struct frame *frame);

/* All of them in one pass over the scan, on `threads` workers. */
int sections_read(struct scan *scan, const struct frame *frame, int threads, struct sections *out,
		  struct gppi_error *err);

/* Greys of raw values: raw * scale + offset, cut to 0..255; medium: of what lies outside of the volume. */
struct section_window {
	float scale, offset;
	uint8_t medium;
};
struct section_window section_window(const struct frame *frame, const struct scan_info *info);

#define SECTION_GREYS 65536
/* Those of all raw values, INT16_MIN first. */
void section_greys(const struct section_window *window, uint8_t grey[SECTION_GREYS]);

#endif
