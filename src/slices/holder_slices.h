/* The slices of several bones of one scan, made in one pass: every slice of the scan is read once for all. */
#ifndef SLICES_HOLDER_SLICES_H
#define SLICES_HOLDER_SLICES_H

#include "scan/crop.h"
#include "slices/sections.h"
#include "slices/slices.h"

struct holder_slices_bone {
	struct crop box;
	struct frame frame;         /* within the box */
	struct slices slices;       /* first and n: which; made here, and freed by the owner */
	struct sections *sections;  /* filled on the way; the owner frees them. NULL: not wanted */
};

/* Makes the slices of n bones on `threads` workers. After a failure no bone has any. */
int holder_slices_make(struct scan *whole, struct holder_slices_bone *bones, int n, int threads,
		       struct gppi_error *err);

#endif
