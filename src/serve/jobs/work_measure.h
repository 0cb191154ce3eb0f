/* Measures of bones, where `measure` is configured. */
#ifndef SERVE_JOBS_WORK_MEASURE_H
#define SERVE_JOBS_WORK_MEASURE_H

#include <jansson.h>

#include "gppi/gppi.h"
#include "serve/core/work.h"

/* Measures the VOI of bone `index`, for the outputs that follow. Negative where the job is to be tried again; a bone
 * that cannot be measured is answered without. */
int work_measure(const struct work *w, struct gppi_input *input, int index, const struct gppi_result *result,
		 struct gppi_error *err);
/* Adds the numbers to its line of the result, where there are any. */
void work_measured(struct gppi_input *input, int index, json_t *line);
/* Of several bones, only the one at work keeps what is large. */
void work_measure_end(struct gppi_input *input, int index);

#endif
