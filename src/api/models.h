#ifndef API_MODELS_H
#define API_MODELS_H

#include "gppi/gppi.h"
#include "plane/plane.h"

/* The networks sorted by what they are for; regressors in the order of their names. */
const struct plane_models *models_plane(const struct gppi_models *models);

/* Loads what the fp32 engine needs, once; several threads may ask. */
int models_floats(const struct gppi_models *models, struct err *err);

#endif
