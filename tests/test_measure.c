/* Measures of bodies whose values are known: by counting, by analysis, or from other programs. Values of thickness are
 * those of a brute-force implementation of the same convention, confirmed by ormir-xct; Euler characteristics and
 * moments those of scikit-image; surfaces those of an implementation of Crofton's formula of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cpu.h"
#include "bodies.h"
#include "measure/cells.h"
#include "measure/distance.h"
#include "measure/measures.h"
#include "measure/thickness.h"
#include "near.h"

static struct measures measured(body_fn body, int nx, int ny, int nz)
{
	struct measures m;
	struct gppi_error err = { 0 };
	struct grid g;
	uint8_t *v = body_make(body, nx, ny, nz, &g);
	struct measure_input in = { .grid = g, .bone = v, .last = g.n[2] - 1, .threads = 2 };

	assert_non_null(v);
	assert_int_equal(measures_make(&in, &m, &err), 0);
	free(v);
	return m;
}

struct expected {
	enum measure of;
	double value, tolerance;
};

static void check(body_fn body, int nx, int ny, int nz, const struct expected *e, size_t n)
{
	struct measures m = measured(body, nx, ny, nz);

	for (size_t i = 0; i < n; i++)
		if (!(fabs(m.value[e[i].of] - e[i].value) <= e[i].tolerance))
			fail_msg("%s: %.9g, not %.9g", measure_name(e[i].of)->json, m.value[e[i].of], e[i].value);
	measures_free(&m);
}
#define CHECK(body, nx, ny, nz, ...) \
	do { \
		const struct expected e[] = { __VA_ARGS__ }; \
		check(body, nx, ny, nz, e, sizeof e / sizeof *e); \
	} while (0)

static void test_spheres(void **state)
{
	(void)state;
	CHECK(body_sphere, 64, 64, 64, { MEASURE_BV, 33552e-6, 1e-12 }, { MEASURE_TB_TH, 0.383803, 1e-6 },
	      { MEASURE_BS, 0.50359, 1e-5 }, { MEASURE_CONN_D, -1 / 0.262144, 1e-9 }, { MEASURE_DA, 1, 1e-6 });
	CHECK(body_sphere, 65, 65, 65, { MEASURE_BV, 33371e-6, 1e-12 }, { MEASURE_TB_TH, 0.4, 1e-9 },
	      { MEASURE_TB_TH_SD, 0, 1e-9 }, { MEASURE_BS, 0.499368, 1e-5 });
}

/* A plate of t voxels is t (even) or t + 1 thick. */
static void test_plates(void **state)
{
	(void)state;
	CHECK(body_plates6, 100, 60, 60, { MEASURE_BV, 0.108, 1e-12 }, { MEASURE_TB_TH, 0.06, 1e-9 },
	      { MEASURE_TB_SP, 0.14, 1e-9 }, { MEASURE_CONN_D, 0, 1e-9 }, { MEASURE_TB_N, 5, 1e-9 });
	CHECK(body_plates7, 105, 60, 60, { MEASURE_BV, 0.126, 1e-12 }, { MEASURE_TB_TH, 0.08, 1e-9 },
	      { MEASURE_TB_SP, 0.14, 1e-9 });
	CHECK(body_plate1, 21, 60, 60, { MEASURE_BV, 0.0036, 1e-12 }, { MEASURE_TB_TH, 0.02, 1e-9 });
}

static void test_rods(void **state)
{
	(void)state;
	CHECK(body_rods, 96, 96, 60, { MEASURE_BV, 0.04992, 1e-12 }, { MEASURE_TB_TH, 0.072111, 1e-6 },
	      { MEASURE_TB_SP, 0.253725, 1e-6 }, { MEASURE_BS_CLOSED, 2.46568, 1e-3 });
	CHECK(body_lattice, 96, 96, 96, { MEASURE_BV, 0.190464, 1e-12 }, { MEASURE_TB_TH, 0.0772695, 1e-6 },
	      { MEASURE_TB_SP, 0.246058, 1e-6 }, { MEASURE_CONN_D, 144.676, 1e-3 }, { MEASURE_DA, 1, 1e-6 },
	      { MEASURE_BS_CLOSED, 8.08615, 1e-3 });
}

static void test_gyroid(void **state)
{
	(void)state;
	CHECK(body_gyroid, 120, 120, 120, { MEASURE_BV, 0.864486, 1e-12 }, { MEASURE_TB_TH, 0.183055, 1e-6 },
	      { MEASURE_TB_SP, 0.18362, 1e-6 }, { MEASURE_CONN_D, 108.125 / 1.728, 1e-6 },
	      { MEASURE_DA, 1.00845, 1e-3 },
	      { MEASURE_BS_CLOSED, 17.0844, 1e-3 });
}

static void test_tube(void **state)
{
	(void)state;
	CHECK(body_tube, 180, 180, 40, { MEASURE_CT_AR, 0.5572, 1e-12 }, { MEASURE_TT_AR, 2.0108, 1e-9 },
	      { MEASURE_MA_AR, 1.4536, 1e-9 }, { MEASURE_IMIN, 0.153614, 1e-6 }, { MEASURE_IMAX, 0.153614, 1e-6 },
	      { MEASURE_J, 0.307228, 1e-6 }, { MEASURE_CT_TH, 0.124534, 1e-6 }, { MEASURE_CT_TH_2D, 0.11964, 1e-5 },
	      { MEASURE_BS_CLOSED, 4.63382, 1e-3 });
}

/* Two pieces, each with a loop: 0. */
static void test_tori(void **state)
{
	(void)state;
	CHECK(body_tori, 112, 72, 72, { MEASURE_BV, 0.034376, 1e-12 }, { MEASURE_TB_TH, 0.114177, 1e-6 },
	      { MEASURE_BS, 1.13165, 1e-3 }, { MEASURE_CONN_D, 0, 1e-9 });
	CHECK(body_frame, 32, 32, 32, { MEASURE_BV, 0.000176, 1e-12 }, { MEASURE_TB_TH, 0.02, 1e-9 },
	      { MEASURE_CONN_D, 4 / 0.032768, 1e-9 });
}

/* Whole cells within a larger lattice: two loops for each, exactly; thickness as that of the whole. */
static void test_part(void **state)
{
	struct grid g;
	uint8_t *v = body_make(body_lattice, 96, 96, 96, &g), *tv = calloc(grid_voxels(&g), 1);
	struct measures m;
	struct gppi_error err;

	(void)state;
	for (int z = 24; z < 72; z++)
		for (int y = 24; y < 72; y++)
			memset(tv + grid_at(&g, 24, y, z), 1, 48);
	struct measure_input in = { .grid = g, .bone = v, .tv = tv, .last = g.n[2] - 1, .threads = 3 };
	assert_int_equal(measures_make(&in, &m, &err), 0);
	near(m.value[MEASURE_CONN_D], 16 / 0.110592, 1e-9);
	near(m.value[MEASURE_TB_SP], 0.24606, 0.005);
	assert_true(isnan(m.value[MEASURE_BS_CLOSED]));
	assert_non_null(m.why[MEASURE_BS_CLOSED]);
	measures_free(&m);

	/* the same slices as the VOI of all, moved by 3, and as a VOI of their own */
	double moved[MEASURES];
	in.first = 24, in.last = 71, in.around = 5;
	assert_int_equal(measures_make(&in, &m, &err), 0);
	assert_true(measures_moved(&m, 3, moved));
	assert_false(measures_moved(&m, 6, moved));
	measures_free(&m);
	in.first = 27, in.last = 74, in.around = 0;
	assert_int_equal(measures_make(&in, &m, &err), 0);
	assert_memory_equal(moved, m.value, sizeof moved);
	measures_free(&m);
	free(v);
	free(tv);
}

/* ---- against a search of everything ---- */

static uint32_t seed;

static uint8_t *random_mask(struct grid *g, int share)
{
	uint8_t *v = malloc(grid_voxels(g));

	for (size_t i = 0; i < grid_voxels(g); i++) {
		seed = seed * 1664525u + 1013904223u;
		v[i] = (int)(seed >> 20) % 100 < share;
	}
	return v;
}

static int brute_distance(const struct grid *g, const uint8_t *v, int x, int y, int z)
{
	int best = DISTANCE_FAR;

	for (int c = 0; c < g->n[2]; c++)
		for (int b = 0; b < g->n[1]; b++)
			for (int a = 0; a < g->n[0]; a++) {
				int d = (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z);
				best = !v[grid_at(g, a, b, c)] && d < best ? d : best;
			}
	return best;
}

static int brute_thickness(const struct grid *g, const uint16_t *r2, int x, int y, int z)
{
	int best = 0;

	for (int c = 0; c < g->n[2]; c++)
		for (int b = 0; b < g->n[1]; b++)
			for (int a = 0; a < g->n[0]; a++) {
				int d = (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z),
				    r = r2[grid_at(g, a, b, c)];
				best = d < r && r > best ? r : best;
			}
	return best;
}

/* Masks of any width, so that blocks of columns are cut at all places; sparse and dense ones. */
static void compare_random(int nx, int ny, int nz, int share, int threads)
{
	struct grid g = { { nx, ny, nz }, { 0.01, 0.01, 0.01 } };
	uint8_t *v = random_mask(&g, share);
	uint16_t *r2 = malloc(grid_voxels(&g) * sizeof *r2), *map = malloc(grid_voxels(&g) * sizeof *map);
	struct thickness t[64];
	const char *why;
	struct gppi_error err;

	assert_int_equal(distance_squared(&g, v, false, DISTANCE_REACH, threads, r2, &err), 0);
	struct thickness_of of = { .grid = &g, .mask = v, .last = nz - 1, .threads = threads, .map = map };
	assert_int_equal(thickness_measure(&of, t, &why, &err), 0);
	assert_null(why);
	for (int z = 0; z < nz; z++)
		for (int y = 0; y < ny; y++)
			for (int x = 0; x < nx; x++) {
				size_t i = grid_at(&g, x, y, z);
				assert_int_equal(r2[i], v[i] ? brute_distance(&g, v, x, y, z) : 0);
				assert_int_equal(map[i], v[i] ? brute_thickness(&g, r2, x, y, z) : 0);
			}
	free(v);
	free(r2);
	free(map);
}

static void test_random(void **state)
{
	static const char *const level[] = { "scalar", "avx2", "avx512vnni", NULL };

	(void)state;
	for (int i = 0; level[i]; i++) {
		struct gppi_error err;
		assert_int_equal(cpu_limit(level[i], &err), 0);
		seed = 5;
		compare_random(33, 17, 9, 99, 1);
		compare_random(16, 9, 12, 97, 3);
		compare_random(5, 31, 7, 60, 2);
		compare_random(70, 6, 6, 99, 2);
		compare_random(1, 1, 40, 90, 2);
	}
	cpu_limit(NULL, NULL);
}

/* Discs wider than a word of 64 voxels: the sphere of 45 voxels in radius is as thick as it is, and its parts as
 * well. */
static bool large_sphere(const int n[3], double x, double y, double z)
{
	double c = (n[0] - 1) / 2.0;
	return (x - c) * (x - c) + (y - c) * (y - c) + (z - c) * (z - c) < 45 * 45;
}

static void test_large(void **state)
{
	(void)state;
	CHECK(large_sphere, 101, 101, 101, { MEASURE_TB_TH, 0.9, 1e-9 }, { MEASURE_TB_TH_SD, 0, 1e-9 });
}

static void test_none(void **state)
{
	struct grid g = { { 4, 5, 6 }, { 0.01, 0.01, 0.01 } };
	uint8_t v[120] = { 0 };
	struct measure_input in = { .grid = g, .bone = v, .last = g.n[2] - 1, .threads = 1 };
	struct measures m;
	struct gppi_error err;

	(void)state;
	assert_int_equal(measures_make(&in, &m, &err), 0);
	near(m.value[MEASURE_BV_TV], 0, 0);
	assert_true(isnan(m.value[MEASURE_TB_TH]) && isnan(m.value[MEASURE_TB_SP]) && isnan(m.value[MEASURE_CT_TH]));
	assert_null(m.doubt); /* no spongiosa was promised */
	for (int i = 0; i < MEASURES; i++)
		assert_true(isnan(m.value[i]) == (m.why[i] != NULL));
	measures_free(&m);
	memset(v, 1, sizeof v);
	assert_int_equal(measures_make(&in, &m, &err), 0);
	assert_true(isnan(m.value[MEASURE_TB_TH])); /* nothing tells where it ends */
	assert_true(isnan(m.value[MEASURE_TB_SP]));
	measures_free(&m);
}

/* 0, 19 and 20 of 1000 voxels: below 2 % the numbers are marked, and without bone for another reason. */
static void test_sparse(void **state)
{
	static const struct { int bone; const char *says; } list[] = { { 0, "no spongiosa" }, { 19, "below 2 %" },
								       { 20, NULL } };
	struct grid g = { { 10, 10, 10 }, { 0.01, 0.01, 0.01 } };
	uint8_t v[1000], tv[1000];

	(void)state;
	memset(tv, 1, sizeof tv);
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		struct measure_input in = { .grid = g, .bone = v, .tv = tv, .last = 9, .threads = 1 };
		struct measures m;
		struct gppi_error err;
		memset(v, 0, sizeof v);
		memset(v + 500, 1, (size_t)list[i].bone);
		assert_int_equal(measures_make(&in, &m, &err), 0);
		assert_int_equal(m.bv_voxels, list[i].bone);
		assert_true((m.doubt != NULL) == (list[i].says != NULL));
		if (m.doubt && list[i].says)
			assert_non_null(strstr(m.doubt, list[i].says));
		measures_free(&m);
	}
}

/* Flat voxels have areas and volumes, but no distances. */
static void test_flat_voxels(void **state)
{
	struct grid g;
	uint8_t *v = body_make(body_tube, 180, 180, 40, &g);
	struct measures m;
	struct gppi_error err;

	(void)state;
	g.mm[2] = 0.02;
	struct measure_input in = { .grid = g, .bone = v, .last = g.n[2] - 1, .threads = 2 };
	assert_int_equal(measures_make(&in, &m, &err), 0);
	near(m.value[MEASURE_CT_AR], 0.5572, 1e-9);
	near(m.value[MEASURE_BV], 2 * 0.22288, 1e-9);
	assert_true(isnan(m.value[MEASURE_TB_TH]));
	measures_free(&m);
	free(v);

	/* a sphere in voxels is an ellipsoid of 0.2, 0.2 and 0.4 mm */
	v = body_make(body_sphere, 65, 65, 65, &g);
	g.mm[2] = 0.02;
	in.grid = g;
	in.bone = v;
	in.last = 64;
	assert_int_equal(measures_make(&in, &m, &err), 0);
	const double e = sqrt(0.75), area = 2 * 3.14159265 * 0.04 * (1 + 2 / e * asin(e));
	near(m.value[MEASURE_BS], area, 0.05 * area); /* as cells.h says of such voxels */
	measures_free(&m);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spheres), cmocka_unit_test(test_plates), cmocka_unit_test(test_rods),
		cmocka_unit_test(test_gyroid), cmocka_unit_test(test_tube), cmocka_unit_test(test_tori),
		cmocka_unit_test(test_part), cmocka_unit_test(test_random), cmocka_unit_test(test_large),
		cmocka_unit_test(test_none), cmocka_unit_test(test_sparse), cmocka_unit_test(test_flat_voxels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
