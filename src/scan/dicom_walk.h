/* Looks over a DICOM file before dcmtk reads it. dcmtk calls itself for every nested sequence, takes memory for
 * every element and searches lists for elements that are out of order: a small file could end the program by a full
 * stack, or keep it busy for hours. The file is walked by tags and lengths alone, without recursion and without
 * keeping anything. */
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
#define DICOM_WORK_MOST 20000000  /* steps through dcmtk's lists for elements that are out of order */

/* 0: dcmtk may read the file. GPPI_E_IO: it cannot be read; GPPI_E_UNSUPPORTED: it is packed as a whole;
 * GPPI_E_FORMAT: it is damaged, or passes one of the limits.
 *
 * The walk reads as dcmtk 3.6.7 does with its settings untouched, and refuses what that would read otherwise than
 * the standard says. Pixels of a fixed length that reach past the end of the file are left to the reader. */
int dicom_walk(const char *path, struct gppi_error *err);

/* The same, and texts of the data set by the way: the first value of each wanted element, without the blanks around it,
 * cut where it is longer; "" where there is none. */
struct dicom_text {
	uint32_t tag; /* group and element: 0x0020000e */
	char *out;
	size_t size;
};
int dicom_walk_texts(const char *path, const struct dicom_text *wanted, int n, struct gppi_error *err);

#ifdef __cplusplus
}
#endif

#endif
