/* The plane in pictures along the bone. */
#ifndef PLANE_PICTURE_H
#define PLANE_PICTURE_H

#include "plane/parts.h"
#include "slices/strip.h"

/* What the long-axis network believes of a picture, by canonical slice from the distal end. run: of a
 * network that plane_detect() would take. */
int plane_picture(struct net_run *run, const struct picture *picture, const struct strip_frame *frame,
		  struct plane_belief *out, struct err *err);

#endif
