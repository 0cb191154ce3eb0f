/* Bones of another make than the measured ones: for training (wide) and for testing (unseen). */
#ifndef PHANTOM_PARAMS_FAR_H
#define PHANTOM_PARAMS_FAR_H

#include "phantom/params.h"
#include "phantom/rng.h"

/* Pushes what was drawn into settings that training never draws: how a detector fares on bones of another make. */
void params_unseen(struct phantom_params *p, struct rng *r);

/* Pushes some of what was drawn far apart, each with a chance of its own, and leaves other things out, as simpler
 * generators and odd scans would. Training draws these; none of the settings of params_unseen() is among them. */
void params_wide(struct phantom_params *p, struct rng *r);

#endif
