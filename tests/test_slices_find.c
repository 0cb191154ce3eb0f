/* The slices room: finding the bone, its end, square and grey levels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slices_model.h"

static void no_bone(struct model m)
{
	struct scan *scan = open_model(&m);
	struct frame f;
	struct gppi_error err = { 0 };

	assert_int_equal(frame_locate(scan, 2, &f, &err), GPPI_E_NOBONE);
	assert_non_null(strstr(err.text, "test.nii"));
	scan_close(scan);
}

static void print_frame(const struct frame *f)
{
	print_message("flags %x centre %.2f %.2f side %.1f um bone %.0f medium %.0f range %d..%d of %d tilt %.1f raw "
		      "%.0f..%.0f\n",
		      f->flags, f->cx, f->cy, f->side_um, f->bone_value, f->medium_value, f->bone_first, f->bone_last,
		      f->nslices, f->tilt_deg, f->raw_lo, f->raw_hi);
}

static void test_adult(void **state)
{
	(void)state;
	struct frame f = locate(adult);

	print_frame(&f);
	assert_int_equal(f.flags, 0);
	assert_true(fabs(f.cx - 0.47 * 420) < 4 && fabs(f.cy - 0.54 * 420) < 4);
	assert_true(f.side_um > 2680 && f.side_um < 1.15 * 2680);
	assert_true(abs(f.bone_first - 30) <= 3 && f.bone_last >= 638);
	assert_true(fabs(f.bone_value - 1680) < 150 && fabs(f.medium_value + 760) < 60);
	assert_true(f.raw_lo == SLICE_HU_LO && f.raw_hi == SLICE_HU_HI);
	assert_int_equal(f.nslices, 642);
	assert_true(f.native_per_slice == 1 && f.tilt_deg < 2);
}

static void test_threads(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	struct scan *scan = open_model(&m);
	struct frame a, b;
	struct gppi_error err = { 0 };

	assert_int_equal(frame_locate(scan, 1, &a, &err), 0);
	assert_int_equal(frame_locate(scan, 5, &b, &err), 0);
	assert_memory_equal(&a, &b, sizeof a);
	scan_close(scan);
}

struct scale {
	double medium, bone, slope, intercept;
	enum scan_unit unit;
	int rescaled;
};

static void test_levels(void **state)
{
	(void)state;
	static const struct scale scales[] = {
		{ -760, 1680, 1, 0, SCAN_UNIT_HU, 0 },
		{ -760, 1680, 0.25, -1000, SCAN_UNIT_HU, 0 },
		{ -760 * 1.3, 1680 * 1.3, 1, 0, SCAN_UNIT_HU, 0 },
		{ -760 * 0.7, 1680 * 0.7, 1, 0, SCAN_UNIT_HU, 0 },
		{ 0, 1500, 1, 0, SCAN_UNIT_HU, 0 },
		{ -1000, 1200, 1, 0, SCAN_UNIT_HU, 0 },
		{ 30, 190, 1, 0, SCAN_UNIT_UNKNOWN, 1 },  /* 8-bit export */
		{ 30, 190, 1, 0, SCAN_UNIT_HU, 1 },       /* the same, and it lies; see below */
		{ 9000, 21000, 1, 0, SCAN_UNIT_HU, 1 },   /* another unit */
		{ 100, 800, 0.5, 3, SCAN_UNIT_UNKNOWN, 1 } /* mg HA/ccm */
	};
	struct frame first = { 0 };

	for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
		const struct scale *s = &scales[i];
		struct model m = coarse_adult();
		double span = s->bone - s->medium;
		m.medium = s->medium;
		m.bone = s->bone;
		m.noise = 0.05 * span;
		m.slope = s->slope;
		m.intercept = s->intercept;
		m.unit = s->unit;
		m.byte_type = i == 7;
		struct frame f = locate(m);
		assert_true(fabs(f.medium_value - s->medium) < 0.03 * span);
		assert_true(fabs(f.bone_value - s->bone) < 0.08 * span);
		assert_int_equal(f.flags, s->rescaled ? FRAME_GREY_RESCALED : 0);
		if (i == 0)
			first = f;
		assert_same_square(&f, &first, 0.5);
		double lo = f.raw_lo * s->slope + s->intercept, hi = f.raw_hi * s->slope + s->intercept;
		if (s->rescaled) {
			/* the found levels stand where marrow and bone of a calibrated scan would */
			double per = (f.bone_value - f.medium_value) / (1680 + 760);
			assert_true(fabs(lo - (f.medium_value + (SLICE_HU_LO + 760) * per)) < 1e-3 * span);
			assert_true(fabs(hi - (f.bone_value + (SLICE_HU_HI - 1680) * per)) < 1e-3 * span);
		} else {
			assert_true(fabs(lo - SLICE_HU_LO) < 1e-6 && fabs(hi - SLICE_HU_HI) < 1e-6);
		}
	}
}

/* Things around the bone: metal, holder, loose bones, soft tissue. */
static void test_company(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	struct frame bare = locate(m), f;

	m.streak = 1;
	f = locate(m);
	assert_int_equal(f.flags, 0);
	assert_same_square(&f, &bare, 0.5);
	assert_true(fabs(f.bone_value - bare.bone_value) < 100);

	m.streak = 0;
	m.arcs = 1;
	m.nballs = 3;
	m.ball[0] = (struct ball){ 500, 3600, 1500, 350 };
	m.ball[1] = (struct ball){ 3700, 700, 300, 250 };
	m.ball[2] = (struct ball){ 2000, 600, 5000, 300 };
	f = locate(m);
	assert_int_equal(f.flags, 0);
	assert_same_square(&f, &bare, 0.5);
	assert_int_equal(f.bone_first, bare.bone_first);

	m.arcs = m.nballs = 0;
	m.tissue = 0.45;
	f = locate(m);
	assert_int_equal(f.flags, 0);
	assert_same_square(&f, &bare, 3);
	assert_true(fabs(f.bone_value - bare.bone_value) < 200);

	/* a cartilage layer so thick that the epiphysis is an island */
	m.tissue = 0;
	m.plate_um = 200;
	f = locate(m);
	assert_int_equal(f.flags, 0);
	assert_int_equal(f.bone_first, bare.bone_first);
	assert_same_square(&f, &bare, 3);
}

/* A rod of any length costs slices without end: no femur is longer than 60 mm. */
static void test_length(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	struct frame f;
	struct gppi_error err = { 0 };

	m.tube_only = 1;
	m.um = 100;
	m.n = 60;
	m.first = 0;
	m.length = 1e6;
	m.nz = 590;
	locate(m);
	m.nz = 620;
	struct scan *scan = open_model(&m);
	assert_int_equal(frame_locate(scan, 2, &f, &err), GPPI_E_NOBONE);
	assert_non_null(strstr(err.text, "test.nii: what could be the bone is 62 mm long with voxels of 100 um"));
	scan_close(scan);
}

static void test_no_bone(void **state)
{
	(void)state;
	struct model m = coarse_adult();

	m.no_bone = 1;
	no_bone(m);                /* noise */
	m.noise = 0;
	no_bone(m);                /* uniform */
	m.noise = 120;
	m.arcs = 1;
	no_bone(m);                /* an empty holder */
	m.arcs = 0;
	m.nballs = 1;
	m.ball[0] = (struct ball){ 2000, 2000, 2000, 150 };
	no_bone(m);                /* a crumb */
	m.nballs = 0;
	m.noise = 40;
	m.medium = 100;
	m.unit = SCAN_UNIT_UNKNOWN;
	no_bone(m);                /* noise of an 8-bit export */
	m.nz = 1;
	no_bone(m);                /* a single slice */
	m.n = 1;
	m.nz = 40;
	no_bone(m);
}

static void test_warnings(void **state)
{
	(void)state;
	struct model m = coarse_adult();

	m.tube_only = 1;
	assert_true(locate(m).flags & FRAME_NOT_FEMUR);

	m = coarse_adult();
	m.first = -700;
	assert_int_equal(locate(m).flags, FRAME_CUT_DISTAL);
	m.flip_z = 1;
	assert_int_equal(locate(m).flags, FRAME_CUT_DISTAL | FRAME_FLIPPED_Z);

	m = coarse_adult();
	m.length = 2000;
	assert_true(locate(m).flags & FRAME_SHORT);

	m = coarse_adult();
	m.tilt = tan(8 * acos(-1) / 180);
	m.cx = 0.35;
	struct frame f = locate(m);
	assert_int_equal(f.flags, 0);
	assert_true(fabs(f.tilt_deg - 8) < 1);
	m.tilt = tan(15 * acos(-1) / 180);
	m.cx = 0.32;
	f = locate(m);
	assert_int_equal(f.flags, FRAME_TILTED);
	assert_true(fabs(f.tilt_deg - 15) < 1.5);

	m = coarse_adult();
	m.cx = 0.25;
	assert_int_equal(locate(m).flags, FRAME_SIDE_CUT);
}

static void test_read_error(void **state)
{
	(void)state;
	int n = 8;
	struct scan_info info = { .nx = n, .ny = n, .nz = 1000, .spacing_um = { 10, 10, 10 }, .slope = 1 };
	struct scan_source source = { .user = &n, .read = read_ramp };
	struct scan *scan = NULL;
	struct frame f;
	struct gppi_error err = { 0 }, first = { 0 };

	assert_int_equal(scan_wrap(&info, &source, &scan, NULL), 0);
	assert_int_equal(frame_locate(scan, 1, &f, &first), GPPI_E_IO);
	assert_non_null(strstr(first.text, "ramp.nii: cut at slice 90"));
	for (int threads = 2; threads <= 5; threads++) { /* the lowest one, whoever meets it */
		assert_int_equal(frame_locate(scan, threads, &f, &err), GPPI_E_IO);
		assert_string_equal(err.text, first.text);
	}
	assert_int_equal(frame_locate(scan, 1, &f, NULL), GPPI_E_IO);
	scan_close(scan);
}

/* Turning twice gives the frame back; the square of the other end is that of the turned file. */
static void test_turned(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	m.tilt = tan(8 * acos(-1) / 180); /* so that the two ends have different squares */
	m.cx = 0.35;
	struct frame f = locate(m), t = frame_turned(&f), back = frame_turned(&t);

	assert_true(fabs(t.cx - f.cx) > 2);
	assert_int_equal(t.flags, f.flags ^ FRAME_FLIPPED_Z);
	assert_int_equal(t.bone_first, f.nslices - 1 - f.bone_last);
	assert_memory_equal(&back, &f, sizeof f);
}

/* The axis of a bent bone is that of the end that is taken for the knee, and so is what the tilt says. */
static void test_turned_axis(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	m.tilt = 0.1;
	m.bend = 4e-5;
	m.cx = 0.34;
	struct frame f = locate(m), t = frame_turned(&f), back = frame_turned(&t);
	/* the middle of 1.2 to 4 mm from the ends, 6.12 mm apart */
	const double knee = m.tilt + m.bend * 2600, shaft = m.tilt + m.bend * (6120 - 2600);

	assert_true(fabs(f.axis_slope[0] - knee) < 0.006);
	assert_true(fabs(t.axis_slope[0] - shaft) < 0.006);
	assert_true(fabs(t.tilt_deg - atan(shaft) * 180 / acos(-1)) < 0.4);
	assert_int_equal(f.flags & FRAME_TILTED, 0);
	assert_int_equal(t.flags & FRAME_TILTED, FRAME_TILTED);
	const double z = (m.first + 6120 - 2600) / m.um, x = m.cx * m.n + (m.tilt + m.bend / 2 * 3520) * 3520 / m.um;
	assert_true(fabs(t.axis_at[0] + z * t.axis_slope[0] - x) < 2);
	assert_memory_equal(&back, &f, sizeof f);

	/* from the other end of the file the same, the other way round */
	m.flip_z = 1;
	struct frame g = locate(m), u = frame_turned(&g);
	assert_true(fabs(g.axis_slope[0] + f.axis_slope[0]) < 0.003 && fabs(u.axis_slope[0] + t.axis_slope[0]) < 0.003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adult),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_company),
		cmocka_unit_test(test_length), cmocka_unit_test(test_no_bone),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_turned), cmocka_unit_test(test_turned_axis),
	};

	print_message("bones are made from seed %u\n", adult.seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
