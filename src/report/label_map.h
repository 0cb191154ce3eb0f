/* Segmentations and VOIs as files that lie on the scan they come from. */
#ifndef REPORT_LABEL_MAP_H
#define REPORT_LABEL_MAP_H

#include <stdio.h>

#include "measure/segment.h"

/* As `phantom make --labels` has them. */
enum label { LABEL_NONE, LABEL_CORTEX, LABEL_SPONGIOSA, LABEL_MARROW, LABEL_PLATE };

/* The tissue of voxel i of the block, which is that of the VOI. */
static inline enum label label_at(const struct segment *s, size_t i)
{
	if (s->cortex[i] && s->bone[i])
		return LABEL_CORTEX;
	if (!s->tv[i])
		return LABEL_NONE;
	return s->bone[i] ? LABEL_SPONGIOSA : LABEL_MARROW;
}

/* The same of a voxel of the scan, also outside of the block; the growth plate where it is known. */
static inline enum label label_of(const struct segment *s, int x, int y, int z)
{
	const struct grey *g = &s->grey;
	const int i = x - g->first[0], j = y - g->first[1], k = z - g->first[2];
	const bool in = i >= 0 && j >= 0 && i < g->grid.n[0] && j < g->grid.n[1] && k >= s->first && k <= s->last;
	const enum label label = in ? label_at(s, grid_at(&g->grid, i, j, k)) : LABEL_NONE;

	return label == LABEL_NONE && s->plate && plate_holds(s->plate, x, y, z) ? LABEL_PLATE : label;
}

/* Names and colours of tissues, for programs that show them: by label from LABEL_CORTEX. */
struct label_look {
	const char *name;
	unsigned char rgb[3];
};
extern const struct label_look label_looks[];
#define LABELS_LAST LABEL_PLATE

/* The VOI's tissues, and the growth plate where it is known, as a label map (16-bit, gzip) of the size and geometry
 * of `scan`. The file appears whole or not at all. */
int label_map_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err);

/* The same as a Slicer segmentation (NRRD, gzip): segments with names and colours. (label_nrrd.c) */
int label_nrrd_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err);

/* Slices of labels, 16 bits, x fastest, behind `bytes` of a head, as one gzip stream. */
int label_pack(struct scan *scan, const struct segment *s, const void *head, size_t bytes, FILE *file,
	       struct gppi_error *err);

/* The VOI as a volume of its own (smoothed as it was segmented, calibration of the scan), where it lies in the scan. */
int label_crop_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err);

#endif
