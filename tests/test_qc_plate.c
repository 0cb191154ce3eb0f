/* Maps of the growth plate: a plate of known thickness whose end rises by one slice a bin. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bone/measure.h"
#include "report/qc_plate.h"

#define N 40
#define PLANE 100
#define W 300
#define STEP 320
#define HEIGHT (QC_PLATE_HEIGHT + 10)

static struct bone bone;
static struct bone_measures measures;
static float upper[N * N], lower[N * N], across[N * N];
static uint8_t known[N * N];
static struct canvas c;

/* Bins along x in the map: 4 to 35; the plate ends at the plane at x = 20. Left half 50 um thick, right half 99. */
static void make(void)
{
	struct plate *p = &measures.knee.plate;

	*p = (struct plate){ .thick = 0.075, .thick_sd = 0.02, .area_mm2 = 1, .seen = 1, .nx = N, .ny = N, .bin = 2,
			     .upper = upper, .lower = lower, .across = across, .known = known,
			     .touch = { 40.5, 40.5 } };
	for (int y = 0; y < N; y++)
		for (int x = 0; x < N; x++) {
			const int i = y * N + x, in = x >= 4 && x < 36 && y >= 4 && y < 36;
			across[i] = in ? x < 20 ? 0.05f : 0.099f : NAN;
			lower[i] = in ? (float)(PLANE + x - 20) : NAN;
			upper[i] = lower[i] - 5;
			known[i] = in;
		}
	measures.knee.place = (struct plate_place){ .plate = p, .origin = 0, .step = 1 };
	bone.measures = &measures;
	bone.result.gppi = PLANE;
	for (int i = 0; i < 3; i++)
		bone.result.spacing_um[i] = 10;
}

static const uint8_t *pixel(int x, int y)
{
	return c.rgb + 3 * ((size_t)y * (size_t)c.width + (size_t)x);
}

static bool is_white(int x, int y)
{
	return pixel(x, y)[0] == 255 && pixel(x, y)[1] == 255 && pixel(x, y)[2] == 255;
}

/* Brightness as eyes see it: what those who see no colours are left with. */
static double luma(int x, int y)
{
	return 0.3 * pixel(x, y)[0] + 0.59 * pixel(x, y)[1] + 0.11 * pixel(x, y)[2];
}

static void draw(void)
{
	struct gppi_error err;
	static const struct colour black = { 0, 0, 0 };

	assert_int_equal(canvas_init(&c, 3 * STEP, HEIGHT, black), 0);
	assert_int_equal(qc_plate_draw(&bone, &c, 0, 0, W, STEP, &err), 0);
}

static void both_maps(void **state)
{
	(void)state;
	make();
	draw();
	/* 32 bins on 240 pixels, 24 below the title. The colours end at 100 um. */
	const int y = 24 + 30, left = STEP + 30, right = STEP + 210;
	assert_true(luma(right, y) > luma(left, y) + 30);
	assert_in_range(pixel(right, y)[0], 240, 250);
	assert_in_range(pixel(right, y)[2], 58, 66);
	/* thickness is the same all over each half, the level rises all the way */
	assert_memory_equal(pixel(STEP + 10, y), pixel(left, y), 3);
	double last = 0;
	for (int x = 5; x < 240; x += 15) {
		if (x > 90 && x < 150)
			continue; /* white lines */
		assert_true(luma(2 * STEP + x, y) > last);
		last = luma(2 * STEP + x, y);
	}
	/* less than 2 slices from the plane: bins 19 to 21, which begin 15 bins from the left */
	for (int map = 1; map < 3; map++) {
		int first = 0, n = 0;
		for (int x = 0; x < 240; x++)
			if (is_white(map * STEP + x, y)) {
				first = n ? first : x;
				n = x;
			}
		assert_in_range(first, 15 * 7.5 - 2, 15 * 7.5 + 2);
		assert_in_range(n, 18 * 7.5 - 3, 18 * 7.5 + 1);
		assert_true(is_white(map * STEP + 16 * 15 / 2 + 4, 24 + 16 * 15 / 2 + 4)); /* the cross */
	}
	canvas_free(&c);
}

/* Ends that are not seen are pale; without a plate there is no map, but the reason. */
static void pale_and_none(void **state)
{
	(void)state;
	make();
	for (int i = 0; i < N * N / 2; i++)
		known[i] = 0;
	draw();
	assert_true(luma(STEP + 30, 24 + 30) < 0.6 * luma(STEP + 30, 24 + 210));
	canvas_free(&c);
	measures.knee.plate.why = "no dark layer is seen";
	draw();
	bool words = false;
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < 3 * STEP; x++)
			if (x >= W)
				assert_true(luma(x, y) < 1);
			else
				words |= y > 30 && luma(x, y) > 100;
	assert_true(words);
	canvas_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(both_maps), cmocka_unit_test(pale_and_none) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
