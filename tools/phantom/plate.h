/* The growth plate of a synthetic bone as it was drawn: what measurements of it are compared with. */
#ifndef PHANTOM_PLATE_H
#define PHANTOM_PLATE_H

#include "base/err.h"
#include "phantom/params.h"
#include "phantom/shape.h"

struct phantom_plate {
	double thick, thick_sd;   /* of the cartilage, across the layer; voxels */
	double level, level_sd;   /* canonical slice of its middle, over the bone's cross-section */
	double tilt_deg;          /* of the plane fitted to the middle, against the slices */
	double first, last;       /* canonical slices between which all but 1 % of the layer lie at each end */
	double plane;             /* the truth of phantom_scan() */
	int bridges;              /* within the cortex */
	double bridge_share;      /* of the plate's area */
	double primary;           /* canonical slice where the primary spongiosa ends: rim, columns and flank are
				   * behind */
};

int phantom_plate(const struct phantom_params *p, struct phantom_plate *out, struct gppi_error *err);

/* Slices from the floor (params.floor_z) where a column along z crosses the layer's middle first. dx, dy: voxels from
 * the bone's centre. NaN: it does not, or not within the cortex. */
float phantom_plate_middle(const struct shape *s, float dx, float dy);

#endif
