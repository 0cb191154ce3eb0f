/* The walk over a DICOM file: reads its header, and looks it over before dcmtk reads it. dcmtk calls itself for every
 * nested sequence, takes memory for every element and searches lists for elements that are out of order: a small file
 * could end the program by a full stack, or keep it busy for hours. The file is walked by tags and lengths alone,
 * without recursion; only wanted values are kept. */
#ifndef SCAN_DICOM_WALK_H
#define SCAN_DICOM_WALK_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DICOM_DEPTH_MOST 64       /* sequences within each other; real objects have fewer than ten */
#define DICOM_PARTS_MOST 500000   /* elements, items and fragments of one file; dcmtk takes up to 300 bytes for each */
#define DICOM_WORK_MOST 20000000  /* steps through dcmtk's lists: for elements out of order; frames x elements */

/* 0: dcmtk may read the file. GPPI_E_IO: it cannot be read; GPPI_E_UNSUPPORTED: it is packed as a whole;
 * GPPI_E_FORMAT: it is damaged, or passes one of the limits.
 *
 * The walk reads as dcmtk 3.6.7 does with its settings untouched, and refuses what that would read otherwise than
 * the standard says. Pixels of a fixed length that reach past the end of the file are left to the reader. */
int dicom_walk(const char *path, struct gppi_error *err);

/* The same, and keeps the wanted values by the way (dicom_kept.h). Owned by the caller, also after an error:
 * dicom_kept_free(). */
struct dicom_kept;
int dicom_walk_keep(const char *path, struct dicom_kept *kept, struct gppi_error *err);

#ifdef __cplusplus
}
#endif

#endif
