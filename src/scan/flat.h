/* Volumes whose voxels lie one after another in a file, x fastest, as they are or behind gzip or
 * zlib: what NIfTI, MetaImage, NRRD, ISQ, AIM, VOX and VGI have in common. A reader of such a format
 * only understands a header. */
#ifndef SCAN_FLAT_H
#define SCAN_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/reader.h"
#include "scan/voxels.h"

struct flat_layout {
	char path[1024];      /* of the file with the voxels */
	int nx, ny, nz;       /* 1..65535 */
	bool packed;          /* the voxels are a gzip or zlib stream */
	size_t packed_at;     /* where it begins in the file */
	size_t offset;        /* of the first voxel: in the file, or in what is unpacked */
	struct voxel_map map; /* slope and intercept not chosen yet */
};

/* Opens the voxels into scan: ops and self, and of its info the dimensions, slope, intercept,
 * voxel type, encoding, unit (by the values: HU or unknown; pending where packed) and file_bytes. What the
 * caller knows better it sets afterwards. Fails where the file is shorter than the layout
 * promises. Packed voxels are unpacked into memory by a thread of their own, those of wide types here, as
 * they are (twice the memory for a moment) or, of float64, twice; others are read slice by slice. */
int flat_open(const struct flat_layout *layout, struct scan *scan, struct gppi_error *err);

/* voxels_choose(), with a sentence about the file where it cannot. */
int flat_choose(const char *path, struct voxel_map *map, const struct voxel_range *range, struct gppi_error *err);
/* Notes how many voxels are no numbers, where there are any. */
void flat_note_bad(struct scan_info *info, size_t bad);

/* Bytes of all voxels; false where they are more than any memory. */
bool flat_bytes(const struct flat_layout *layout, size_t *bytes);

/* Is a number of this machine in the other byte order than that of a file? */
bool flat_must_swap(bool big_endian_file);

/* Up to n bytes from byte `at` of a file; returns how many in *got. */
int flat_read_file(const char *path, size_t at, void *dst, size_t n, size_t *got, struct gppi_error *err);

int flat_file_size(const char *path, size_t *bytes, struct gppi_error *err);

#endif
