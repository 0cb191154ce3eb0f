/* The growth plate: the dark layer between the bone of the epiphysis and the rim of the metaphysis, as a height map
 * over the bone's cross-section, and the bony bridges across it. */
#ifndef MEASURE_PLATE_H
#define MEASURE_PLATE_H

#include "measure/knee.h"

struct plate {
	const char *why;          /* why nothing is known of it; NULL: it is known */
	double thick, thick_sd;   /* across the layer, between the steepest places on both sides: median, and half of
				   * what lies between 16 and 84 %; mm */
	double level, level_sd;   /* of its middle, from the plane towards the shaft; mm */
	double tilt_deg;          /* of the plane fitted to its middle, against the slices */
	double area_mm2;          /* of the map: within the cortex */
	const char *why_bridges;  /* why these are not known; NULL: they are */
	double bridge_share;      /* of that area */
	int bridges;
	double seen;              /* share of the area where both sides are seen; the rest is taken from beside */
	double first, last;       /* slices of the block between which it lies but for 1 % of the area at each end */
	double passed;            /* share of the area where the layer ends before the plane */
	double touch[2];          /* voxels of the block: where the layer ends at the plane, nearest to the bone's
				   * middle */
	/* by bin of struct knee, in slices of the block; NaN outside of the map. plate_free() */
	int nx, ny, bin;
	float *upper, *lower;
	float *across;  /* thickness across the layer; mm */
	uint8_t *known; /* 1: both ends are seen there */
};

struct plate_of {
	const struct grey *grey; /* the block that knee_make() was given */
	const struct knee *knee;
	double plane;            /* the growth plate plane, slice of the block */
	int threads;
};

/* Fails for lack of memory only. plate_free(), also after a failure. */
int plate_find(const struct plate_of *of, struct plate *out, struct gppi_error *err);
void plate_free(struct plate *p);

/* Upper and lower end of the layer at a voxel of the block (x, y); false outside of the map. */
bool plate_ends(const struct plate *p, int x, int y, float ends[2]);

/* Where the block of a layer lies in its scan. */
struct plate_place {
	const struct plate *plate;
	int first[2];     /* voxel of the scan where the block begins (x, y) */
	int origin, step; /* slice of the scan = origin + step * slice of the block; step: 1 or -1 */
	int lo, hi;       /* slices of the scan between which all of the layer lies; hi < lo: there is none */
};
/* origin, step and first are set: fills the rest. */
void plate_put(struct plate_place *place, const struct plate *p);
/* Is a voxel of the scan in the layer? */
bool plate_holds(const struct plate_place *place, int x, int y, int z);

/* plate_bridges.c: fills bridges and bridge_share. */
int plate_find_bridges(const struct plate_of *of, struct plate *p, struct gppi_error *err);

#endif
