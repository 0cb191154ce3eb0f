/* Geometry of one synthetic femur end: outline, growth plate, truth. */
#ifndef PHANTOM_SHAPE_H
#define PHANTOM_SHAPE_H

#include "phantom/params.h"

#define SHAPE_LUT 240       /* heights -260 .. 695 in steps of 4 */
#define SHAPE_LUT_LO (-260.0f)
#define SHAPE_LUT_STEP 4.0f
#define SHAPE_HALF 100
#define SHAPE_GRID (2 * SHAPE_HALF)      /* plate grid: -200 .. 199 in steps of 2 */

struct shape {
	const struct phantom_params *p;
	float rot[3][3];    /* volume offset -> bone frame */
	float half_u[SHAPE_LUT], half_v[SHAPE_LUT], off_u[SHAPE_LUT], off_v[SHAPE_LUT];
	float cortex[SHAPE_LUT], reach_at[SHAPE_LUT];
	float wave[4][2];   /* cosine and sine amplitudes of the outline's 2..5-fold waves */
	float plate[SHAPE_GRID][SHAPE_GRID];  /* height of the cartilage's middle */
	float slope[SHAPE_GRID][SHAPE_GRID];  /* cosine of its inclination */
	float thick[SHAPE_GRID][SHAPE_GRID];  /* cartilage thickness factor */
	float truth;        /* canonical slice of the plane, unrounded */
	float blobs_from;   /* canonical slice from which all four mounds show */
	float reach;        /* nothing of the bone lies further from its axis */
};

/* Points are in units of the outline: bone frame divided by params.size (u, v) and
 * params.stretch (w). */
void shape_init(struct shape *s, const struct phantom_params *p);

/* Depth below the bone's surface (positive inside) at bone-frame point. */
float shape_depth(const struct shape *s, float u, float v, float w);

/* The same for an ellipsoid (approximate away from its surface). */
float shape_ellipsoid_depth(const struct ellipsoid *e, float u, float v, float w);

/* Height of the plate, cosine of its slope and thickness factor at (u, v). */
void shape_plate(const struct shape *s, float u, float v, float *height, float *cosine, float *thick);

/* Cortex thickness at height w. */
float shape_cortex(const struct shape *s, float w);

#endif
