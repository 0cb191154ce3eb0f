/* The grey pictures of the QC and study pages, resampled to the size they are shown at. */
#ifndef REPORT_VIEWS_H
#define REPORT_VIEWS_H

#include "slices/slices.h"

/* Long-axis view (axis 0: constant x, 1: constant y), w * h bytes, the file's slices downwards. */
int views_longaxis(struct scan *scan, const struct frame *frame, int axis, int w, int h,
		   uint8_t *out, struct err *err);

/* n views along the z axis through the square's centre, in one pass over the scan: view i is the
 * plane that holds the direction angle[i] degrees from x towards y. w * h bytes each. */
int views_around(struct scan *scan, const struct frame *frame, int n, const double *angle, int w, int h,
		 uint8_t *const *out, struct err *err);

/* The square around the bone in slice z of the file, at the file's own resolution, px * px bytes. */
int views_axial(struct scan *scan, const struct frame *frame, int z, int px, uint8_t *out,
		struct err *err);

#endif
