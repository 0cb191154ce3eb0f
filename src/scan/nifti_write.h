/* NIfTI-1 files of parts of scans, slice by slice. */
#ifndef SCAN_NIFTI_WRITE_H
#define SCAN_NIFTI_WRITE_H

#include <stdio.h>

#include "scan/crop.h"

/* The header and what precedes the first voxel, for int16 voxels in this machine's byte order: slope, intercept
 * and spacing are those of `info`, whose nx, ny and nz are the part's; the part lies at `box` in the scan, so
 * that it overlays the whole one. A spacing that is only assumed is left out, as the scan has it. Dimensions
 * must be below 32768. Errors show in the stream. */
void nifti_write_head(FILE *out, const struct scan_info *info, const struct crop *box);

#define NIFTI_WRITE_MAX 32767 /* voxels along an axis */

#endif
