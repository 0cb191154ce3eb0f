/* A growth plate whose thickness, level and bridges are known: a layer of 70 um that waves like an egg-box, between
 * a bony end plate with an epiphysis of cells and a granular rim with a few struts behind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "measure/landmarks.h"
#include "measure/plate.h"
#include "near.h"

#define N 180
#define NZ 290
#define MID (N / 2.0)
#define OUTER 80.0
#define WALL 8.0
#define THICK 7.0   /* voxels of 10 um */
#define FLOOR 150.0
#define SLOPE 0.1
#define RIM 6.0
#define PRIMARY 60.0 /* slices behind the layer with more struts */
#define PLANE 150
enum { AIR = -1000, MARROW = -300, CARTILAGE = -250, BONE = 1600 };

static const double bridge[3][3] = { { 62, 92, 5 }, { 101, 66, 6 }, { 108, 122, 5 } };
static int bridges = 3;
static double mounds = 18; /* their height */

static double level(double x, double y)
{
	const double pi = 3.14159265358979, u = x - MID, v = y - MID;
	return FLOOR + SLOPE * u - mounds * pow(sin(pi * u / 75) * sin(pi * v / 75), 2);
}

static double cosine(double x, double y)
{
	double a = (level(x + 0.5, y) - level(x - 0.5, y)), b = (level(x, y + 0.5) - level(x, y - 0.5));
	return 1 / sqrt(1 + a * a + b * b);
}

static bool grain(int x, int y, int z)
{
	return (((x / 2) * 73 + (y / 2) * 179 + (z / 2) * 283) * 2654435761u >> 16) % 100 < 55;
}

static int voxel(int x, int y, int z)
{
	double r = hypot(x - MID, y - MID), s = (z - level(x, y)) * cosine(x, y);

	if (r > OUTER || z < 15)
		return AIR;
	bool across = r > OUTER - WALL || z < 20;
	for (int i = 0; i < bridges; i++)
		across |= hypot(x - bridge[i][0], y - bridge[i][1]) < bridge[i][2];
	if (fabs(s) < THICK / 2)
		return across && (r <= OUTER - WALL) ? BONE : CARTILAGE;
	if (s < 0)
		return s > -THICK / 2 - 10 || r > OUTER - WALL || z < 20 || x % 18 < 5 || y % 18 < 5 ||
		       z % 18 < 5 ? BONE : MARROW;
	if (r > OUTER - WALL || (s < THICK / 2 + RIM && grain(x, y, z)))
		return BONE;
	int pitch = s < PRIMARY ? 12 : 24;
	return hypot(x % pitch - pitch / 2.0, y % pitch - pitch / 2.0) < 2.2 ? BONE : MARROW;
}

static struct grey body(void)
{
	struct grey g = { .grid = { { N, N, NZ }, { 0.01, 0.01, 0.01 } }, .slope = 1 };
	struct gppi_error err;

	g.v = malloc(grid_voxels(&g.grid) * sizeof *g.v);
	assert_non_null(g.v);
	for (int z = 0; z < NZ; z++)
		for (int y = 0; y < N; y++)
			for (int x = 0; x < N; x++)
				g.v[grid_at(&g.grid, x, y, z)] = (int16_t)voxel(x, y, z);
	assert_int_equal(grey_smooth(&g, 0.7, 2, &err), 0);
	return g;
}

static struct plate found(const struct grey *g, int threads, struct landmark *secondary)
{
	struct knee k;
	struct plate p;
	struct gppi_error err = { 0 };

	assert_int_equal(knee_make(g, BONE, AIR, PLANE, threads, &k, &err), 0);
	struct plate_of of = { g, &k, PLANE, threads };
	assert_int_equal(plate_find(&of, &p, &err), 0);
	assert_int_equal(landmark_secondary(&k, PLANE, secondary, &err), 0);
	knee_free(&k);
	return p;
}

static void test_plate(void **state)
{
	struct grey g = body();
	struct landmark secondary, again;
	struct plate p = found(&g, 1, &secondary), q = found(&g, 3, &again);
	double sum = 0, n = 0, least = INFINITY, area = 0;

	(void)state;
	for (int y = 0; y < N; y++)
		for (int x = 0; x < N; x++)
			if (hypot(x - MID, y - MID) < OUTER - WALL) {
				sum += level(x, y);
				n++;
				least = fmin(least, level(x, y) - THICK / 2 / cosine(x, y));
			}
	for (int i = 0; i < 3; i++)
		area += 3.14159265 * bridge[i][2] * bridge[i][2];
	assert_null(p.why);
	near(p.thick, THICK / 100, 0.1 * THICK / 100);
	near(p.level, (sum / n - PLANE) / 100, 0.02);
	near(p.tilt_deg, atan(SLOPE) * 180 / 3.14159265, 1.5);
	near(p.area_mm2, n * 1e-4, 0.1 * n * 1e-4);
	near(p.first, least, 4);
	assert_int_equal(p.bridges, 3);
	near(p.bridge_share, area / n, 0.35 * area / n);
	assert_true(p.seen > 0.8);
	/* where the layer meets the plane, along the axis of the floor */
	near(level(p.touch[0], p.touch[1]) + THICK / 2 / cosine(p.touch[0], p.touch[1]), PLANE, 4);
	float ends[2];
	assert_true(plate_ends(&p, 90, 90, ends) && ends[0] < level(90, 90) && ends[1] > level(90, 90));
	assert_false(plate_ends(&p, 2, 2, ends));

	assert_null(secondary.why);
	near(secondary.slice, sum / n + PRIMARY, 12);
	assert_true(secondary.confidence > 0.2);
	assert_true(p.thick == q.thick && p.level == q.level && p.bridge_share == q.bridge_share &&
		    p.tilt_deg == q.tilt_deg);
	near(again.slice, secondary.slice, 0);
	plate_free(&p);
	plate_free(&q);
	free(g.v);
}

/* Without bridges the layer parts the bone: both pieces belong to it. */
static void test_parted(void **state)
{
	struct landmark secondary;

	(void)state;
	bridges = 0;
	struct grey g = body();
	struct plate p = found(&g, 2, &secondary);
	bridges = 3;
	assert_null(p.why);
	near(p.thick, THICK / 100, 0.1 * THICK / 100);
	assert_int_equal(p.bridges, 0);
	assert_true(p.seen > 0.8);
	plate_free(&p);
	free(g.v);
}

/* Mounds whose flanks are steeper than 60 degrees. */
static void test_steep(void **state)
{
	struct landmark secondary;
	double off = 0, n = 0;

	(void)state;
	mounds = 45;
	struct grey g = body();
	struct plate p = found(&g, 2, &secondary);
	assert_null(p.why);
	for (int y = 0; y < N; y += 3)
		for (int x = 0; x < N; x += 3) {
			float ends[2];
			if (hypot(x - MID, y - MID) > OUTER - WALL - 4 || !plate_ends(&p, x, y, ends))
				continue;
			off += fabs((double)(ends[0] + ends[1]) / 2 - level(x, y)) > 6;
			n++;
		}
	mounds = 18;
	assert_true(n > 1000 && off < 0.15 * n);
	near(p.thick, THICK / 100, 0.1 * THICK / 100);
	plate_free(&p);
	free(g.v);
}

/* Bone without a layer has none, and a reason. */
static void test_none(void **state)
{
	struct landmark secondary;

	(void)state;
	struct grey g = { .grid = { { N, N, 200 }, { 0.01, 0.01, 0.01 } }, .slope = 1 };
	g.v = malloc(grid_voxels(&g.grid) * sizeof *g.v);
	assert_non_null(g.v);
	for (int z = 0; z < 200; z++) /* a tube of marrow */
		for (int y = 0; y < N; y++)
			for (int x = 0; x < N; x++) {
				double r = hypot(x - MID, y - MID);
				g.v[grid_at(&g.grid, x, y,
					    z)] = (int16_t)(r > OUTER ? AIR : r > OUTER - WALL ? BONE : MARROW);
			}
	struct plate p = found(&g, 2, &secondary);
	assert_non_null(p.why);
	assert_non_null(secondary.why);
	assert_true(isnan(secondary.slice));
	plate_free(&p);
	free(g.v);
}

/* Slices so far apart that none lies behind the plane where the level is: no landmark, for a reason. */
static void test_far_apart(void **state)
{
	enum { SIDE = 40, SLICES = 3 };
	struct knee k = { .grid = { { SIDE, SIDE, SLICES }, { 0.02, 0.02, 0.95 } }, .bin = 1, .marrow = 0, .bone = 1 };
	struct landmark l;
	struct gppi_error err;

	(void)state;
	k.share = malloc((size_t)SIDE * SIDE * SLICES);
	k.inside = malloc((size_t)SIDE * SIDE * SLICES);
	assert_true(k.share && k.inside);
	memset(k.share, 50, (size_t)SIDE * SIDE * SLICES);
	memset(k.inside, 1, (size_t)SIDE * SIDE * SLICES);
	assert_int_equal(landmark_secondary(&k, 0, &l, &err), 0);
	assert_string_equal(l.why, "the slices are too far apart");
	assert_true(isnan(l.slice));
	knee_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_plate), cmocka_unit_test(test_parted),
		cmocka_unit_test(test_steep), cmocka_unit_test(test_none),
		cmocka_unit_test(test_far_apart) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
