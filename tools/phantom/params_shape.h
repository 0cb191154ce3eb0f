/* Chance in the shape of a bone: outline, plate, and what is inside. */
#ifndef PHANTOM_PARAMS_SHAPE_H
#define PHANTOM_PARAMS_SHAPE_H

#include "phantom/params.h"
#include "phantom/rng.h"

#define TURN 6.2831853f

static inline float clampf(float v, float lo, float hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

void params_outline(struct phantom_params *p, struct rng *r);
void params_plate(struct phantom_params *p, struct rng *r, int young);
void params_inside(struct phantom_params *p, struct rng *r, int young, int porotic);
/* The second style. Thickness and spacing as measured on real bones, and beyond. */
void params_foam(struct phantom_params *p, struct rng *r, int young, int porotic);

#endif
