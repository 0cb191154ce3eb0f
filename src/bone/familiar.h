/* What bones the networks were trained on look like, from the description of the weights. */
#ifndef BONE_FAMILIAR_H
#define BONE_FAMILIAR_H

#include "base/err.h"
#include "plane/plane.h"

/* Reads "familiar" of a weight file's description (JSON, not NULL): {"mean": [PLANE_AROUND numbers], "sd": [as many,
 * above 0], "limit": above 0}. 1: *out is filled; 0: the description has none; GPPI_E_WEIGHTS where it is something
 * else. label: the file, for the message. */
int familiar_read(const char *meta, const char *label, struct plane_familiar *out, struct gppi_error *err);

#endif
