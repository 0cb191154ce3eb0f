/* The slices of several bones of one scan, made in one pass: every slice of the scan is read once for all. */
#ifndef SLICES_HOLDER_SLICES_H
#define SLICES_HOLDER_SLICES_H

#include "scan/crop.h"
#include "slices/cache.h"
#include "slices/sections.h"

struct holder_slices_bone {
	struct crop box;
	struct frame frame;         /* within the box */
	struct slices_cache cache;  /* filled here; the owner frees it */
	struct sections *sections;  /* filled on the way; the owner frees them. NULL: not wanted */
};

/* Fills the caches of n bones on `threads` workers: their slices and some beside them, which networks near the
 * ends ask for. Bones whose frame has no slices stay without. */
int holder_slices_make(struct scan *whole, struct holder_slices_bone *bones, int n, int threads, struct err *err);

#endif
