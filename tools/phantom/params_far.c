#include "phantom/params_far.h"

#include <math.h>

static int some(struct rng *r)
{
	return rng_chance(r, 0.22f);
}

static float either(struct rng *r, float a, float b, float c, float d)
{
	return rng_chance(r, 0.5f) ? rng_range(r, a, b) : rng_range(r, c, d);
}

void params_unseen(struct phantom_params *p, struct rng *r)
{
	int pointed = rng_chance(r, 0.5f);

	p->mound_power = pointed ? rng_range(r, 0.5f, 0.75f) : rng_range(r, 2.0f, 2.8f);
	for (int i = 0; i < PHANTOM_MOUNDS; i++)
		p->mound[i][5] += 0.6f;
	p->aspect = rng_chance(r, 0.5f) ? 1.28f : 0.8f;
	p->harmonic[2][0] = rng_range(r, 0.08f, 0.13f);
	p->epi_length = rng_range(r, 65, 85);
	p->meta_length = rng_range(r, 45, 60);
	p->meta_stretch = rng_range(r, 2.8f, 4);
	p->rim_length = rng_range(r, 17, 24);
	p->edge_start = rng_range(r, 0.8f, 0.9f);
	p->bump = rng_range(r, 5, 9);
	p->medium = rng_range(r, 120, 350);
	p->blur = rng_range(r, 1.5f, 2.2f);
	p->noise_grain = 1;
}

static void widen_outline(struct phantom_params *p, struct rng *r)
{
	if (some(r)) { /* smooth, and not waisted */
		for (int i = 0; i < PHANTOM_CARVES; i++) {
			p->carve[i][2] = 0;
			p->harmonic[i][0] = 0;
		}
		p->bump = 0;
		p->blend = rng_range(r, 10, 30);
	}
	if (some(r)) { /* condyles that hardly show, or knobs */
		float f = either(r, 0.45f, 0.75f, 1.1f, 1.3f);
		for (int i = 0; i < 2; i++)
			for (int k = 0; k < 3; k++) {
				p->condyle[i].r[k] *= f;
				p->trochlea[i].r[k] *= f;
			}
	}
	if (some(r))
		p->size = either(r, 0.5f, 0.7f, 1.3f, 1.6f);
	if (some(r)) {
		float before = p->stretch;
		p->stretch = either(r, 0.55f, 0.72f, 1.3f, 1.5f);
		p->floor_z -= p->distal_end * (p->stretch - before);
	}
	if (some(r))
		p->tilt = rng_range(r, 0.1f, 0.4f);
}

static void widen_plate(struct phantom_params *p, struct rng *r)
{
	float tall = some(r) ? rng_range(r, 0.3f, 0.7f) : 1;
	float out = some(r) ? rng_range(r, 0.75f, 1.25f) : 1, wide = some(r) ? rng_range(r, 0.75f, 1.25f) : 1;
	int low = some(r) ? (int)(rng_next(r) % PHANTOM_MOUNDS) : PHANTOM_MOUNDS;

	for (int i = 0; i < PHANTOM_MOUNDS; i++) {
		float *m = p->mound[i];
		m[0] *= out;
		m[1] *= out;
		m[2] *= wide;
		m[3] *= wide;
		m[4] *= tall * (i == low ? 0.35f : 1);
	}
	p->mound_bell = some(r);
	p->layers_along_axis = some(r);
	if (some(r)) {
		p->edge[0] = rng_range(r, -15, 80); /* real side views: up to 70 beyond the plane */
		p->edge[1] = rng_range(r, -10, 16);
	}
	if (some(r)) {
		p->slope[0] = rng_range(r, -0.2f, 0.2f);
		p->slope[1] = rng_range(r, -0.35f, 0.35f);
	}
	if (some(r))
		p->wave = rng_range(r, 0, 5);
	if (some(r)) {
		p->cartilage = rng_range(r, 2, 18);
		p->cartilage_vary = rng_range(r, 0, 0.6f);
	}
	if (some(r))
		p->bridge = rng_range(r, 0.2f, 0.45f);
}

static void widen_inside(struct phantom_params *p, struct rng *r)
{
	p->blobs = some(r);
	if (some(r)) {
		p->epi_bv = rng_range(r, 0.06f, 0.8f);
		p->epi_length = rng_range(r, 12, 60);
	}
	if (some(r)) {
		float f = expf(rng_range(r, -1.6f, 1));
		for (int i = 0; i < PHANTOM_ZONES; i++)
			p->meta_bv[i] = fminf(p->meta_bv[i] * f, 0.5f);
		p->meta_length = rng_range(r, 8, 42);
		p->meta_stretch = rng_range(r, 0.8f, 2.7f);
	}
	if (some(r)) {
		p->rim_density = rng_range(r, 0.2f, 0.97f);
		p->rim_fade = rng_range(r, 0.2f, 7);
	}
	if (some(r)) {
		p->end_plate = rng_range(r, 1, 36);
		p->end_plate_porosity = rng_range(r, 0, 0.55f);
	}
	if (some(r)) {
		p->cortex = either(r, 0.25f, 0.5f, 1.4f, 2.2f);
		p->cortex_epi = rng_range(r, 2, 36);
		p->cortex_pores = 0;
	}
	if (p->rim_density < 1.6f * p->meta_bv[0]) /* the rim stands out, or there is nothing to see */
		p->rim_density = fminf(1.6f * p->meta_bv[0], 0.85f);
}

static void widen_grey(struct phantom_params *p, struct rng *r)
{
	if (some(r)) {
		p->bone = rng_range(r, 600, 3200);
		p->marrow = rng_range(r, -1000, 0.3f * p->bone);
		p->cartilage_grey = p->marrow + rng_range(r, -0.05f, 0.55f) * (p->bone - p->marrow);
	}
	if (some(r))
		p->cupping = rng_range(r, -0.25f, 0.35f);
	if (some(r)) { /* clean, as drawn by a program */
		p->noise = rng_range(r, 0, 60);
		p->blur = rng_range(r, 0, 0.5f);
		p->ring = p->streak = p->motion[0] = p->motion[1] = p->tissue_depth = 0;
		p->nloose = p->nbubbles = 0;
		for (int i = 0; i < PHANTOM_JOINTS; i++)
			p->joint_shift[i][0] = p->joint_shift[i][1] = p->joint_gain[i] = 0;
	} else if (some(r)) {
		p->noise = rng_range(r, 300, 700);
	}
}

void params_wide(struct phantom_params *p, struct rng *r)
{
	widen_outline(p, r);
	widen_plate(p, r);
	widen_inside(p, r);
	widen_grey(p, r);
}
