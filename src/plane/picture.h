/* The plane in pictures along the bone. */
#ifndef PLANE_PICTURE_H
#define PLANE_PICTURE_H

#include "plane/parts.h"
#include "slices/strip.h"

/* What the long-axis networks believe of n (>= 1) pictures of one bone, of the same rows, by canonical slice from the
 * distal end. frames: of each picture, the same end taken for distal. models: that plane_long_check() found good;
 * run: of any network, lent to both in turn. */
int plane_pictures(const struct plane_models *models, struct net_run *run, const struct picture *pictures,
		   const struct strip_frame *frames, int n, struct plane_belief *out, struct err *err);

#endif
