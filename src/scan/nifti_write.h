/* NIfTI-1 files of parts of scans, slice by slice. */
#ifndef SCAN_NIFTI_WRITE_H
#define SCAN_NIFTI_WRITE_H

#include <stdio.h>

#include "scan/crop.h"

/* The header and what precedes the first voxel, for int16 voxels in this machine's byte order, of a part of a scan
 * (crop_open() of `box`): slope, intercept, size and spacing are the part's, its place that which makes it overlay
 * the whole scan. A spacing that is only assumed is left out, as the scan has it. Dimensions up to
 * NIFTI_WRITE_MAX. Errors show in the stream. */
void nifti_write_head(FILE *out, const struct scan *part, const struct crop *box);

#define NIFTI_WRITE_MAX 32767 /* voxels along an axis */

#endif
