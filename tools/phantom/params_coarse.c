#include "phantom/params.h"
#include "phantom/rng.h"

void phantom_params_coarse(struct phantom_params *p)
{
	struct rng r = { p->seed ^ 0x636f61727365 }; /* the other parameters stay those of the seed */
	float bv = rng_range(&r, 0.05f, 0.25f), thick = rng_range(&r, 4, 6);

	p->meta_rod = rng_range(&r, 0.4f, 0.9f);
	/* radius of a strut in units of the texture, for sheets and rods: see strut_radius() in tissue.c */
	float radius = powf(1.2533f * bv, 1 - p->meta_rod) * powf(-2 * logf(1 - bv), 0.5f * p->meta_rod);
	p->meta_length = fminf(fmaxf(2.5f * thick / radius, 20), 90);
	p->meta_stretch = rng_range(&r, 1, 1.6f);
	p->columns_reach = 0;
	p->blobs = 0;
	for (int i = 0; i < PHANTOM_ZONES; i++)
		p->meta_bv[i] = bv * (1.15f - 0.06f * (float)i);
}
