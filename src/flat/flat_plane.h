/* The plane in pictures along the bone. */
#ifndef FLAT_FLAT_PLANE_H
#define FLAT_FLAT_PLANE_H

#include "plane/parts.h"
#include "flat/strip.h"

#define PLANE_CROSSED_MAX 16

/* Columns where the pictures of a bone cross each other: at[i][k] of picture i, where the plane of picture k passes;
 * NAN where it does not. n: pictures; 0 where there are more than PLANE_CROSSED_MAX, and nothing is known. */
struct plane_crossings {
	int n;
	double at[PLANE_CROSSED_MAX][PLANE_CROSSED_MAX];
};

/* frames: of each picture, either end taken for distal. 0, or GPPI_E_NOMEM. */
int plane_pictures_cross(const struct picture *pictures, const struct strip_frame *frames, int n,
			 struct plane_crossings *out, struct gppi_error *err);

/* What the picture networks believe of n (>= 1) pictures of one bone, of the same rows, by canonical slice from the
 * distal end. frames: of each picture, the same end taken for distal; crossings: of plane_pictures_cross(). models:
 * that plane_picture_check() found good; run: of any network, lent to both in turn. *nearest: slices by which the plane
 * of the picture nearest to it passes the bone's middle; NAN where the pictures do not tell. */
int plane_pictures(const struct plane_models *models, struct net_run *run, const struct picture *pictures,
		   const struct strip_frame *frames, int n, const struct plane_crossings *crossings,
		   struct plane_belief *out, double *nearest, struct gppi_error *err);

#endif
