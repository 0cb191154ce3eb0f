/* An adult bone as the labelled real ones are: the grey levels across the plate and their spread between bones
 * follow those. */
#ifndef PHANTOM_PARAMS_ADULT_H
#define PHANTOM_PARAMS_ADULT_H

#include "phantom/params.h"
#include "phantom/rng.h"

/* Narrows what was drawn for a bone of the second style. */
void params_adult(struct phantom_params *p, struct rng *r);

#endif
