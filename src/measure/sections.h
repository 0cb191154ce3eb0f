/* Areas and moments of the cross-sections of a bone, slice by slice. */
#ifndef MEASURE_SECTIONS_H
#define MEASURE_SECTIONS_H

#include "measure/layers.h"

struct cross_section {
	double total_mm2, cortex_mm2, marrow_mm2; /* Tt.Ar, Ct.Ar, Ma.Ar */
	double imin_mm4, imax_mm4;                /* of the cortex, about its centroid, from voxel centres */
	double outer_mm, inner_mm; /* perimeters of the whole section and of the marrow; Crofton, 4 directions */
};

/* Of a section: outline (not 0: within the periosteum), cortex (not 0: cortical bone) and marrow (not 0: within the
 * endosteum), slices of nx * ny, whose voxels lie as the lattice says. */
struct cross_section section_measure(const struct grid *g, const struct lattice *l, const uint8_t *outline,
				     const uint8_t *cortex, const uint8_t *marrow);

/* Marks the holes of every slice: voxels of 0 that no path over faces leads out of. The others of 0 stay so; not 0
 * becomes 1 everywhere. out: as large as the mask; the mask itself will do. */
int sections_fill(const struct grid *g, const uint8_t *mask, int threads, uint8_t *out, struct gppi_error *err);

#endif
