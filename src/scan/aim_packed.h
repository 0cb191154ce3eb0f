/* The packed voxels of AIM files: bits of 2 x 2 x 2 voxels, and runs of equal ones. They are kept packed in
 * memory and unpacked slice by slice. */
#ifndef SCAN_AIM_PACKED_H
#define SCAN_AIM_PACKED_H

#include "scan/reader.h"

struct aim_packed {
	const char *path;
	size_t at, bytes; /* of the packed data in the file */
	bool wide;        /* version 3: sizes in 64 bits */
	enum aim_kind { AIM_BITS, AIM_BINARY_RUNS, AIM_CHAR_RUNS } kind;
	int dim[3];       /* 1..65535 */
	int off[3];       /* a frame of zeros on each side, that runs leave out; less than half of dim */
};

/* Reads and checks all of it; sets ops and self of the scan, and of its info what flat_open() sets. */
int aim_packed_open(const struct aim_packed *p, struct scan *scan, struct gppi_error *err);

#endif
