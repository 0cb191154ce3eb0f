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

/* Of a bone with a plane. bone_knee_free(), also after a failure. */
int bone_knee_find(struct bone *bone, int threads, struct bone_knee *out, struct gppi_error *err);
void bone_knee_free(struct bone_knee *k);

#endif
