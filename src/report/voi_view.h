/* What the VOI of a measured bone shows, as pixels: grey values, tissues, local thickness. */
#ifndef REPORT_VOI_VIEW_H
#define REPORT_VOI_VIEW_H

#include "bone/bone.h"

enum { VOI_INSIDE = 1, VOI_TV = 2, VOI_STRUT = 4 }; /* within the periosteum, within the endosteum, bone there */

struct voi_view {
	int w, h;
	int at;             /* the slice, or the row of the cut, in the scan */
	double px_per_mm;
	uint8_t *grey;      /* w * h */
	uint8_t *tissue;    /* VOI_INSIDE ... of the VOI; 0 outside of it */
	float *thickness, *spacing; /* mm; 0: none there. NULL where the measures have no maps */
};

/* The slice in the middle of the VOI, or the cut along the bone through the middle of it, with some slices more at both
 * ends. At most w_max * h_max pixels, which are as large along both sides. voi_view_free(), also after a failure. */
int voi_view_slice(const struct bone *bone, int w_max, int h_max, struct voi_view *out, struct gppi_error *err);
int voi_view_along(const struct bone *bone, int w_max, int h_max, struct voi_view *out, struct gppi_error *err);
void voi_view_free(struct voi_view *view);

/* Tissues of one of the sections of the bone, w * h, as greys_section() shows it. */
void voi_tissue_section(const struct bone *bone, enum section_kind kind, int w, int h, uint8_t *tissue);

#endif
