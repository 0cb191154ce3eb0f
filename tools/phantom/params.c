#include "phantom/params.h"

#include <string.h>

#include "phantom/params_adult.h"
#include "phantom/params_far.h"
#include "phantom/params_shape.h"

#define FOAM_SHARE 0.75f /* of the bones are drawn in the second style */

const char *phantom_condition_name(enum phantom_condition c)
{
	static const char *const name[PHANTOM_CONDITIONS] = {
		"any", "typical", "osteoporotic", "young", "noisy", "tilt", "crop", "grey", "unseen", "wide", "adult",
	};
	return name[c];
}

const char *phantom_kind_name(enum phantom_kind k)
{
	static const char *const name[] = { "femur", "shaft", "head", "empty", "noise", "plant" };
	return name[k];
}

static void draw_grey(struct phantom_params *p, struct rng *r)
{
	p->bone = clampf(rng_gauss(r, 1680, 230), 1000, 2600);
	p->marrow = rng_chance(r, 0.6f) ? rng_gauss(r, -760, 90) : rng_range(r, -900, 150);
	p->cartilage_grey = p->marrow + (rng_chance(r, 0.5f) ? rng_range(r, -60, 200) : rng_range(r, 0, 900));
	switch (rng_next(r) % 4) {
	case 0: case 1: p->medium = rng_gauss(r, -1020, 60); break;
	case 2: p->medium = rng_gauss(r, 0, 130); break;
	default: p->medium = rng_range(r, -1100, 100); break;
	}
	p->tissue = rng_range(r, -500, 300);
	p->fat = p->tissue - rng_range(r, 50, 350);
	p->tissue_depth = rng_chance(r, 0.45f) ? rng_range(r, 3, 60) : 0;
	p->gain = expf(rng_gauss(r, 0, 0.13f));
	p->offset = rng_gauss(r, 0, 110);
	p->clip = rng_chance(r, 0.6f);
	p->eight_bit = rng_chance(r, 0.08f);
}

static void draw_around(struct phantom_params *p, struct rng *r)
{
	p->nloose = rng_chance(r, 0.8f) ? 1 + (int)(rng_next(r) % (PHANTOM_LOOSE - 1)) : 0;
	for (int i = 0; i < p->nloose; i++) {
		struct loose_bone *l = &p->loose[i];
		float dir, out, s;
		switch (i) {
		case 0: /* patella, in front */
			dir = 0.25f * TURN + rng_gauss(r, 0, 0.25f);
			out = rng_range(r, 125, 190);
			s = rng_range(r, 15, 30);
			l->e.c[2] = rng_range(r, -125, -5);
			break;
		case 1: case 2: /* fabellae, behind */
			dir = -0.25f * TURN + rng_gauss(r, 0, 0.6f);
			out = rng_range(r, 110, 175);
			s = rng_range(r, 9, 35);
			l->e.c[2] = rng_range(r, -1, 85);
			break;
		default: /* fragments anywhere, also beyond the distal end */
			dir = rng_range(r, 0, TURN);
			out = rng_range(r, 40, 260);
			s = rng_range(r, 4, 34);
			l->e.c[2] = out < 130 ? rng_range(r, -260, -160) : rng_range(r, -220, 350);
			break;
		}
		l->e.c[0] = out * cosf(dir);
		l->e.c[1] = out * sinf(dir);
		for (int k = 0; k < 3; k++)
			l->e.r[k] = s * rng_range(r, 0.6f, 1.4f);
		l->shell = rng_range(r, 4, 20);
		l->density = rng_range(r, 0, 0.7f);
	}
	if (rng_chance(r, 0.25f)) {
		p->holder_radius = rng_range(r, 170, 330);
		p->holder_wall = rng_range(r, 4, 30);
		p->holder_grey = rng_range(r, -700, 350);
		p->holder_centre[0] = rng_gauss(r, 0, 40);
		p->holder_centre[1] = rng_gauss(r, 0, 40);
	}
	if (rng_chance(r, 0.15f)) {
		float dir = rng_range(r, 0, TURN);
		p->neighbour[0] = 0.5f * (float)p->nx * (1 + 1.1f * cosf(dir));
		p->neighbour[1] = 0.5f * (float)p->ny * (1 + 1.1f * sinf(dir));
		p->neighbour[2] = rng_range(r, 35, 75);
		p->neighbour[3] = rng_range(r, 6, 18);
	}
	p->nbubbles = p->medium > -600 || p->tissue_depth > 0 ? (int)(rng_next(r) % 7) : 0;
	for (int i = 0; i < p->nbubbles; i++) {
		for (int k = 0; k < 3; k++)
			p->bubble[i][k] = rng_range(r, 0, (float)(k == 0 ? p->nx : k == 1 ? p->ny : p->nz));
		p->bubble[i][3] = rng_range(r, 5, 60);
	}
}

static void draw_imaging(struct phantom_params *p, struct rng *r)
{
	p->blur = rng_range(r, 0.5f, 1.5f);
	p->noise = rng_chance(r, 0.15f) ? rng_range(r, 250, 600) : rng_range(r, 40, 280);
	p->noise_grain = rng_range(r, 0, 1);
	if (rng_chance(r, 0.08f)) {
		p->motion[0] = rng_gauss(r, 0, 2.5f);
		p->motion[1] = rng_gauss(r, 0, 2.5f);
	}
	p->ring = rng_chance(r, 0.3f) ? rng_range(r, 10, 120) : 0;
	p->streak = rng_chance(r, 0.06f) ? rng_range(r, 50, 500) : 0;
	p->first_joint = rng_chance(r, 0.75f) ? 161 : (int)rng_range(r, 60, 260);
	for (int i = 0; i < PHANTOM_JOINTS; i++) {
		float jump = rng_chance(r, 0.15f) ? 5 : 1;
		for (int k = 0; k < 2; k++)
			p->joint_shift[i][k] = rintf(rng_range(r, -1.3f, 1.3f) * jump);
		p->joint_gain[i] = rng_gauss(r, 0, 35);
	}
}

static void draw_volume(struct phantom_params *p, struct rng *r)
{
	p->nx = (int)rng_range(r, 385, 552);
	p->ny = (int)rng_range(r, 385, 532);
	p->nz = rng_chance(r, 0.8f) ? 642 : (int)rng_range(r, 430, 700);
	float first = rng_chance(r, 0.06f) ? rng_range(r, -55, 9) : rng_range(r, 6, 75);
	p->floor_z = first - p->distal_end * p->stretch;
	for (int i = 0; i < 2; i++) {
		float half = 0.5f * (float)(i ? p->ny : p->nx);
		/* In 33 pairs of real pictures the middle of the volume passes that of the outline by 21 voxels (root
		 * mean square of either axis), of which the outline's own asymmetry makes 9. */
		p->centre[i] = half + clampf(rng_gauss(r, 0, 20), -0.2f * half, 0.2f * half);
	}
	p->turn = rng_range(r, 0, TURN);
	p->tilt = fabsf(rng_gauss(r, 0, rng_chance(r, 0.22f) ? 0.19f : 0.065f));
	p->tilt_dir = rng_range(r, 0, TURN);
	p->mirror = rng_chance(r, 0.5f);
}

/* Conditions narrow or push what was drawn, so that a table can show each alone. */
static void apply_condition(struct phantom_params *p, struct rng *r)
{
	if (p->condition == PHANTOM_ANY)
		return;
	if (p->condition == PHANTOM_UNSEEN) {
		params_unseen(p, r);
		return;
	}
	if (p->condition == PHANTOM_WIDE) {
		params_wide(p, r);
		return;
	}
	if (p->condition != PHANTOM_GREY) {
		p->gain = expf(rng_gauss(r, 0, 0.05f));
		p->offset = rng_gauss(r, 0, 40);
		p->eight_bit = 0;
		p->streak = 0;
	}
	if (p->condition != PHANTOM_TILT && p->tilt > 0.15f)
		p->tilt = rng_range(r, 0, 0.15f);
	if (p->condition != PHANTOM_NOISY) {
		p->noise = clampf(p->noise, 40, 260);
		p->motion[0] = p->motion[1] = 0;
	}
	switch (p->condition) {
	case PHANTOM_ADULT:
		params_adult(p, r);
		break;
	case PHANTOM_NOISY:
		p->noise = rng_range(r, 350, 650);
		p->ring = rng_range(r, 0, 150);
		break;
	case PHANTOM_TILT:
		p->tilt = rng_range(r, 0.15f, 0.35f);
		break;
	case PHANTOM_CROP:
		p->nx = (int)rng_range(r, 300, 390);
		p->ny = (int)rng_range(r, 300, 390);
		p->centre[0] = 0.5f * (float)p->nx + rng_gauss(r, 0, 12);
		p->centre[1] = 0.5f * (float)p->ny + rng_gauss(r, 0, 12);
		break;
	case PHANTOM_GREY:
		p->gain = expf(rng_range(r, -0.36f, 0.3f));
		p->offset = rng_gauss(r, 0, 180);
		p->eight_bit = rng_chance(r, 0.5f);
		break;
	default:
		break;
	}
}

void phantom_params_draw(struct phantom_params *p, uint64_t seed, enum phantom_condition condition)
{
	struct rng rng = { seed * 0x2545f4914f6cdd1du + 77u }, *r = &rng;

	memset(p, 0, sizeof *p);
	p->seed = seed;
	p->condition = condition;
	int drawn_young = rng_chance(r, 0.15f), drawn_porotic = rng_chance(r, 0.18f);
	int any = condition == PHANTOM_ANY || condition == PHANTOM_UNSEEN || condition == PHANTOM_WIDE;
	int young = condition == PHANTOM_YOUNG || (any && drawn_young);
	int porotic = condition == PHANTOM_OSTEOPOROTIC || (any && drawn_porotic);

	params_outline(p, r);
	params_plate(p, r, young);
	params_inside(p, r, young, porotic);
	struct rng style = { seed * 0x9e3779b97f4a7c15u + 13u };
	if (rng_chance(&style, FOAM_SHARE) || condition == PHANTOM_ADULT)
		params_foam(p, &style, young, porotic);
	draw_grey(p, r);
	draw_volume(p, r);
	draw_around(p, r);
	draw_imaging(p, r);
	apply_condition(p, r);
}

void phantom_params_draw_kind(struct phantom_params *p, uint64_t seed, enum phantom_kind kind)
{
	phantom_params_draw(p, seed, PHANTOM_ANY);
	p->kind = kind;
	if (kind == PHANTOM_SHAFT)
		p->floor_z = -rng_range(&(struct rng){ seed }, 60, 400);
	if (kind == PHANTOM_HEAD) { /* head to one side, greater trochanter to the other, no plate */
		p->condyle[0] = (struct ellipsoid){ { 95, 0, -75 }, { 45, 44, 46 } };
		p->condyle[1] = (struct ellipsoid){ { -45, 0, -60 }, { 40, 45, 75 } };
		p->trochlea[0] = p->trochlea[1] = (struct ellipsoid){ { 45, 0, -45 }, { 50, 32, 34 } };
		p->distal_end = -70;
		for (int i = 0; i < PHANTOM_CARVES; i++)
			p->carve[i][2] = 0;
	}
	if (kind >= PHANTOM_EMPTY)
		p->nloose = p->nbubbles = 0;
	if (kind == PHANTOM_EMPTY && p->holder_radius == 0) {
		p->holder_radius = 220;
		p->holder_wall = 20;
		p->holder_grey = 100;
	}
}
