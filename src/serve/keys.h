/* Private keys of TLS that other users of the machine can read. */
#ifndef SERVE_KEYS_H
#define SERVE_KEYS_H

#include "serve/core/config.h"

/* Warns of each in the log; with `strict`, the first one is an error. */
int keys_check(const struct serve_config *config, struct gppi_error *err);

#endif
