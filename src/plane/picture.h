/* The plane in pictures along the bone. */
#ifndef PLANE_PICTURE_H
#define PLANE_PICTURE_H

#include "plane/parts.h"
#include "slices/strip.h"

/* What the long-axis networks believe of a picture, by canonical slice from the distal end. models: that
 * plane_long_check() found good; run: of any network, lent to both in turn. */
int plane_picture(const struct plane_models *models, struct net_run *run, const struct picture *picture,
		  const struct strip_frame *frame, struct plane_belief *out, struct err *err);

#endif
