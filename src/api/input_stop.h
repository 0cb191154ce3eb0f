/* Whom public functions ask, while they read an input, whether to go on. C and C++. */
#ifndef API_INPUT_STOP_H
#define API_INPUT_STOP_H

#include "base/stop.h"
#include "gppi/gppi.h"

/* Around all that a public function reads of an input: `opt` (may be NULL) tells whom to ask, else it is the one
 * that opening was given. The second names the input in the sentence of `rc`, where it comes from rooms that do not
 * know it, and returns rc. */
struct stop_before input_begin(struct gppi_input *input, const struct gppi_options *opt);
int input_end(struct gppi_input *input, struct stop_before before, int rc, struct err *err);

#endif
