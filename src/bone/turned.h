/* A VOI that lies across the axis of the shaft, in a bone that is tilted against the slices. */
#ifndef BONE_TURNED_H
#define BONE_TURNED_H

#include "bone/bone.h"
#include "measure/layers.h"
#include "measure/segment.h"

struct turned_voi {
	struct layers layers; /* anchored on the shaft's axis in the middle of the VOI */
	double middle;        /* slice of the axis there, and */
	double thin;          /* thickness of a layer by that of a slice: the cosine of the tilt */
	int first, last;      /* layers */
};

/* Where layer k crosses the axis: a slice, as `middle` counts them. Layers are nearer to each other than slices. */
double turned_slice(const struct turned_voi *voi, int k);

/* As long as the VOI of the bone's result, and as far from where the axis crosses the plane, along the axis. In voxels
 * of the scan; slices: what the layers reach around the bone. */
struct turned_voi turned_make(const struct bone *bone, int slices[2]);
/* Into voxels of the block that was segmented, which gets its slices of the VOI. Layers that the scan has not all of
 * are left out, and the bone is marked; GPPI_E_NOBONE, with the path, where none is left. */
int turned_enter(struct turned_voi *voi, const char *path, struct segment *s, struct gppi_error *err);
/* The masks keep the VOI only. */
int turned_cut(const struct turned_voi *voi, struct segment *s, struct gppi_error *err);

#endif
