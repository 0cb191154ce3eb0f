/* The grey pictures of the QC and study pages, resampled to the size they are shown at. */
#ifndef REPORT_VIEWS_H
#define REPORT_VIEWS_H

#include "slices/sections.h"

/* One of the planes along the bone, w * h bytes, the file's slices downwards. */
int views_section(const struct sections *sections, enum section_kind which, int w, int h, uint8_t *out, struct err *err);

/* The square around the bone in slice z of the file, at the file's own resolution, px * px bytes. */
int views_axial(struct scan *scan, const struct frame *frame, int z, int px, uint8_t *out,
		struct err *err);

#endif
