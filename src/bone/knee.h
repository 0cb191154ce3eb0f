/* The growth plate and the landmarks of a bone, in slices of its scan. */
#ifndef BONE_KNEE_H
#define BONE_KNEE_H

#include "bone/bone.h"
#include "measure/landmarks.h"
#include "measure/plate.h"

struct bone_knee {
	struct plate plate;         /* in the block's own slices */
	struct landmark secondary;  /* slice of the scan */
	struct landmark begin;      /* where the plate begins: slice of the scan */
	struct plate_place place;   /* of plate */
	double touch[2];            /* voxels of the scan: plate.touch */
};

/* Of a bone with a plane: first the voxels around it are read into *grey (grey_free()), then, without the scan, what
 * they show is found. grey->v is NULL where there is nothing to look at. bone_knee_free(), also after a failure. */
int bone_knee_read(struct bone *bone, int threads, struct bone_knee *out, struct grey *grey, struct gppi_error *err);
int bone_knee_find(const struct bone *bone, const struct grey *grey, int threads, struct bone_knee *out,
		   struct gppi_error *err);
void bone_knee_free(struct bone_knee *k);

#endif
