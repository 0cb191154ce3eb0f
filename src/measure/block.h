/* Label volumes from files, in any format that scans are read in. */
#ifndef MEASURE_BLOCK_H
#define MEASURE_BLOCK_H

#include "measure/grid.h"
#include "scan/scan.h"

#define BLOCK_ANY_LABEL (-1)

struct block {
	struct grid grid;
	enum scan_known spacing; /* how it is known */
	char spacing_doubt[80];  /* why it must be looked at; empty: no reason */
	struct scan_place place;
	char name[128], path[1024];
	uint8_t *mask; /* block_free() */
	bool several;  /* voxels of the mask had more than one value */
};
/* Why such a mask wants a look. */
#define BLOCK_SEVERAL "the mask has several values, all of which but 0 are taken for bone: choose one by --label"

/* Reads the only volume of a file or folder: voxels of the value `label`, or, with BLOCK_ANY_LABEL, of any other than
 * 0, become 1. spacing_um: replaces the file's (x, y, z); NULL: the file's. */
int block_read(const char *path, int label, const double spacing_um[3], struct block *out, struct gppi_error *err);
void block_free(struct block *b);

/* How two label volumes agree. Labels are whole numbers of -32768..65535. */
struct agreement {
	int n;
	struct agreement_class {
		int label;
		uint64_t a, b, both; /* voxels of each volume, and of both in the same place */
	} *of; /* ascending; free() */
};
/* GPPI_E_USAGE where the volumes differ in size. */
int agreement_count(const char *path_a, const char *path_b, struct agreement *out, struct gppi_error *err);

#endif
