/* Where the bone is in a picture along it: with noise, tissue and a holder around it, something beside it, in two
 * pieces. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flat/strip.h"
#include "flat/strip_levels.h"

#define W 300
#define H 480
#define LEFT 100  /* columns LEFT..RIGHT hold the knee, */
#define RIGHT 219
#define TOP 40    /* from row TOP on; */
#define KNEE 120  /* so many rows later it is as narrow as the shaft */
#define NARROW 30 /* by so much at either side */

static uint8_t grey[W * H];
static const struct picture picture = { .w = W, .h = H, .grey = grey };

static void box(int x0, int x1, int y0, int y1, int value)
{
	for (int y = y0; y <= y1; y++)
		memset(&grey[y * W + x0], value, (size_t)x1 - (size_t)x0 + 1);
}

/* A knee and a shaft of `shell` columns, with bars across, down to row `last`. */
static void draw(int ground, int value, int shell, int last)
{
	memset(grey, ground, sizeof grey);
	for (int y = TOP; y <= last; y++) {
		int in = y - TOP < KNEE ? NARROW * (y - TOP) / KNEE : NARROW;
		if (y < TOP + 6 || (y < TOP + KNEE && y % 24 < 5))
			box(LEFT + in, RIGHT - in, y, y, value);
		box(LEFT + in, LEFT + in + shell - 1, y, y, value);
		box(RIGHT - in - shell + 1, RIGHT - in, y, y, value);
	}
}

static struct strip_frame locate(int flipped)
{
	struct strip_frame f;
	struct gppi_error err;

	if (strip_locate(&picture, 10, flipped, "picture", &f, &err) < 0)
		fail_msg("%s", err.text);
	return f;
}

/* A hundredth of its pixels are left out at either side, of a thick shell more than of the knee's corners. */
static void is_found(const struct strip_frame *f, int rows)
{
	assert_true(fabs(f->centre - (LEFT + RIGHT + 1) / 2.0) <= 5);
	assert_true(fabs(f->width - (RIGHT - LEFT + 1)) <= 16);
	assert_true(abs(f->bone_first - TOP) <= rows);
	assert_true(f->distal_share > 0.55);
}

static void alone(void **state)
{
	(void)state;
	for (int shell = 3; shell <= 20; shell++) {
		draw(10, 200, shell, H - 1);
		struct strip_frame f = locate(0);
		is_found(&f, 1);
		assert_true(f.dark == 10 && f.bright == 200);
	}
}

/* Noise of half the picture's greys has pixels as bright as bone. */
static void in_noise(void **state)
{
	unsigned seed = 7;

	(void)state;
	draw(60, 220, 8, H - 1);
	for (int i = 0; i < W * H; i++) {
		int sum = 0;
		for (int k = 0; k < 3; k++)
			sum += (int)((seed = seed * 1664525u + 1013904223u) >> 25) - 64;
		int v = grey[i] + sum;
		grey[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
	struct strip_frame f = locate(0);
	is_found(&f, 8); /* a block more or less */
}

/* Tissue is most of what is not black: bone is what is brighter still, and the marrow is the dark. */
static void in_tissue(void **state)
{
	(void)state;
	draw(0, 240, 6, H - 1);
	for (int y = 0; y < H; y++)
		for (int x = 20; x < W - 20; x++)
			if ((x < LEFT || x > RIGHT || y < TOP) && grey[y * W + x] == 0)
				grey[y * W + x] = 100;
	struct strip_frame f = locate(0);
	is_found(&f, 1);
	assert_true(f.dark == 0 && f.bright == 240);
}

static void beside_other_things(void **state)
{
	(void)state;
	draw(20, 220, 6, H - 1);
	box(4, 9, 0, H - 1, 200);           /* the walls of a holder */
	box(W - 10, W - 5, 0, H - 1, 200);
	box(30, 60, 10, 60, 230);           /* another bone */
	box(LEFT + 40, LEFT + 50, 2, 8, 230); /* a crumb beyond the knee */
	struct strip_frame f = locate(0);
	struct gppi_error err;
	double middle;
	is_found(&f, 1);
	assert_int_equal(strip_middles(&picture, &f, 300, 1, &middle, &err), 0);
	assert_true(fabs(middle - (LEFT + RIGHT) / 2.0) < 2);
}

/* Fused or not, the knee belongs to the shaft it sits on. */
static void in_two_pieces(void **state)
{
	(void)state;
	draw(20, 220, 6, H - 1);
	box(0, W - 1, TOP + 70, TOP + 110, 20);
	struct strip_frame f = locate(0);
	is_found(&f, 1);
}

/* A shaft that leaves the plane ends in a wedge of solid bone: the knee is the wide end, not the heavy one. */
static void with_a_wedge_behind(void **state)
{
	(void)state;
	draw(20, 220, 6, TOP + 260);
	for (int y = TOP + 170; y <= TOP + 300; y++) {
		int in = (y - TOP - 170) * 30 / 130;
		box(LEFT + NARROW + in, RIGHT - NARROW - in, y, y, 220);
	}
	struct strip_frame near = locate(0), far = locate(1);
	assert_true(near.distal_share > 0.55 && far.distal_share < 0.45);
	assert_true(fabs(near.distal_share + far.distal_share - 1) < 0.02);
	/* and so it is where it touches the edge, and only the wedge ends inside */
	const size_t above = (size_t)(TOP + 20) * W;
	memmove(grey, grey + above, sizeof grey - above);
	box(0, W - 1, H - TOP - 20, H - 1, 20);
	near = locate(0);
	assert_true(near.bone_first < 3 && near.distal_share > 0.55);
	assert_true(locate(1).distal_share < 0.45);
}

static void levels(void **state)
{
	size_t hist[256] = { [10] = 90000, [11] = 1000, [200] = 6000 };
	struct strip_levels l;

	(void)state;
	assert_true(strip_levels_split(hist, &l));
	assert_true(l.threshold >= 11 && l.threshold < 200 && l.dark == 10 && l.bright == 200);
	assert_true(l.ground > 10 && l.ground < 10.1);
	hist[90] = 40000; /* a second kind of ground */
	assert_true(strip_levels_split(hist, &l));
	assert_true(l.threshold >= 90 && l.threshold < 200 && l.bright == 200);
	hist[200] = STRIP_BONE_MIN - 1; /* too little of it to be bone */
	assert_true(strip_levels_split(hist, &l));
	assert_true(l.threshold < 90);
	memset(hist, 0, sizeof hist);
	assert_false(strip_levels_split(hist, &l));
	hist[128] = 5000;
	assert_false(strip_levels_split(hist, &l));
	hist[250] = 50000; /* bright all over */
	assert_false(strip_levels_split(hist, &l));
	hist[250] = STRIP_BONE_MIN - 1;
	assert_false(strip_levels_split(hist, &l));
	assert_int_equal(strip_level(hist, 0, 255, 0.5), 128);
	assert_int_equal(strip_level(hist, 129, 255, 1), 250);
}

/* Whatever its strength and shape, and however often it is split. */
static void faint_noise_is_no_bone(void **state)
{
	struct strip_levels l;

	(void)state;
	for (int k = 4; k <= 28; k++) {
		size_t bell[256] = { 0 }, sharp[256] = { 0 };
		double sd = k / 4.0;
		for (int i = 0; i < 256; i++) {
			double d = (i - 80) / sd;
			bell[i] = (size_t)lround(100000 * exp(-0.5 * d * d));
			sharp[i] = (size_t)lround(100000 * fmax(0, 1 - fabs(d) / 2.45)); /* a triangle of this s.d. */
		}
		assert_false(strip_levels_split(bell, &l));
		assert_false(strip_levels_split(sharp, &l));
	}
}

/* Air, wax or tissue and, not much brighter, bone: each with little noise. */
static void faint_bone_on_two_grounds(void **state)
{
	struct strip_levels l;
	size_t hist[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		hist[i] = (size_t)lround(20000 * exp(-0.5 * (i - 66) * (i - 66)) +
					 30000 * exp(-0.25 * (i - 75) * (i - 75)) +
					 3000 * exp(-0.5 * (i - 89) * (i - 89)));
	assert_true(strip_levels_split(hist, &l));
	assert_true(l.threshold > 78 && l.threshold < 88 && l.bright >= 88);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone),
		cmocka_unit_test(in_noise),
		cmocka_unit_test(in_tissue),
		cmocka_unit_test(beside_other_things),
		cmocka_unit_test(in_two_pieces),
		cmocka_unit_test(with_a_wedge_behind),
		cmocka_unit_test(levels),
		cmocka_unit_test(faint_noise_is_no_bone),
		cmocka_unit_test(faint_bone_on_two_grounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
