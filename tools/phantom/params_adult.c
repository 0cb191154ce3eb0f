#include "phantom/params_adult.h"

#include <math.h>

#include "phantom/params_shape.h"

static float draw(struct rng *r, float mean, float sd)
{
	return clampf(rng_gauss(r, mean, sd), mean - 2 * sd, mean + 2 * sd);
}

void params_adult(struct phantom_params *p, struct rng *r)
{
	static const float zone[PHANTOM_ZONES] = { .16f, .07f, .045f, .03f, .02f, .012f };

	p->tilt = clampf(p->tilt, 0, 0.1f);
	p->cell = draw(r, 17, 1.5f);
	p->cell_wall = draw(r, 3.2f, 0.2f);
	p->cell_open = rng_range(r, 0.25f, 0.35f);
	p->hollow = rng_range(r, 0, 0.06f);
	p->hollow_length = rng_range(r, 45, 60);
	p->end_plate = draw(r, 8.5f, 0.8f);
	p->end_plate_porosity = rng_range(r, 0.15f, 0.3f);
	p->rim_fade = rng_range(r, 4, 11);
	p->rim_density = rng_range(r, 0.36f, 0.54f);
	for (int i = 0; i < PHANTOM_MOUNDS; i++) {
		float *m = p->mound[i];
		m[0] += 0.5f * ((m[0] < 0 ? -46 : 46) - m[0]);
		m[1] += 0.5f * ((m[1] < 0 ? -60 : 60) - m[1]);
		m[2] += 0.5f * (46 - m[2]);
		m[3] += 0.5f * (58 - m[3]);
		m[4] += 0.6f * (52 - m[4]);
	}
	p->mound_power = rng_range(r, 0.9f, 1.3f);
	p->edge[0] = rng_range(r, 0, 24);
	p->edge[1] = draw(r, 0, 3);
	p->edge[2] = draw(r, 0, 3);
	p->edge_start = rng_range(r, 0.5f, 0.8f);
	p->slope[0] = draw(r, 0, 0.03f);
	p->slope[1] = draw(r, 0, 0.04f);
	p->noise = clampf(p->noise, 40, 240);
	p->columns_reach = 0;
	for (int i = 0; i < PHANTOM_ZONES; i++)
		p->meta_bv[i] = sqrtf(p->meta_bv[i] * zone[i]);
}
