/* What the other rooms need to know of an input. */
#ifndef API_INPUT_H
#define API_INPUT_H

#include "gppi/gppi.h"
#include "scan/scan.h"

const struct scan_set *input_set(const struct gppi_input *input);

#endif
