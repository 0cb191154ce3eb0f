/* The slices room: finding the bone, its end, square and grey levels; resampling. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slices/cache.h"
#include "slices/longaxis.h"
#include "slices/slices.h"

#include "slices_model.h"

static struct frame locate(struct model m)
{
	struct scan *scan = open_model(&m);
	struct frame f;
	struct err err = { 0 };
	int rc = frame_locate(scan, 2, &f, &err);

	if (rc < 0)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	scan_close(scan);
	return f;
}

static void no_bone(struct model m)
{
	struct scan *scan = open_model(&m);
	struct frame f;
	struct err err = { 0 };

	assert_int_equal(frame_locate(scan, 2, &f, &err), GPPI_E_NOBONE);
	assert_non_null(strstr(err.text, "test.nii"));
	scan_close(scan);
}

static void print_frame(const struct frame *f)
{
	print_message("flags %x centre %.2f %.2f side %.1f um bone %.0f medium %.0f range %d..%d of %d tilt %.1f raw %.0f..%.0f\n",
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

/* The adult bone at 20 um, eight times less work. */
static struct model coarse_adult(void)
{
	struct model m = adult;

	m.um = 20;
	m.n = 210;
	m.nz = 321;
	return m;
}

static void assert_same_square(const struct frame *a, const struct frame *b, double tolerance)
{
	assert_true(fabs(a->cx - b->cx) <= tolerance);
	assert_true(fabs(a->cy - b->cy) <= tolerance);
	assert_true(fabs(a->side_um - b->side_um) <= 10 * tolerance);
}

/* Slice k as a u7 image; caller frees. */
static uint8_t *slices_of(struct model m, const struct frame *f, int k0, int n)
{
	struct scan *scan = open_model(&m);
	void *scratch = malloc(slices_scratch(scan, f));
	uint8_t *out = malloc((size_t)n * (size_t)SLICE_BYTES);
	struct err err = { 0 };

	assert_non_null(scratch);
	assert_non_null(out);
	assert_int_equal(slices_extract(scan, f, k0, n, scratch, out, &err), 0);
	free(scratch);
	scan_close(scan);
	return out;
}

/* Every way to lay the same bone into a file gives the same slices, turned accordingly. */
static void test_orientations(void **state)
{
	(void)state;
	static const int at[] = { 30, 150, 151, 320 };
	static const int turns[] = { 1, 2, 7, 8, 10, 15 }; /* reversed, mirrored, turned, all of it */
	struct model m = adult;
	m.n = 330; /* the square reaches over the side of the image */
	m.nz = 360;
	struct frame f0 = locate(m);
	uint8_t *ref[4];

	for (int i = 0; i < 4; i++)
		ref[i] = slices_of(m, &f0, at[i], 1);
	for (size_t j = 0; j < sizeof turns / sizeof turns[0]; j++) {
		int o = turns[j];
		m.flip_z = o & 1;
		m.mirror_x = o >> 1 & 1;
		m.mirror_y = o >> 2 & 1;
		m.swap = o >> 3 & 1;
		struct frame f = locate(m), back = f;

		assert_int_equal(f.flags, f0.flags | (m.flip_z ? FRAME_FLIPPED_Z : 0));
		/* file (x, y) holds bone (bx, by) = swapped, then mirrored */
		back.cx = m.swap ? f.cy : f.cx;
		back.cy = m.swap ? f.cx : f.cy;
		back.cx = m.mirror_x ? m.n - back.cx : back.cx;
		back.cy = m.mirror_y ? m.n - back.cy : back.cy;
		assert_same_square(&back, &f0, 0.01);
		assert_int_equal(f.bone_first, f0.bone_first);
		assert_int_equal(f.bone_last, f0.bone_last);
		assert_true(fabs(f.raw_lo - f0.raw_lo) < 0.01 && fabs(f.tilt_deg - f0.tilt_deg) < 0.1);
		for (int i = 0; i < 4; i++) {
			uint8_t *s = slices_of(m, &f, at[i], 1);
			int worst = 0;
			for (int y = 0; y < SLICE_PX; y++)
				for (int x = 0; x < SLICE_PX; x++) {
					int bx = m.swap ? y : x, by = m.swap ? x : y;
					bx = m.mirror_x ? SLICE_PX - 1 - bx : bx;
					by = m.mirror_y ? SLICE_PX - 1 - by : by;
					int d = abs(s[y * SLICE_PX + x] - ref[i][by * SLICE_PX + bx]);
					worst = d > worst ? d : worst;
				}
			assert_in_range(worst, 0, 1);
			free(s);
		}
	}
	for (int i = 0; i < 4; i++)
		free(ref[i]);
}

static void test_threads(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	struct scan *scan = open_model(&m);
	struct frame a, b;
	struct err err = { 0 };

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

/* Independent of the code under test: the mean of one pixel's rectangle, voxel by voxel. */
static double area_mean(const int16_t *v, int n, double x0, double x1, double y0, double y1,
			double lo, double hi, double fill)
{
	double sum = 0, area = 0;

	for (int y = (int)fmax(y0 - 1, 0); y < n && y < y1; y++)
		for (int x = (int)fmax(x0 - 1, 0); x < n && x < x1; x++) {
			double w = fmin(x1, x + 1) - fmax(x0, x), h = fmin(y1, y + 1) - fmax(y0, y);
			if (w <= 0 || h <= 0)
				continue;
			sum += w * h * fmin(fmax(v[y * n + x], lo), hi);
			area += w * h;
		}
	double whole = (x1 - x0) * (y1 - y0);
	return (sum + fill * (whole - area)) / whole;
}

static void test_resampling(void **state)
{
	(void)state;
	static const double squares[][3] = { /* centre, side in voxels */
		{ 60, 60, 96 }, { 61.3, 58.9, 100.7 }, { 50.2, 70.9, 33.3 }, { 20, 100, 90.1 }, { 60, 60, 288 },
	};
	struct model m = adult;
	m.n = 120;
	m.nz = 50;
	m.cx = m.cy = 0.5;
	m.noise = 900;
	m.first = -1000;
	int16_t *slice = malloc(sizeof *slice * 120 * 120);
	assert_int_equal(read_model(&m, 20, 1, slice, NULL), 0);

	for (size_t q = 0; q < sizeof squares / sizeof squares[0]; q++) {
		double side = squares[q][2];
		struct frame f = { .nslices = 50, .native_per_slice = 1, .native_nz = 50, .cx = squares[q][0],
				   .cy = squares[q][1], .side_x = side, .side_y = side, .raw_lo = -1417,
				   .raw_hi = 3171, .medium_value = -760 };
		uint8_t *got = slices_of(m, &f, 20, 1);
		int differ = 0;
		for (int i = 0; i < SLICE_BYTES; i++) {
			int row = i / SLICE_PX;
			double x = f.cx - side / 2 + i % SLICE_PX * side / SLICE_PX;
			double y = f.cy - side / 2 + row * side / SLICE_PX;
			double v = area_mean(slice, 120, x, x + side / SLICE_PX, y, y + side / SLICE_PX,
					     -1417, 3171, -760);
			int want = (int)floor(127 * (v + 1417) / 4588 + 0.5);
			assert_in_range(abs(got[i] - want), 0, 1);
			differ += got[i] != want; /* a value on the edge of rounding */
		}
		assert_in_range(differ, 0, 4);
		free(got);
	}
	free(slice);
}

/* Slice z holds the value 40 z. */
static int read_ramp(void *user, int z0, int nz, int16_t *dst, struct err *err)
{
	int n = *(const int *)user;

	if (z0 >= 900)
		return err_set(err, GPPI_E_IO, "ramp.nii: cut");
	for (int z = z0; z < z0 + nz; z++)
		for (int i = 0; i < n * n; i++)
			*dst++ = (int16_t)(40 * z);
	return 0;
}

static double ramp_at(double spacing_z, int nz, unsigned flags, int k)
{
	int n = 8;
	struct scan_info info = { .nx = n, .ny = n, .nz = nz, .spacing_um = { 10, 10, spacing_z }, .slope = 1 };
	struct scan_source source = { .user = &n, .read = read_ramp };
	struct scan *scan = NULL;
	double per = fabs(spacing_z - 10) < 0.3 ? 1 : 10 / spacing_z;
	struct frame f = { .nslices = (int)lround(nz / per), .native_per_slice = per, .native_nz = nz, .cx = 4,
			   .cy = 4, .side_x = 8, .side_y = 8, .raw_lo = 0, .raw_hi = 1270, .flags = flags };
	uint8_t out[SLICE_BYTES];

	assert_int_equal(scan_wrap(&info, &source, &scan, NULL), 0);
	void *scratch = malloc(slices_scratch(scan, &f));
	assert_int_equal(slices_extract(scan, &f, k, 1, scratch, out, NULL), 0);
	for (int i = 1; i < SLICE_BYTES; i++)
		assert_int_equal(out[i], out[0]);
	double native = frame_to_native(&f, k);
	assert_true(fabs(frame_to_canonical(&f, native) - k) < 1e-9);
	free(scratch);
	scan_close(scan);
	return out[0]; /* 10 raw units a step: 4 per file slice */
}

static void test_pitch(void **state)
{
	(void)state;
	assert_int_equal(ramp_at(10, 30, 0, 7), 28);
	assert_int_equal(ramp_at(10, 30, FRAME_FLIPPED_Z, 7), 88);
	assert_int_equal(ramp_at(10.2, 30, 0, 7), 28);
	assert_int_equal(ramp_at(10, 30, 0, -5), 0);            /* ends repeat */
	assert_int_equal(ramp_at(10, 30, 0, 99), 116);
	assert_int_equal(ramp_at(5, 30, 0, 7), 58);             /* mean of slices 14 and 15 */
	assert_int_equal(ramp_at(5, 30, FRAME_FLIPPED_Z, 7), 58);
	assert_int_equal(ramp_at(4, 31, 0, 3), 33);             /* 7.5 .. 10: mean at 8.25 */
	assert_int_equal(ramp_at(20, 30, 0, 7), 13);            /* at 3.25 */
	assert_int_equal(ramp_at(20, 30, FRAME_FLIPPED_Z, 7), 103); /* at 25.75 */
	assert_int_equal(ramp_at(20, 30, 0, 0), 0);             /* no slice before the first */
}

/* The same bone scanned at 5, 10 and 20 um gives nearly the same slices. */
static void test_spacing(void **state)
{
	(void)state;
	struct model m[3] = { adult, adult, adult };
	struct frame f[3];
	uint8_t *s[3];

	m[0].um = 5;
	m[0].n *= 2;
	m[0].nz *= 2;
	m[2].um = 20;
	m[2].n /= 2;
	m[2].nz /= 2;
	for (int i = 0; i < 3; i++) {
		m[i].noise = 40;
		f[i] = locate(m[i]);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(f[i].nslices, 642);
		assert_true(fabs(f[i].cx * m[i].um - f[1].cx * 10) < 15);
		assert_true(fabs(f[i].cy * m[i].um - f[1].cy * 10) < 15);
		assert_true(fabs(f[i].side_um - f[1].side_um) < 25);
		assert_true(fabs(frame_to_native(&f[i], 200) * m[i].um - 2005 + m[i].um / 2) < 1e-6);
		s[i] = slices_of(m[i], &f[i], 180, 1);
	}
	for (int i = 0; i < 3; i += 2) {
		double sum = 0;
		for (int j = 0; j < SLICE_BYTES; j++)
			sum += abs(s[i][j] - s[1][j]);
		print_message("%.0f um against 10: mean difference %.2f\n", m[i].um, sum / SLICE_BYTES);
		assert_true(sum / SLICE_BYTES < 6);
	}
	for (int i = 0; i < 3; i++)
		free(s[i]);
}

static void test_longaxis(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	struct frame f = locate(m);
	struct scan *scan = open_model(&m);
	uint8_t *out = malloc((size_t)321 * 100);
	struct err err = { 0 };

	for (int axis = 0; axis < 2; axis++) {
		assert_int_equal(longaxis_extract(scan, &f, axis, 321, 100, out, &err), 0);
		assert_in_range(out[0], 0, 40);          /* medium before the bone */
		int bright = 0;
		for (int j = 0; j < 100; j++)            /* the closed distal end */
			bright += out[18 * 100 + j] > 200;
		assert_in_range(bright, 15, 80);
		int edge = 0;
		while (edge < 50 && out[300 * 100 + edge] < 150)
			edge++;
		/* half width of the shaft in pixels of the view */
		double half = (axis == 0 ? 512 : 620) / f.side_um * 100;
		assert_true(fabs(50 - edge - half) < 4);
	}
	assert_int_equal(longaxis_extract(scan, &f, 2, 10, 10, out, &err), GPPI_E_USAGE);
	assert_int_equal(longaxis_extract(scan, &f, 0, 0, 10, out, &err), GPPI_E_USAGE);
	free(out);
	scan_close(scan);
}

static void test_read_error(void **state)
{
	(void)state;
	int n = 8;
	struct scan_info info = { .nx = n, .ny = n, .nz = 1000, .spacing_um = { 10, 10, 10 }, .slope = 1 };
	struct scan_source source = { .user = &n, .read = read_ramp };
	struct scan *scan = NULL;
	struct frame f;
	struct err err = { 0 };

	assert_int_equal(scan_wrap(&info, &source, &scan, NULL), 0);
	assert_int_equal(frame_locate(scan, 3, &f, &err), GPPI_E_IO);
	assert_string_equal(err.text, "ramp.nii: cut");
	assert_int_equal(frame_locate(scan, 1, &f, NULL), GPPI_E_IO);
	scan_close(scan);
}

/* What the cache hands out is what extraction gives: inside, outside, turned, at other pitches. */
static void test_cache(void **state)
{
	(void)state;
	static const double spacings[] = { 10, 20, 7 };

	for (size_t q = 0; q < sizeof spacings / sizeof spacings[0]; q++) {
		struct model m = coarse_adult();
		m.um = spacings[q];
		m.n = (int)(2100 / m.um); /* a piece of the bone will do */
		m.nz = (int)(1500 / m.um);
		m.first = 300;
		struct scan *scan = open_model(&m);
		double per = m.um < 10.1 && m.um > 9.9 ? 1 : 10 / m.um;
		struct frame f = { .nslices = (int)lround(m.nz / per), .native_per_slice = per, .native_nz = m.nz,
				   .cx = m.n / 2.0, .cy = m.n / 2.0, .side_x = m.n * 0.9, .side_y = m.n * 0.9,
				   .raw_lo = SLICE_HU_LO, .raw_hi = SLICE_HU_HI, .medium_value = -760,
				   .bone_first = 20, .bone_last = 90 };
		f.other = (struct frame_square){ f.cx, f.cy, f.side_x, f.side_y, 0 };
		struct frame turned = frame_turned(&f), moved = f;
		struct slices_cache cache = { 0 };
		struct err err = { 0 };
		int n = f.nslices + 10;
		uint8_t *want = malloc((size_t)n * (size_t)SLICE_BYTES), *got = malloc((size_t)n * (size_t)SLICE_BYTES);
		void *scratch = malloc(slices_scratch(scan, &f));

		assert_true(want && got && scratch);
		assert_int_equal(slices_cache_fill(&cache, scan, &f, 3, &err), 0);
		assert_true(cache.n == 71 && cache.u7);
		moved.cx += 1;
		const struct frame *frames[] = { &f, &turned, &moved };
		for (int i = 0; i < 3; i++) {
			assert_int_equal(slices_cache_fits(&cache, frames[i]), i == 0 || (i == 1 && q == 0));
			assert_int_equal(slices_extract(scan, frames[i], -5, n, scratch, want, &err), 0);
			assert_int_equal(slices_cache_get(&cache, scan, frames[i], -5, n, scratch, got, &err), 0);
			assert_memory_equal(got, want, (size_t)n * (size_t)SLICE_BYTES);
		}
		/* too long a bone is not kept, and still served */
		f.bone_last = f.bone_first + SLICES_CACHE_MAX;
		assert_int_equal(slices_cache_fill(&cache, scan, &f, 3, &err), 0);
		assert_null(cache.u7);
		assert_int_equal(slices_cache_get(&cache, scan, &f, 30, 1, scratch, got, &err), 0);
		slices_cache_free(&cache);
		free(want);
		free(got);
		free(scratch);
		scan_close(scan);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adult),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_company),
		cmocka_unit_test(test_no_bone),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_resampling),
		cmocka_unit_test(test_pitch),
		cmocka_unit_test(test_spacing),
		cmocka_unit_test(test_longaxis),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_turned),
	};

	print_message("bones are made from seed %u\n", adult.seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
