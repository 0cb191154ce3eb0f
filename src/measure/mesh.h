/* The surface of a mask as triangles: its area, and how that grows where the surface moves outwards, which the
 * structure model index rests on (Hildebrand and Ruegsegger 1997). */
#ifndef MEASURE_MESH_H
#define MEASURE_MESH_H

#include "measure/grey.h"

struct surface {
	double area, growth, volume; /* mm2; mm2 per mm outwards; mm3 within */
};

/* The mask, as values of the block `out`, smoothed by a Gauss of 1 voxel: without it triangles are steps of voxels.
 * grey_free(). */
int mesh_smooth(const struct grid *g, const uint8_t *mask, int threads, struct grey *out, struct gppi_error *err);

/* Triangles between slices first .. last and their neighbours (marching tetrahedra), into out[first] .. out[last]:
 * a cube of eight voxel centres counts as far as these lie in `where` (NULL: everywhere), each for its slice.
 * Beside the block voxels go on as they are, so that faces which cut the mask are no surface. */
int mesh_measure(const struct grey *smooth, const uint8_t *where, int first, int last, int threads, struct surface *out,
		 struct gppi_error *err);

void mesh_add(struct surface *sum, const struct surface *more);

/* 6 V S' / S^2: 0 of plates, 3 of rods, 4 of balls; NaN without a surface. */
double mesh_smi(const struct surface *s);

#endif
