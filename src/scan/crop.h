/* A rectangle of every slice of a scan, as a scan of its own: one bone of a holder. */
#ifndef SCAN_CROP_H
#define SCAN_CROP_H

#include "scan/scan.h"

struct crop {
	int x0, y0; /* first voxel, in the scan's own */
	int nx, ny; /* voxels */
};

/* Opens the rectangle, which must lie within the scan, under a name (NULL: that of the scan). Slices and
 * all else are those of the scan, which is borrowed: it must outlive the view, and closing the view
 * leaves it open. Views of one scan may be used by several threads at once. Owned by the caller:
 * scan_close(). */
int crop_open(struct scan *whole, const struct crop *box, const char *name, struct scan **out,
	      struct gppi_error *err);

/* The rectangle of everything. */
struct crop crop_all(const struct scan_info *info);

#endif
