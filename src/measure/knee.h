/* The knee end of a bone, coarsely: how much bone there is in columns of about 20 um, slice by slice. What lies
 * around the growth plate is found in it. */
#ifndef MEASURE_KNEE_H
#define MEASURE_KNEE_H

#include "measure/grey.h"

#define KNEE_ALL 100 /* share of a bin that is all compact bone */

struct knee {
	struct grid grid;    /* bins along x and y; slices along z, from the knee to the shaft */
	int bin;             /* voxels across a bin */
	uint8_t *share;      /* of bone, 0 .. 2 KNEE_ALL; knee_free() */
	uint8_t *inside;     /* deeper below the periosteum than most of the cortex reaches */
	double marrow, bone; /* their levels, raw values */
};

/* g: a block of the scan with the knee at z = 0. bone, medium: raw levels of the scan, about. plane: slice of the
 * growth plate plane. GPPI_E_NOBONE where there is none. knee_free(), also after a failure. */
int knee_make(const struct grey *g, double bone, double medium, int plane, int threads, struct knee *out,
	      struct gppi_error *err);
void knee_free(struct knee *k);

/* Millimetres as bins (along x) or slices, at least 1. */
int knee_bins(const struct knee *k, double mm);
int knee_slices(const struct knee *k, double mm);

#endif
