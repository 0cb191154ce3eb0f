/* Segmentations and VOIs as NIfTI files that lie on the scan they come from. */
#ifndef REPORT_LABEL_MAP_H
#define REPORT_LABEL_MAP_H

#include "measure/segment.h"

enum label { LABEL_NONE, LABEL_CORTEX, LABEL_SPONGIOSA, LABEL_MARROW }; /* as `phantom make --labels` has them */

/* The VOI's tissues as a label map (16-bit, gzip) of the size and geometry of `scan`. The file appears whole or not at all. */
int label_map_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err);

/* The VOI as a volume of its own (smoothed as it was segmented, calibration of the scan), where it lies in the scan. */
int label_crop_write(const char *path, struct scan *scan, const struct segment *s, struct gppi_error *err);

#endif
