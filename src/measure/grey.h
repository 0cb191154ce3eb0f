/* A block of a scan's voxels, to be segmented. */
#ifndef MEASURE_GREY_H
#define MEASURE_GREY_H

#include "measure/grid.h"
#include "scan/scan.h"

struct grey {
	struct grid grid;
	int first[3];            /* its first voxel in the scan */
	double slope, intercept; /* value = v * slope + intercept; slope > 0, also where that of the scan is not */
	int16_t *v;              /* grey_free() */
};

/* Voxels first[] .. first[] + n[] - 1, which lie within the scan. */
int grey_read(struct scan *scan, const int first[3], const int n[3], int threads, struct grey *out,
	      struct gppi_error *err);
void grey_free(struct grey *g);

/* Cuts to the voxels lo[] .. hi[] of the block. */
int grey_cut(struct grey *g, const int lo[3], const int hi[3], struct gppi_error *err);

#define GREY_SIGMA_MAX 3.0

/* The same voxels once more: *out, grey_free(). */
int grey_copy(const struct grey *g, struct grey *out, struct gppi_error *err);

/* Gauss of `sigma` voxels (0: nothing is done, up to GREY_SIGMA_MAX), cut at 2 sigma, along x, y and z; at the faces of
 * the block voxels are taken to go on as they are. Rounded to the nearest raw value once, at the end. */
int grey_smooth(struct grey *g, double sigma, int threads, struct gppi_error *err);

/* Raw value of a value in the scan's unit. */
double grey_raw(const struct grey *g, double value);
/* The least raw value that is not below it, as far as raw values go (INT16_MAX + 1: none is). */
int grey_least(const struct grey *g, double value);

#endif
