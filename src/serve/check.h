/* For `gppi serve --check-config`: does what the configuration names lie on disk, as a start needs it? */
#ifndef SERVE_CHECK_H
#define SERVE_CHECK_H

#include <stdio.h>

#include "serve/core/config.h"

/* Changes nothing. The first thing that keeps the service from starting is the error; what it would wait for is
 * told in `notes`. Ports are not tried: a service may be running. */
int check_disk(const struct serve_config *c, FILE *notes, struct gppi_error *err);

#endif
