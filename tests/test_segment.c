/* Segmentation of a tube with struts inside whose surfaces are known exactly: voxels are mixed by how far their centres
 * lie within. The right values are those of geometry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "measure/measures.h"
#include "measure/segment.h"
#include "measure/shape.h"
#include "near.h"

#define PI 3.14159265358979
#define N 180
#define NZ 150
#define OUTER 70.0
#define INNER 56.0
#define STRUT 3.0   /* radius */
#define PERIOD 28.0 /* of struts along x, from wall to wall */
enum { AIR = -1000, MARROW = -400, BONE = 1600 };

static double share(double depth)
{
	return depth < -0.5 ? 0 : depth > 0.5 ? 1 : depth + 0.5;
}

/* Half the width of a gap in the wall: no cortex where x is large, and open where so for the outline. 0: none. */
static double gap;
static int lump_from = NZ; /* from this slice on the wall is 20 voxels thicker at one side */
static bool beside; /* other bone that reaches the side of the scan, before the VOI */
static int noise;
static double slice_um = 10;
static bool falls; /* raw values fall where those of the scan rise */
static double faint = 1; /* contrast of the struts where y is large, by that of all others */

static double voxel(int x, int y, int z)
{
	double a = x - (N - 1) / 2.0, b = y - (N - 1) / 2.0, r = hypot(a, b);
	double dz = fmod(z + 0.5, PERIOD) - PERIOD / 2, dy = fmod(b + 10 * PERIOD, PERIOD) - PERIOD / 2;
	double wall = share(OUTER - r) * share(r - INNER), strut = share(STRUT - hypot(dy, dz)) * (r < OUTER - 3);

	if (beside && z < 28 && a > 0 && fabs(b) < 10)
		return BONE;
	if (a > 0 && fabs(b) < gap)
		wall = 0;
	if (z >= lump_from && a < 0 && r < OUTER)
		wall = fmax(wall, share(OUTER - r) * share(r - INNER + 20));
	if (strut > wall && b > 0)
		strut *= faint;
	double bone = wall > strut ? wall : strut, inside = share(OUTER - r);
	return bone * BONE + (1 - bone) * (inside * MARROW + (1 - inside) * AIR);
}

static int read_tube(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	uint32_t seed = 77 + (uint32_t)z0;

	(void)user;
	(void)err;
	for (int z = 0; z < nz; z++)
		for (int y = 0; y < N; y++)
			for (int x = 0; x < N; x++) {
				int sum = 0;
				for (int i = 0; i < 4 && noise; i++) {
					seed = seed * 1664525u + 1013904223u;
					sum += (int)(seed >> 20) % (2 * noise + 1) - noise;
				}
				const int16_t v = (int16_t)(lrint(voxel(x, y, z0 + z)) + sum / 2);
				*dst++ = falls ? (int16_t)~v : v;
			}
	return 0;
}

static struct segment_place place = { N / 2.0, N / 2.0, 160, 160, 50, 99, BONE, AIR };

static struct measures measured(const struct segment_options *o, struct segment *s)
{
	struct scan_info info = { .nx = N, .ny = N, .nz = NZ, .spacing_um = { 10, 10, slice_um },
				  .slope = falls ? -1 : 1, .intercept = falls ? -1 : 0, .unit = SCAN_UNIT_HU };
	struct scan_source source = { .read = read_tube };
	struct measures m;
	struct scan *scan;
	struct gppi_error err = { 0 };

	assert_int_equal(scan_wrap(&info, &source, &scan, &err), 0);
	assert_int_equal(segment_make(scan, &place, o, s, &err), 0);
	scan_close(scan);
	struct measure_input in = { .grid = s->grey.grid, .bone = s->bone, .tv = s->tv, .cortex = s->cortex,
				    .wall = s->wall,
				    .first = s->first, .last = s->last, .threads = o->threads };
	assert_int_equal(measures_make(&in, &m, &err), 0);
	return m;
}

/* What struts fill of the inside, in the slices of the VOI. */
static double strut_share(void)
{
	double bone = 0, all = 0;

	for (int z = place.first; z <= place.last; z++)
		for (int y = 0; y < N; y++)
			for (int x = 0; x < N; x++) {
				double a = x - (N - 1) / 2.0, b = y - (N - 1) / 2.0;
				if (hypot(a, b) >= INNER)
					continue;
				all++;
				bone += share(STRUT - hypot(fmod(b + 10 * PERIOD, PERIOD) - PERIOD / 2,
							    fmod(z + 0.5, PERIOD) - PERIOD / 2));
			}
	return bone / all;
}

static void test_tube(void **state)
{
	struct segment_options o;
	struct segment s;

	(void)state;
	segment_options_default(&o);
	struct measures m = measured(&o, &s);
	assert_int_equal(s.ndoubts, 0);
	assert_int_equal(s.last - s.first + 1, 50);
	near(s.compact, BONE, 30);
	near(s.marrow, MARROW, 30);
	near(s.medium, AIR, 30);
	near(m.value[MEASURE_TT_AR], PI * OUTER * OUTER * 1e-4, 0.01 * PI * OUTER * OUTER * 1e-4);
	near(m.value[MEASURE_CT_AR], PI * (OUTER * OUTER - INNER * INNER) * 1e-4,
	     0.03 * PI * (OUTER * OUTER - INNER * INNER) * 1e-4);
	near(m.value[MEASURE_MA_AR], PI * INNER * INNER * 1e-4, 0.02 * PI * INNER * INNER * 1e-4);
	near(m.value[MEASURE_CT_TH], (OUTER - INNER) * 0.01, 0.007);
	near(m.value[MEASURE_TB_TH], 2 * STRUT * 0.01, 0.008); /* parity of voxels: half of one each way */
	/* With the fillets of partial volume at both ends. */
	near(m.value[MEASURE_BV_TV], strut_share(), 0.12 * strut_share());
	measures_free(&m);
	segment_free(&s);
}

/* A square that is too small for the bone is made wider; what reaches the side beyond the VOI is no reason to look. */
static void test_side(void **state)
{
	struct segment_options o;
	struct segment s;

	(void)state;
	segment_options_default(&o);
	place.side_x = place.side_y = 110;
	beside = true;
	struct measures m = measured(&o, &s);
	place.side_x = place.side_y = 160;
	beside = false;
	assert_int_equal(s.ndoubts, 0);
	near(m.value[MEASURE_TT_AR], PI * OUTER * OUTER * 1e-4, 0.01 * PI * OUTER * OUTER * 1e-4);
	measures_free(&m);
	segment_free(&s);
}

static bool has_doubt(const struct segment *s, const char *part)
{
	for (int i = 0; i < s->ndoubts; i++)
		if (strstr(s->doubt[i], part))
			return true;
	return false;
}

/* Where the wall is missing the outline goes on; where much of it is, a person is told. */
static void test_gap(void **state)
{
	struct segment_options o;
	struct segment s;

	(void)state;
	segment_options_default(&o);
	for (int wide = 0; wide < 2; wide++) {
		gap = wide ? 26 : 12; /* of a circumference of 440: 12 and 5 % */
		struct measures m = measured(&o, &s);
		gap = 0;
		assert_int_equal(has_doubt(&s, "the cortex is open or"), wide);
		near(m.value[MEASURE_TT_AR], PI * OUTER * OUTER * 1e-4, 0.03 * PI * OUTER * OUTER * 1e-4);
		if (!wide)
			near(m.value[MEASURE_MA_AR], PI * INNER * INNER * 1e-4, 0.1 * PI * INNER * INNER * 1e-4);
		measures_free(&m);
		segment_free(&s);
	}
}

/* A cortex that is all at once much thicker is told, a tube is not. */
static void test_abrupt(void **state)
{
	struct segment_options o;
	struct segment s;
	struct gppi_error err;

	(void)state;
	segment_options_default(&o);
	for (int lump = 0; lump < 2; lump++) {
		lump_from = lump ? NZ / 2 : NZ;
		struct measures m = measured(&o, &s);
		lump_from = NZ;
		const int before = s.ndoubts;
		assert_int_equal(segment_check(&s, 2, &err), 0);
		assert_int_equal(s.ndoubts, before + lump);
		assert_int_equal(has_doubt(&s, "the cortex changes abruptly"), lump);
		segment_check_thickness(&s, 0.05, lump ? 0.031 : 0.029);
		assert_int_equal(has_doubt(&s, "Tb.Th varies more"), lump);
		segment_check_thickness(&s, NAN, NAN);
		assert_int_equal(s.ndoubts, before + 2 * lump);
		measures_free(&m);
		segment_free(&s);
	}
}

/* The threshold that is given is used; the same result for any number of threads. */
static void test_fixed(void **state)
{
	struct segment_options o;
	struct segment s, again;

	(void)state;
	segment_options_default(&o);
	o.rule = SEGMENT_FIXED;
	o.threshold = 600;
	noise = 60;
	struct measures m = measured(&o, &s);
	near(s.trabecular, 600, 0);
	near(s.cortical, 600, 0);
	o.threads = 3;
	struct measures n = measured(&o, &again);
	noise = 0;
	assert_memory_equal(m.value, n.value, sizeof m.value);
	measures_free(&m);
	measures_free(&n);
	segment_free(&s);
	segment_free(&again);
}

/* A scan of negative slope has the same numbers, by every rule. */
static void test_negative(void **state)
{
	static const enum segment_rule rule[] = { SEGMENT_DUAL, SEGMENT_LOCAL, SEGMENT_OTSU, SEGMENT_FIXED };
	struct segment_options o;
	struct segment s[2];

	(void)state;
	noise = 60;
	for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
		struct measures m[2];
		segment_options_default(&o);
		o.rule = rule[i];
		o.threshold = 600;
		for (int k = 0; k < 2; k++) {
			falls = k;
			m[k] = measured(&o, &s[k]);
		}
		assert_memory_equal(m[0].value, m[1].value, sizeof m[0].value);
		assert_true(s[0].trabecular == s[1].trabecular && s[0].compact == s[1].compact &&
			    s[0].marrow == s[1].marrow);
		for (int k = 0; k < 2; k++) {
			measures_free(&m[k]);
			segment_free(&s[k]);
		}
	}
	falls = false;
	noise = 0;
}

/* Balls in voxels are no balls where slices are farther apart than pixels, by more than 1 %: a person is told. */
static void test_uneven(void **state)
{
	struct segment_options o;
	struct segment s;

	(void)state;
	segment_options_default(&o);
	for (int i = 0; i < 3; i++) {
		slice_um = (double[]){ 10.05, 10.2, 20 }[i];
		struct measures m = measured(&o, &s);
		assert_int_equal(has_doubt(&s, "slices and pixels are not of one size"), i > 0);
		assert_int_equal(isnan(m.value[MEASURE_TB_TH]), i > 0);
		measures_free(&m);
		segment_free(&s);
	}
	slice_um = 10;
}

/* Balls and windows that are cut to what can be made are told. */
static void test_cut(void **state)
{
	struct segment_options o;
	struct segment s;

	(void)state;
	segment_options_default(&o);
	o.rule = SEGMENT_LOCAL;
	for (int large = 0; large < 2; large++) {
		o.closing_um = large ? 2550 : 200;
		o.window_um = large ? 1020 : 1000;
		struct measures m = measured(&o, &s);
		assert_int_equal(s.closing, large ? 254 : 20);
		assert_int_equal(s.window, 101);
		assert_int_equal(has_doubt(&s, "balls of 254 voxels"), large);
		assert_int_equal(has_doubt(&s, "a cube of 101 voxels"), large);
		measures_free(&m);
		segment_free(&s);
	}
}

/* Otsu's threshold lies between marrow and bone. */
static void test_otsu(void **state)
{
	struct segment_options o;
	struct segment s;

	(void)state;
	segment_options_default(&o);
	o.rule = SEGMENT_OTSU;
	struct measures m = measured(&o, &s);
	assert_true(s.cortical > MARROW + 500 && s.cortical < BONE - 500);
	near(m.value[MEASURE_CT_AR], PI * (OUTER * OUTER - INNER * INNER) * 1e-4,
	     0.05 * PI * (OUTER * OUTER - INNER * INNER) * 1e-4);
	measures_free(&m);
	segment_free(&s);
}

/* A Gauss leaves what is even as it is, keeps the sum, and is what its formula says. */
static void test_smooth(void **state)
{
	struct grey g = { .grid = { { 9, 9, 9 }, { 1, 1, 1 } }, .slope = 1, .v = calloc(729, sizeof(int16_t)) };
	struct gppi_error err;

	(void)state;
	g.v[grid_at(&g.grid, 4, 4, 4)] = 10000;
	assert_int_equal(grey_smooth(&g, 0.5, 2, &err), 0);
	const double side = exp(-2), middle = 1 / (1 + 2 * side);
	near(g.v[grid_at(&g.grid, 4, 4, 4)], 10000 * middle * middle * middle, 1);
	near(g.v[grid_at(&g.grid, 5, 4, 4)], 10000 * middle * middle * middle * side, 1);
	near(g.v[grid_at(&g.grid, 4, 3, 5)], 10000 * middle * middle * middle * side * side, 1);
	assert_int_equal(g.v[grid_at(&g.grid, 4, 4, 6)], 0);
	for (int i = 0; i < 729; i++)
		g.v[i] = -321;
	assert_int_equal(grey_smooth(&g, 2, 1, &err), 0);
	for (int i = 0; i < 729; i++)
		assert_int_equal(g.v[i], -321);
	grey_free(&g);
}

/* Struts of 80 % of the contrast in one half: one threshold finds them thinner than the others, local ones do not. */
static void test_local(void **state)
{
	struct segment_options o;
	struct segment s;
	double found[2];

	(void)state;
	faint = 0.8;
	for (int local = 0; local < 2; local++) {
		segment_options_default(&o);
		if (local)
			o.rule = SEGMENT_LOCAL;
		struct measures m = measured(&o, &s);
		double part[2] = { 0, 0 };
		const struct grid *g = &s.grey.grid;
		for (int z = s.first; z <= s.last; z++)
			for (int y = 0; y < g->n[1]; y++)
				for (int x = 0; x < g->n[0]; x++) {
					const size_t i = grid_at(g, x, y, z);
					part[y + s.grey.first[1] > (N - 1) / 2] += s.tv[i] && s.bone[i];
				}
		found[local] = part[1] / part[0];
		if (local) {
			assert_int_equal(s.window, 21);
			assert_true(s.trabecular > s.marrow + 0.4 * (s.compact - s.marrow) - 1 &&
				    s.trabecular < s.cortical + 1);
			near(m.value[MEASURE_BV_TV], strut_share(), 0.12 * strut_share());
		}
		measures_free(&m);
		segment_free(&s);
	}
	faint = 1;
	assert_true(found[0] < 0.9);
	near(found[1], 1, 0.04);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tube), cmocka_unit_test(test_local), cmocka_unit_test(test_side),
		cmocka_unit_test(test_gap), cmocka_unit_test(test_abrupt), cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_otsu), cmocka_unit_test(test_negative),
		cmocka_unit_test(test_uneven), cmocka_unit_test(test_cut), cmocka_unit_test(test_smooth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
