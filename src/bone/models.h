/* The networks of a detection: built into the program, or the files of a folder. */
#ifndef BONE_MODELS_H
#define BONE_MODELS_H

#include "base/err.h"
#include "gppi/gppi.h"
#include "plane/plane.h"

/* What gppi_models_open() and its kin do. */
int models_open(const char *folder, struct gppi_models **out, struct gppi_error *err);
int models_count(const struct gppi_models *models);
const struct gppi_model_info *models_info(const struct gppi_models *models, int index);
const char *models_trained_on(const struct gppi_models *models, bool pictures);
void models_free(struct gppi_models *models); /* NULL allowed */

/* Loads what an engine needs, once; several threads may ask. */
int models_ready(const struct gppi_models *models, enum net_engine engine, struct gppi_error *err);

/* The networks sorted by what they are for; regressors in the order of their names. */
const struct plane_models *models_plane(const struct gppi_models *models);

#endif
