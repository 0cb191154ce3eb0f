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
