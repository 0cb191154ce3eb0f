/* Renders a synthetic bone slice by slice, as a scan like any other. */
#ifndef PHANTOM_RENDER_H
#define PHANTOM_RENDER_H

#include "phantom/params.h"
#include "phantom/shape.h"
#include "scan/crop.h"
#include "scan/scan.h"

/* Wraps bone `p` as a scan of nx/step x ny/step x nz voxels of 10*step x 10*step x 10 um, rendered
 * when read. step 1 for files, 2 for training (the networks see about 35 um). reverse: shaft
 * first. Outside the rectangle `only` (voxels of the scan, within it; NULL: none) nothing is drawn but
 * medium and noise, for whoever reads no more than the bone. `truth` (may be NULL) receives the canonical
 * plane, `blobs_from` (may be NULL) the slice from which all four mounds show; both are meaningless
 * unless p->kind is PHANTOM_FEMUR. */
int phantom_scan(const struct phantom_params *p, int step, int reverse, const struct crop *only,
		 struct scan **out, float *truth, float *blobs_from, struct gppi_error *err);

/* What each voxel of phantom_scan(p, 1, reverse ...) consists of most. */
enum phantom_label { PHANTOM_OUTSIDE, PHANTOM_CORTEX, PHANTOM_SPONGIOSA, PHANTOM_MARROW, PHANTOM_CARTILAGE };
int phantom_labels(const struct phantom_params *p, int reverse, struct scan **out, struct gppi_error *err);

#endif
