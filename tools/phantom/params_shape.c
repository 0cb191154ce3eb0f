#include "phantom/params_shape.h"

void params_outline(struct phantom_params *p, struct rng *r)
{
	p->size = clampf(rng_gauss(r, 1.0f, 0.11f), 0.7f, 1.35f);
	p->stretch = clampf(rng_gauss(r, 1.0f, 0.12f), 0.7f, 1.35f);
	p->aspect = rng_gauss(r, 1.0f, 0.08f);
	for (int i = 0; i < 2; i++) {
		p->bend[i] = rng_gauss(r, 0, 15);
		p->sway[i] = rng_gauss(r, 0, 7);
	}
	for (int i = 0; i < 4; i++) {
		p->harmonic[i][0] = rng_range(r, 0, 0.09f / (1 + 0.5f * (float)i));
		p->harmonic[i][1] = rng_range(r, 0, TURN);
	}
	p->bump = rng_range(r, 0, 5);
	p->bump_length = rng_range(r, 25, 90);
	p->blend = rng_range(r, 4, 18);
	p->distal_end = -clampf(rng_gauss(r, 130, 17), 85, 185);
	float tall = -p->distal_end / 130;

	for (int i = 0; i < 2; i++) {
		float side = i ? 1 : -1;
		struct ellipsoid *e = &p->condyle[i];
		e->c[0] = side * rng_range(r, 36, 60);
		e->c[1] = -rng_range(r, 60, 112);
		e->c[2] = -rng_range(r, 45, 78) * tall;
		e->r[0] = rng_range(r, 34, 56);
		e->r[1] = rng_range(r, 40, 66);
		e->r[2] = rng_range(r, 44, 78) * tall;
		e = &p->trochlea[i];
		e->c[0] = side * rng_range(r, 20, 50);
		e->c[1] = rng_range(r, 35, 72);
		e->c[2] = -rng_range(r, 55, 95) * tall;
		e->r[0] = rng_range(r, 25, 50);
		e->r[1] = rng_range(r, 25, 48);
		e->r[2] = rng_range(r, 35, 60) * tall;
	}
	for (int i = 0; i < PHANTOM_CARVES; i++) {
		/* 0: notch between the condyles, 1: patellar groove, others anywhere at the rim */
		float dir = i == 0 ? -0.25f * TURN : i == 1 ? 0.25f * TURN : rng_range(r, 0, TURN);
		float out = i == 0 ? rng_range(r, 95, 175) : i == 1 ? rng_range(r, 105, 165) : rng_range(r, 95, 150);
		dir += rng_gauss(r, 0, 0.12f);
		p->carve[i][0] = out * cosf(dir);
		p->carve[i][1] = out * sinf(dir);
		p->carve[i][2] = rng_range(r, 22, 55) * (i > 1 && rng_chance(r, 0.5f) ? 0 : 1);
		p->carve[i][3] = -400;
		p->carve[i][4] = i == 0 ? rng_range(r, -45, 25) : rng_range(r, -70, 40);
	}
}

void params_plate(struct phantom_params *p, struct rng *r, int young)
{
	float top = clampf(rng_gauss(r, 47, 13), 14, 86);
	float su = rng_range(r, 37, 58), sv = rng_range(r, 42, 80);

	if (top > -0.62f * p->distal_end)
		top = -0.62f * p->distal_end;
	float wide = rng_range(r, 0.85f, 1.2f), at_u = rng_gauss(r, 0, 9), at_v = rng_gauss(r, 0, 10);
	for (int i = 0; i < PHANTOM_MOUNDS; i++) {
		float *m = p->mound[i];
		int front = i >= 2;
		m[0] = (i & 1 ? 1.f : -1.f) * su * rng_gauss(r, front ? 0.9f : 1, 0.1f) + at_u;
		m[1] = (front ? 1.f : -1.f) * sv * rng_gauss(r, 1, 0.1f) + at_v;
		m[2] = su * rng_gauss(r, wide, 0.11f);
		m[3] = sv * rng_gauss(r, front ? 1.07f * wide : 0.95f * wide, 0.12f);
		m[4] = top * rng_gauss(r, front ? 0.85f : 1.05f, 0.16f);
		m[5] = rng_gauss(r, 0, 0.2f);
		if (m[4] > -0.72f * p->distal_end)
			m[4] = -0.72f * p->distal_end;
	}
	if (rng_chance(r, 0.12f)) /* a pair grown together */
		for (int i = 0; i < 2; i++)
			p->mound[2 + i][0] *= 0.7f;
	p->mound_power = rng_range(r, 0.8f, 1.9f);
	p->slope[0] = clampf(rng_gauss(r, 0, 0.05f), -0.15f, 0.15f);
	p->slope[1] = clampf(rng_gauss(r, 0, 0.09f), -0.3f, 0.3f);
	p->edge[0] = rng_chance(r, 0.75f) ? rng_range(r, 4, 46) : 0;
	p->edge[1] = rng_gauss(r, 2, 6);
	p->edge[2] = rng_gauss(r, 0, 8);
	p->edge_dir = rng_range(r, 0, TURN);
	p->edge_start = rng_range(r, 0.2f, 0.75f);
	p->edge_focus = rng_range(r, 0.7f, 3);
	p->wave = rng_range(r, 0.3f, 2.6f);
	p->wave_length = rng_range(r, 18, 60);
	p->cartilage = young ? rng_range(r, 7, 16) : clampf(rng_gauss(r, 5.5f, 1.7f), 2.5f, 11);
	p->cartilage_vary = rng_range(r, 0.05f, 0.5f);
	p->cartilage_cortex = rng_range(r, 0, 1.1f);
	p->rim = young ? rng_range(r, 5, 16) : clampf(rng_gauss(r, 6.5f, 2.2f), 3, 13);
	p->rim_density = rng_range(r, 0.34f, 0.78f);
	p->rim_length = rng_range(r, 5, 16);
	p->rim_fade = rng_range(r, 0.5f, 3.5f);
	p->end_plate = young ? rng_range(r, 10, 24) : clampf(rng_gauss(r, 12, 4), 3, 24);
	p->end_plate_porosity = rng_range(r, 0, 0.3f);
	p->bridge = rng_chance(r, 0.4f) ? rng_range(r, 0.01f, 0.3f) : 0;
}

void params_inside(struct phantom_params *p, struct rng *r, int young, int porotic)
{
	/* bone fraction at heights 5..25, 25..50, 50..120, 120..180, 180..260, beyond */
	static const float adult[PHANTOM_ZONES] = { .15f, .085f, .06f, .04f, .022f, .01f };
	static const float juvenile[PHANTOM_ZONES] = { .29f, .19f, .14f, .09f, .05f, .02f };
	float dense = 0.85f * expf(rng_gauss(r, 0, 0.45f)) * (porotic ? 0.4f : 1);
	/* Some strains and most young animals fill the whole metaphysis with fine columns: no empty marrow
	 * below the rim, which hardly differs from what follows; the label then sits just below the dark
	 * band. The columns go on far beyond any rim, or the two could not be told apart. */
	float full = rng_range(r, 1.8f, 4), reach = rng_range(r, 0.5f, 1);
	float stands_out = rng_range(r, 1, 1.6f), thin = rng_range(r, 1, 6);
	if (rng_chance(r, porotic ? 0 : young ? 0.6f : 0.2f)) {
		p->rim = thin;
	} else {
		full = 1;
		stands_out = 1.8f;
	}

	p->epi_bv = clampf(rng_gauss(r, 0.34f, 0.075f) * (porotic ? 0.6f : 1), 0.1f, 0.55f);
	p->epi_length = rng_range(r, 26, 62);
	p->epi_rod = rng_range(r, 0.0f, 0.9f);
	for (int i = 0; i < PHANTOM_ZONES; i++)
		p->meta_bv[i] = clampf((young ? juvenile : adult)[i] * dense *
				       (1 + (full - 1) * powf(reach, 0.4f * (float)i)) *
				       expf(rng_gauss(r, 0, 0.25f)), 0.0005f, 0.5f);
	if (p->rim_density < stands_out * p->meta_bv[0]) /* the rim stands out from what follows it */
		p->rim_density = fminf(stands_out * p->meta_bv[0], 0.85f);
	p->meta_length = full > 1 ? rng_range(r, 8, 28) : rng_range(r, 18, 42);
	p->meta_stretch = full > 1 ? rng_range(r, 1.5f, 5.5f) : rng_range(r, 1.0f, 2.6f);
	if (full > 1 && rng_chance(r, 0.6f)) { /* growing: the first columns are finer and closer */
		p->columns_bv = rng_range(r, 0.15f, 0.45f);
		p->columns_reach = rng_range(r, 25, 110);
		p->columns_length = rng_range(r, 6, 13);
		p->columns_stretch = rng_range(r, 2, 6);
	}
	p->meta_rod = rng_range(r, 0.4f, 1.0f);
	p->meta_edge = rng_range(r, 0, 1.2f);
	p->cortex = clampf(rng_gauss(r, 1, 0.28f), 0.45f, 1.9f) *
		    (porotic ? 0.75f : full > 1 ? rng_range(r, 0.4f, 1) : 1);
	p->cortex_epi = clampf(rng_gauss(r, 11, 4.5f), 4, 28);
	p->cortex_vary = rng_range(r, 0.05f, 0.5f);
	p->cortex_pores = rng_range(r, 0, 0.35f);
	p->texture = (int)(rng_next(r) % 8);
	for (int i = 0; i < 3; i++)
		p->texture_shift[i] = rng_range(r, 0, 64);
}

void params_foam(struct phantom_params *p, struct rng *r, int young, int porotic)
{
	static const float adult[PHANTOM_ZONES] = { .095f, .06f, .04f, .03f, .02f, .012f };
	static const float juvenile[PHANTOM_ZONES] = { .30f, .20f, .12f, .07f, .04f, .02f };
	float dense = expf(rng_gauss(r, 0, 0.38f)) * (porotic ? 0.5f : 1);

	p->foam = 1;
	p->cell = rng_range(r, 13, 27);
	p->cell_wall = rng_range(r, 3.5f, 6.5f) * (porotic ? 0.8f : 1);
	p->cell_open = rng_range(r, 0.1f, 0.7f);
	p->hollow = rng_chance(r, 0.8f) ? rng_range(r, 0.05f, 0.55f) : 0;
	p->hollow_length = rng_range(r, 60, 150);
	p->cartilage = young ? rng_range(r, 7, 15) : clampf(rng_gauss(r, 5.2f, 1.2f), 2.5f, 10);
	p->cartilage_vary = rng_range(r, 0.1f, 0.45f);
	p->islands = rng_chance(r, 0.85f) ? rng_range(r, 0.05f, 0.55f) : 0;
	p->rim = young ? rng_range(r, 4, 14) : clampf(rng_gauss(r, 5.5f, 1.6f), 2.5f, 10);
	p->rim_density = rng_range(r, 0.35f, 0.75f);
	p->rim_length = rng_range(r, 3.5f, 8);
	p->rim_fade = rng_range(r, 2, 12);
	p->end_plate = young ? rng_range(r, 10, 22) : clampf(rng_gauss(r, 9, 3), 3, 18);
	p->end_plate_porosity = rng_range(r, 0.02f, 0.35f);
	for (int i = 0; i < PHANTOM_ZONES; i++)
		p->meta_bv[i] =
			clampf((young ? juvenile : adult)[i] * dense * expf(rng_gauss(r, 0, 0.25f)), 0.0005f, 0.5f);
	p->meta_length = rng_range(r, 14, 30);
	p->meta_stretch = rng_range(r, 1.5f, 6);
	p->meta_rod = rng_range(r, 0.6f, 1);
	p->columns_reach = 0;
	if (rng_chance(r, young ? 0.85f : 0.08f)) { /* growing: a thick layer of dense, fine columns under the plate */
		p->columns_bv = rng_range(r, 0.3f, 0.65f);
		p->columns_reach = rng_range(r, 35, 140);
		p->columns_length = rng_range(r, 6, 12);
		p->columns_stretch = rng_range(r, 2, 6);
	}
	p->flank_bv = rng_chance(r, 0.7f) ? rng_range(r, 0.2f, 0.7f) : 0;
	p->flank_dir = rng_range(r, 0, TURN);
	p->flank_focus = rng_range(r, 0.3f, 4);
	p->flank_depth = rng_range(r, 15, 60);
	p->flank_reach = rng_range(r, 10, 60);
	p->meta_edge = rng_range(r, 0, 1.5f);
	p->cortex_epi = clampf(rng_gauss(r, 8, 3), 3, 22);
	p->wave = rng_range(r, 0.5f, 3.5f);
	p->mound_power = rng_range(r, 0.8f, 1.6f);
}
