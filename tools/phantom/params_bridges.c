#include "phantom/params.h"
#include "phantom/params_shape.h"

#define REACH 55.0f /* of their axes from that of the bone */
#define APART 6.0f  /* of their surfaces */
#define TRIES 40

static int is_free(const struct phantom_params *p, const float at[3])
{
	for (int i = 0; i < p->nbridges; i++) {
		const float *b = p->bridge_at[i];
		if (hypotf(at[0] - b[0], at[1] - b[1]) < at[2] + b[2] + APART)
			return 0;
	}
	return 1;
}

void phantom_params_bridges(struct phantom_params *p, int n)
{
	struct rng r = { p->seed ^ 0x627269646765 }; /* the other parameters stay those of the seed */

	p->bridge = 0;
	p->nbridges = 0;
	for (int i = 0; i < TRIES * PHANTOM_BRIDGES && p->nbridges < n && p->nbridges < PHANTOM_BRIDGES; i++) {
		float out = REACH * p->size * sqrtf(rng_range(&r, 0, 1)), dir = rng_range(&r, 0, TURN);
		float at[3] = { out * cosf(dir), out * sinf(dir), rng_range(&r, 3, 8) };
		if (!is_free(p, at))
			continue;
		for (int k = 0; k < 3; k++)
			p->bridge_at[p->nbridges][k] = at[k];
		p->nbridges++;
	}
}
