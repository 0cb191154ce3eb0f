/* What one input may cost: one budget for all of its files, slices and frames together, whatever the format. */
#ifndef SCAN_BUDGET_H
#define SCAN_BUDGET_H

#include <stddef.h>

#include "base/err.h"

/* Voxels that a byte of the input may stand for, in all. Deflate packs 1032 bytes into one, so that no PNG, TIFF
 * or .gz of 8 bits reaches more; scans reach 2 to 5, with all air blanked 30 to 100, masks of two values some 500. What a
 * megabyte costs is then about a second. */
#define BUDGET_VOXELS_PER_BYTE 1032
/* So many are always read: half a second. */
#define BUDGET_VOXELS_FREE ((size_t)1 << 27)
/* Voxels of a slice: 8192 x 8192; the widest detectors of micro-CT give 4000. */
#define BUDGET_SLICE ((size_t)1 << 26)
/* Bytes of all slices that threads hold at a time. */
#define BUDGET_IN_FLIGHT ((size_t)192 << 20)

/* Voxels along the axes: 1..65535. GPPI_E_FORMAT with a sentence. */
int budget_sides(const char *path, int nx, int ny, int nz, struct err *err);

/* To be asked as soon as the size of a scan is known, before anything is decoded or allocated for it. `file_bytes`
 * is that of all its files together. GPPI_E_UNSUPPORTED or GPPI_E_FORMAT with a sentence. */
int budget_volume(const char *path, int nx, int ny, int nz, size_t file_bytes, struct err *err);

/* Of `threads` wanted, so many (at least 1) that all together stay within BUDGET_IN_FLIGHT where each holds
 * `bytes`. */
int budget_threads(int threads, size_t bytes);

#endif
