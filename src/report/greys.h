/* The grey pictures of the QC and study pages, resampled to the size they are shown at. */
#ifndef REPORT_GREYS_H
#define REPORT_GREYS_H

#include "slices/sections.h"

/* One of the planes along the bone, w * h bytes, the file's slices downwards. */
int greys_section(const struct sections *sections, enum section_kind which, int w, int h, uint8_t *out,
		  struct gppi_error *err);

/* The square around the bone in slices z[0..n-1] of the file, at the file's own resolution, px * px bytes each. */
int greys_axial(struct scan *scan, const struct frame *frame, const int *z, int n, int px, int threads,
		uint8_t *const *out, struct gppi_error *err);

#endif
