/* What the scanner adds to a rendered slice: blur, noise, rings, streaks, joints, grey scale. */
#ifndef PHANTOM_IMAGE_H
#define PHANTOM_IMAGE_H

#include <stdint.h>

#include "phantom/params.h"

/* img: nx*ny grey values of canonical slice z at `step`, changed in place; tmp: same size. */
void image_degrade(const struct phantom_params *p, int nx, int ny, int step, int z, float *img, float *tmp);

/* Grey values to the int16 of the file: calibration error, clipping, 8-bit export. */
void image_store(const struct phantom_params *p, int n, const float *img, int16_t *out);

/* Lateral shift (voxels) and brightness change of slice z by stitched blocks. */
void image_joint(const struct phantom_params *p, int z, float shift[2], float *gain);

#endif
