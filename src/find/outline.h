/* What the outline of the bone, slice by slice, says: which end is distal, where the square
 * lies, how the shaft is tilted. Everything is defined symmetrically: a mirrored, turned or
 * reversed volume gives the mirrored, turned or reversed answer. */
#ifndef FIND_OUTLINE_H
#define FIND_OUTLINE_H

#include <stdbool.h>

#include "find/femur.h"
#include "find/overview.h"
#include "find/levels.h"

struct outline {
	int n;          /* coarse slices of the volume; arrays below have n entries */
	double *area;   /* um^2 inside the outline, smoothed; 0 where there is no bone */
	double *core;   /* bone share of the inner part (more than 160 um inside), 0..1 */
	double *cx, *cy; /* centre of the outline, coarse voxels (voxel i spans i..i+1) */
};

/* Returns 0 or GPPI_E_NOMEM; free with outline_free(). */
int outline_measure(const struct overview *c, const struct femur *femur, const struct levels *lv,
		    struct outline *out);
void outline_free(struct outline *o);

struct outline_end {
	bool flipped;    /* the distal end lies at the last slice */
	bool unsure;     /* signs disagree or are weak */
	bool no_femur;   /* nothing widens */
	bool cut_distal; /* bone reaches the distal face of the volume */
};
struct outline_end outline_distal_end(const struct overview *c, const struct femur *femur,
				      const struct outline *o);

struct outline_square {
	double cx, cy;   /* native voxels */
	double side_um;
};
struct outline_square outline_square(const struct overview *c, const struct femur *femur, bool flipped);

/* The bone's centre line between 1.2 and 4 mm from the knee end, where plate and VOI lie. Farther on the shaft
 * is curved, which is no tilt. */
struct outline_axis {
	double at[2], slope[2]; /* native voxels (voxel i spans i..i+1) along x and y at slice 0, and for each slice */
	double tilt_deg;        /* against z */
	bool known;             /* false: the bone is too short, or there was no memory; all is 0 */
};
struct outline_axis outline_axis(const struct overview *c, const struct femur *femur, const struct outline *o,
				 bool flipped);

#endif
