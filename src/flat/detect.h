/* The plane in pictures along the bone. */
#ifndef FLAT_DETECT_H
#define FLAT_DETECT_H

#include "base/err.h"
#include "gppi/gppi.h"
#include "plane/plane.h"

/* What gppi_longaxis() does with the networks for pictures. */
int flat_detect(const struct plane_models *models, const char *const *paths, int n,
		const struct gppi_picture_options *opt, struct gppi_picture_result *out, struct gppi_error *err);

#endif
