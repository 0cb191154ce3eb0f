/* A VOI that is turned with a tilted bone: sections and volumes of bodies whose values are known, and what the frame of
 * a scan says of the axis. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bone/turned.h"
#include "measure/measures.h"
#include "near.h"
#include "slices_model.h"

#define PI 3.14159265358979323846

enum { SIDE = 150, HEIGHT = 130, MIDDLE = SIDE / 2, LENGTH = 40 };

/* An elliptic tube, semiaxes 48 and 36 outside, 38 and 26 inside, the longer one 0.4 rad from where its axis leans
 * to. */
static const double outer[2] = { 48, 36 }, inner[2] = { 38, 26 };

struct tube {
	struct grid g;
	double axis[2]; /* voxels along x and y by slice */
	uint8_t *bone, *tv, *cortex;
};

static bool within(const double u[2], const double half[2])
{
	return u[0] * u[0] / (half[0] * half[0]) + u[1] * u[1] / (half[1] * half[1]) < 1;
}

/* Bone: the tube, and plates of 6 of every 20 voxels across its axis. */
static struct tube tube(double degrees, double to, const double mm[3])
{
	struct tube t = { .g = { { SIDE, SIDE, HEIGHT }, { mm[0], mm[1], mm[2] } } };
	const double s = sin(degrees * PI / 180), c = cos(degrees * PI / 180), unit = mm[0];
	const double e1[3] = { c * cos(to), c * sin(to), -s }, e2[3] = { -sin(to), cos(to), 0 };
	const double along[3] = { s * cos(to), s * sin(to), c };

	for (int i = 0; i < 2; i++)
		t.axis[i] = along[i] / along[2] * mm[2] / mm[i];
	t.bone = calloc(grid_voxels(&t.g), 1);
	t.tv = calloc(grid_voxels(&t.g), 1);
	t.cortex = calloc(grid_voxels(&t.g), 1);
	assert_true(t.bone && t.tv && t.cortex);
	for (int z = 0; z < HEIGHT; z++)
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) {
				const double p[3] = { (x - MIDDLE) * mm[0] / unit, (y - MIDDLE) * mm[1] / unit,
						      (z - HEIGHT / 2.0) * mm[2] / unit };
				double q[3] = { 0 };
				for (int i = 0; i < 3; i++) {
					q[0] += p[i] * e1[i];
					q[1] += p[i] * e2[i];
					q[2] += p[i] * along[i];
				}
				const double u[2] = { cos(0.4) * q[0] + sin(0.4) * q[1],
						      cos(0.4) * q[1] - sin(0.4) * q[0] };
				const size_t i = grid_at(&t.g, x, y, z);
				t.tv[i] = within(u, inner);
				t.cortex[i] = within(u, outer) && !t.tv[i];
				t.bone[i] = t.cortex[i] || (t.tv[i] && fmod(q[2] + 1000, 20) < 6);
			}
	return t;
}

static void tube_free(struct tube *t)
{
	free(t->bone);
	free(t->tv);
	free(t->cortex);
}

static struct measures measured(const struct tube *t, bool turned, int first, int last, int threads)
{
	const struct layers l = layers_across(&t->g, t->axis, MIDDLE, MIDDLE);
	struct measure_input in = { .grid = t->g, .bone = t->bone, .tv = t->tv, .cortex = t->cortex,
				    .layers = turned ? &l : NULL,
				    .first = first, .last = last, .around = 3, .also = ALSO_SMI | ALSO_TB_N_MID,
				    .threads = threads };
	struct gppi_error err = { 0 };
	struct measures m;

	assert_int_equal(measures_make(&in, &m, &err), 0);
	return m;
}

static void part_of(double value, double expected, double share)
{
	near(value / expected, 1, share);
}

/* Geometry: pi a b; pi / 4 a b^3. A layer is as thick as the cosine of the tilt. */
static void known(const struct tube *t, const struct measures *m, double thin)
{
	const double mm = t->g.mm[0], a = outer[0] * mm, b = outer[1] * mm, c = inner[0] * mm, d = inner[1] * mm;
	const double large = PI / 4 * (a * a * a * b - c * c * c * d), small = PI / 4 * (a * b * b * b - c * d * d * d);

	part_of(m->value[MEASURE_TT_AR], PI * a * b, 0.004);
	part_of(m->value[MEASURE_CT_AR], PI * (a * b - c * d), 0.006);
	part_of(m->value[MEASURE_MA_AR], PI * c * d, 0.004);
	part_of(m->value[MEASURE_IMAX], large, 0.01);
	part_of(m->value[MEASURE_IMIN], small, 0.01);
	part_of(m->value[MEASURE_J], large + small, 0.01);
	part_of(m->value[MEASURE_TV], PI * c * d * LENGTH * t->g.mm[2] * thin, 0.004);
}

static void test_tilted_tube(void **state)
{
	static const double cube[3] = { 0.01, 0.01, 0.01 };
	const int first = HEIGHT / 2 - LENGTH / 2, last = first + LENGTH - 1;

	(void)state;
	for (int k = 0; k < 3; k++) {
		const double degrees = (double[]){ 0, 12.5, 20 }[k], to = (double[]){ 0, 0.9, 4.2 }[k];
		struct tube t = tube(degrees, to, cube);
		struct measures m = measured(&t, true, first, last, 2), plain = measured(&t, false, first, last, 2);
		known(&t, &m, cos(degrees * PI / 180));
		part_of(plain.value[MEASURE_TT_AR], m.value[MEASURE_TT_AR] / cos(degrees * PI / 180), 0.004);
		/* both outlines' length; a plate of the cortex 2 Ct.Ar / that thick */
		part_of(m.value[MEASURE_CT_TH_2D], 0.1, 0.02);
		/* VOI of two whole periods of plates */
		near(m.value[MEASURE_BV_TV], 0.3, 0.02);
		measures_free(&m);
		measures_free(&plain);
		tube_free(&t);
	}
}

/* Without a tilt layers are slices: the same numbers, to the last bit of counts. */
static void test_upright(void **state)
{
	static const double cube[3] = { 0.01, 0.01, 0.01 };
	struct tube t = tube(0, 0, cube);
	struct measures a = measured(&t, true, 40, 79, 2), b = measured(&t, false, 40, 79, 2);
	double moved[2][MEASURES];

	(void)state;
	for (int i = 0; i < MEASURE_PLATE_TH; i++)
		if (!isnan(b.value[i]))
			near(a.value[i], b.value[i], 1e-9 * fabs(b.value[i]));
	assert_true(measures_moved(&a, -2, moved[0]) && measures_moved(&b, -2, moved[1]));
	for (int i = 0; i < MEASURE_PLATE_TH; i++)
		if (!isnan(moved[1][i]))
			near(moved[0][i], moved[1][i], 1e-9 * fabs(moved[1][i]));
	measures_free(&a);
	measures_free(&b);
	tube_free(&t);
}

/* A VOI moved by some layers is that of those layers; threads change nothing. */
static void test_moved(void **state)
{
	static const double cube[3] = { 0.01, 0.01, 0.01 };
	struct tube t = tube(15, 2, cube);
	struct measures a = measured(&t, true, 50, 79, 1), b = measured(&t, true, 52, 81, 3);
	double moved[MEASURES];

	(void)state;
	assert_true(measures_moved(&a, 2, moved));
	for (int i = 0; i < MEASURE_PLATE_TH; i++)
		if (!isnan(b.value[i]))
			near(moved[i], b.value[i], 1e-9 * fabs(b.value[i]));
	measures_free(&a);
	measures_free(&b);
	tube_free(&t);
}

/* Flat voxels: areas and volumes, no thickness. */
static void test_flat_voxels(void **state)
{
	static const double flat[3] = { 0.01, 0.01, 0.015 };
	const int first = HEIGHT / 2 - LENGTH / 2;
	struct tube t = tube(10, 1, flat);
	struct measures m = measured(&t, true, first, first + LENGTH - 1, 2);

	(void)state;
	known(&t, &m, cos(10 * PI / 180));
	assert_non_null(m.why[MEASURE_TB_TH]);
	measures_free(&m);
	tube_free(&t);
}

/* The axis that a scan's frame has: a model that leans by a known slope along x. */
static void test_axis(void **state)
{
	struct model m = coarse_adult();

	(void)state;
	m.tilt = tan(8 * PI / 180);
	m.cx = 0.35;
	struct frame f = locate(m);
	near(f.axis_slope[0], m.tilt, 0.01);
	near(f.axis_slope[1], 0, 0.01);
	/* half way along the shaft; the model's slopes are about the distal end */
	near(f.axis_at[0] + 160 * f.axis_slope[0], m.cx * m.n + m.tilt * (160 * m.um - m.first) / m.um, 2);
	near(f.axis_at[1] + 160 * f.axis_slope[1], m.cy * m.n, 2);
	near(atan(hypot(f.axis_slope[0], f.axis_slope[1])) * 180 / PI, f.tilt_deg, 0.01);
}

/* ---- the VOI of a bone ---- */

enum { SCAN_SIDE = 200, SCAN_HEIGHT = 900 };
static const double steep = 0.25; /* voxels along x by slice: 14 degrees */

static int read_nothing(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	(void)user;
	(void)z0;
	(void)err;
	memset(dst, 0, (size_t)SCAN_SIDE * SCAN_SIDE * (size_t)nz * sizeof *dst);
	return 0;
}

/* A bone whose axis is at x = 20 in slice 0; its plane and VOI. */
static struct bone leaning(int plane, int first, int last)
{
	const struct scan_info info = { .nx = SCAN_SIDE, .ny = SCAN_SIDE, .nz = SCAN_HEIGHT,
					.spacing_um = { 10, 10, 10 }, .slope = 1 };
	const struct scan_source source = { .read = read_nothing };
	struct gppi_error err;
	struct bone bone = { .frame = { .cx = 60, .cy = 100, .side_x = 80, .side_y = 80, .axis_at = { 20.5, 100.5 },
					.axis_slope = { steep, 0 } },
			     .result = { .gppi = plane, .voi_first = first, .voi_last = last } };

	assert_int_equal(scan_wrap(&info, &source, &bone.scan, &err), 0);
	return bone;
}

/* Masks of a block as they are around a VOI: cortex where x is from .. to. */
static struct segment block_of(int z0, int nz, int from, int to)
{
	struct segment s = { .grey = { .grid = { { SCAN_SIDE, 12, nz }, { 0.01, 0.01, 0.01 } },
				       .first = { 0, 94, z0 } } };
	struct gppi_error err;

	s.bone = grid_alloc(&s.grey.grid, 1, &err);
	s.tv = grid_alloc(&s.grey.grid, 1, &err);
	s.cortex = grid_alloc(&s.grey.grid, 1, &err);
	assert_true(s.bone && s.tv && s.cortex);
	for (int z = 0; z < nz; z++)
		for (int y = 0; y < 12; y++)
			for (int x = from; x <= to; x++)
				s.cortex[grid_at(&s.grey.grid, x, y, z)] = s.bone[grid_at(&s.grey.grid, x, y, z)] = 1;
	return s;
}

/* Far from the plane the layers are still counted from the axis there: those of bone around it rise and fall. */
static void test_far(void **state)
{
	struct bone bone = leaning(100, 520, 539);
	int slices[2], span[2];
	struct turned_voi v = turned_make(&bone, slices);
	const double thin = 1 / sqrt(1 + steep * steep);
	struct gppi_error err;

	(void)state;
	/* along the axis the VOI begins 420 slices from the plane, which is less along z */
	const double middle = 100 + 429.5 * thin;
	near(v.layers.cx, 20 + steep * middle, 1e-9);
	assert_int_equal(v.last - v.first + 1, (int)lrint(20 / thin));
	near((v.first + v.last) / 2.0, middle, 1);
	assert_true(slices[0] <= v.first && slices[1] >= v.last);

	const int x = (int)lrint(v.layers.cx);
	struct segment s = block_of(480, 80, x - 30, x + 30);
	assert_int_equal(turned_enter(&v, "bone", &s, &err), 0);
	assert_true(layers_span(&v.layers, &s.grey.grid, s.cortex, span));
	assert_true(span[0] < -5 && span[1] > 5);
	assert_int_equal(s.ndoubts, 0);
	assert_true(v.first >= 0 && v.last < 80 && s.first >= 0 && s.last < 80);
	segment_free(&s);
	scan_close(bone.scan);
}

/* The slice of a layer is that of the axis' voxel in it. */
static void test_crossing(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) { /* on either side of the plane */
		struct bone bone = side ? leaning(560, 130, 229) : leaning(100, 130, 229);
		int slices[2];
		struct turned_voi v = turned_make(&bone, slices);
		const double thin = 1 / sqrt(1 + steep * steep);
		for (int k = v.first; k <= v.last; k++) {
			const double z = turned_slice(&v, k);
			const int x = (int)lrint(20 + steep * z), at = k + layers_rise(&v.layers, x, 100);
			assert_true(fabs(at - z) <= 1); /* voxels of x and z are whole */
			assert_true(k == v.first || fabs(z - turned_slice(&v, k - 1) - thin * thin) < 1e-9);
		}
		/* from the plane along the axis: as far as asked for */
		const int near_end = side ? v.last : v.first, asked = side ? 229 - 560 : 130 - 100;
		near((turned_slice(&v, near_end) - bone.result.gppi) / thin, asked, 0.5);
		scan_close(bone.scan);
	}
}

/* Bone that the axis has left, on its one side or the other: layers lie within the block, or are refused; the bone is
 * marked. */
static void test_axis_leaves(void **state)
{
	struct gppi_error err;

	(void)state;
	for (int side = 0; side < 2; side++)
		for (int z0 = 300; z0 < 640; z0 += 20) {
			struct bone bone = leaning(100, 520, 539);
			int slices[2];
			struct turned_voi v = turned_make(&bone, slices);
			struct segment s = block_of(z0, 60, side ? 0 : 170, side ? 40 : 199);
			const int rc = turned_enter(&v, "bone", &s, &err);
			if (rc < 0) {
				assert_int_equal(rc, GPPI_E_NOBONE);
				assert_non_null(strstr(err.text, "the scan ends before the VOI"));
			} else {
				assert_true(v.first >= 0 && v.first <= v.last && v.last < 60);
				assert_true(s.first >= 0 && s.last < 60);
				assert_true(s.ndoubts > 0);
				assert_non_null(strstr(s.doubt[s.ndoubts - 1], "the axis of the shaft leaves"));
				struct measure_input in = { .grid = s.grey.grid, .bone = s.bone, .tv = s.tv,
							    .cortex = s.cortex, .layers = &v.layers, .first = v.first,
							    .last = v.last, .around = 3, .threads = 1 };
				struct measures m;
				assert_int_equal(measures_make(&in, &m, &err), 0);
				assert_true(m.from >= 0 && m.to < 60);
				measures_free(&m);
			}
			segment_free(&s);
			scan_close(bone.scan);
		}
}

/* Slices that are not there are no VOI. */
static void test_outside(void **state)
{
	static const double cube[3] = { 0.01, 0.01, 0.01 };
	static const int ends[][2] = { { -1, 5 }, { 5, HEIGHT }, { 9, 8 } };
	struct tube t = tube(0, 0, cube);
	struct gppi_error err;
	struct measures m;

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct measure_input in = { .grid = t.g, .bone = t.bone, .tv = t.tv, .cortex = t.cortex,
					    .first = ends[i][0], .last = ends[i][1], .threads = 1 };
		assert_int_equal(measures_make(&in, &m, &err), GPPI_E_USAGE);
		assert_non_null(strstr(err.text, "does not lie within a block of 130"));
		measures_free(&m);
	}
	tube_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tilted_tube), cmocka_unit_test(test_upright), cmocka_unit_test(test_moved),
		cmocka_unit_test(test_flat_voxels), cmocka_unit_test(test_axis),
		cmocka_unit_test(test_crossing), cmocka_unit_test(test_far), cmocka_unit_test(test_axis_leaves),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
