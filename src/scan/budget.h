/* What one input may cost: one budget for all of its files, slices and frames together, whatever the format. */
#ifndef SCAN_BUDGET_H
#define SCAN_BUDGET_H

#include <stddef.h>

#include "base/err.h"

/* Voxels of up to two bytes that a byte of the input may stand for, in all; half as many of wider ones. Scans
 * reach 2 to 5; a single bone in slices of 2048 x 2048 with all around it blanked 30 to 140; deflate packs 1032 bytes
 * into one where nothing is left but one value. A megabyte then costs some 2 seconds: of decoding, twice, 5 ns for
 * each voxel. */
#define BUDGET_VOXELS_PER_BYTE 256
/* So many of up to four bytes are always read, or half as many of eight: half a second, two where they are wide. */
#define BUDGET_VOXELS_FREE ((size_t)1 << 27)
/* Voxels of a slice: 4096 x 4096 always; up to 8192 x 8192 where the input has as many bytes as real slices of that
 * size need, so that a small file never asks for much memory. */
#define BUDGET_SLICE_FREE ((size_t)1 << 24)
#define BUDGET_SLICE ((size_t)1 << 26)
#define BUDGET_WIDE_PER_BYTE 64
/* Memory, in bytes: of the slices that all threads hold at a time, and of the small copy in which bones of a holder
 * are looked for. An input may have these, or a part of its own size if that is more. */
#define BUDGET_IN_FLIGHT ((size_t)96 << 20)
#define BUDGET_IN_FLIGHT_PART 16
#define BUDGET_COPY ((size_t)176 << 20)
#define BUDGET_COPY_PART 8

/* Voxels along the axes: 1..65535. GPPI_E_FORMAT with a sentence. */
int budget_sides(const char *path, int nx, int ny, int nz, struct gppi_error *err);

/* To be asked as soon as the size of a scan is known, before anything is decoded or allocated for it. `width` is that
 * of a stored voxel in bytes, `file_bytes` that of all files together. GPPI_E_UNSUPPORTED or GPPI_E_FORMAT with a
 * sentence. */
int budget_volume(const char *path, int nx, int ny, int nz, size_t width, size_t file_bytes, struct gppi_error *err);

/* Of `threads` wanted, so many (at least 1) as may read slices of nx x ny voxels at a time, each of which is held
 * twice: as it is decoded, `width` bytes for each voxel, and as it is handed out. */
int budget_threads(int threads, int nx, int ny, size_t width, size_t file_bytes);

/* Bytes of a small copy of the scan. */
size_t budget_copy(size_t file_bytes);

#endif
