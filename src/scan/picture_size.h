/* The size of voxels as picture files state it: resolutions, and what ImageJ and OME write into TIFF files. */
#ifndef SCAN_PICTURE_SIZE_H
#define SCAN_PICTURE_SIZE_H

#include "picture/tiff.h"
#include "scan/scan.h"

/* um along x, y and, where it is told, from slice to slice; 0: not stated. Contradictions become doubts of the scan. */
void tiff_size(const struct tiff_file *t, struct scan_info *info, double um[3]);

/* The same of any picture file. */
int picture_size(const char *path, struct scan_info *info, double um[3], struct gppi_error *err);

#endif
