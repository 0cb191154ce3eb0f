/* The slices room: resampled slices and views, the cache. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slices/holder_slices.h"
#include "slices/sections.h"

#include "slices_model.h"

/* Slice k as a u7 image; caller frees. */
static uint8_t *slices_of(struct model m, const struct frame *f, int k0, int n)
{
	struct scan *scan = open_model(&m);
	void *scratch = malloc(slices_scratch(scan, f));
	uint8_t *out = malloc((size_t)n * (size_t)SLICE_BYTES);
	struct gppi_error err = { 0 };

	assert_non_null(scratch);
	assert_non_null(out);
	slices_begin(scan, f, scratch);
	assert_int_equal(slices_extract(scratch, k0, n, out, &err), 0);
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
	assert_non_null(scratch);
	slices_begin(scan, &f, scratch);
	assert_int_equal(slices_extract(scratch, k, 1, out, NULL), 0);
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

/* A scan that counts how many slices are read of another. */
static _Atomic int slices_read;

static int counting_read(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	const int16_t *from;
	size_t slice = (size_t)scan_info(user)->nx * (size_t)scan_info(user)->ny;

	slices_read += nz;
	int rc = scan_slab(user, z0, nz, dst, &from, err);
	if (rc == 0 && from != dst)
		memcpy(dst, from, slice * (size_t)nz * sizeof *dst);
	return rc;
}

static void test_sections(void **state)
{
	(void)state;
	struct model m = coarse_adult();
	struct frame f = locate(m);
	struct scan *scan = open_model(&m);
	struct sections s, on_the_way = { .whole = false };
	struct gppi_error err = { 0 };

	assert_int_equal(sections_read(scan, &f, 3, &s, &err), 0);
	assert_int_equal(s.rows, scan_info(scan)->nz);
	assert_true(sections_fit(&s, &f));
	struct frame other = frame_turned(&f);
	other.cx += 1;
	assert_false(sections_fit(&s, &other));
	for (int i = 0; i < SECTIONS; i++) {
		int n = s.cols[i], bright = 0, edge = 0;
		assert_in_range(s.pixel[i][0], 0, 40);   /* medium before the bone */
		for (int j = 0; j < n; j++)              /* the closed distal end */
			bright += s.pixel[i][18 * n + j] > 200;
		assert_in_range(100 * bright / n, 15, 80);
		while (edge < n / 2 && s.pixel[i][300 * n + edge] < 150)
			edge++;
		/* half width of the shaft in pixels of the view, between the two axes for the diagonal */
		double half = (i == SECTION_AT_X ||
			       i == SECTION_90 ? 512 : i == SECTION_45 ? 566 : 620) / f.side_um * n;
		assert_true(fabs(n / 2.0 - edge - half) < (i == SECTION_45 ? 12 : 4) * n / 100.0);
	}
	/* the same bytes from the pass that makes the slices, and every slice read once there */
	struct holder_slices_bone bone = { .box = crop_all(scan_info(scan)), .frame = f,
					   .slices = { 0, f.nslices, NULL }, .sections = &on_the_way };
	struct scan *counting;
	assert_int_equal(scan_wrap(scan_info(scan), &(struct scan_source){ scan, counting_read, NULL }, &counting,
				   &err), 0);
	assert_int_equal(holder_slices_make(counting, &bone, 1, 3, &err), 0);
	/* Once, and some at borders between threads. */
	assert_in_range(slices_read, scan_info(scan)->nz, scan_info(scan)->nz * 4 / 3);
	scan_close(counting);
	assert_true(on_the_way.whole && sections_fit(&on_the_way, &f));
	for (int i = 0; i < SECTIONS; i++)
		assert_memory_equal(on_the_way.pixel[i], s.pixel[i], (size_t)s.rows * (size_t)s.cols[i]);
	slices_free(&bone.slices);
	sections_free(&on_the_way);
	sections_free(&s);
	scan_close(scan);
}

/* Slices made together are those made one by one; too many are refused. */
static void test_together(void **state)
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
		struct slices s = { 20, 71, NULL };
		struct gppi_error err = { 0 };
		uint8_t one[SLICE_PX * SLICE_PX];
		void *scratch = malloc(slices_scratch(scan, &f));

		assert_non_null(scratch);
		slices_begin(scan, &f, scratch);
		assert_int_equal(slices_open(&s, "a.nii", &err), 0);
		assert_int_equal(slices_extract_all(scan, &f, s.first, s.n, 3, s.u7, &err), 0);
		for (int k = 0; k < s.n; k++) {
			assert_int_equal(slices_extract(scratch, s.first + k, 1, one, &err), 0);
			assert_memory_equal(s.u7 + (size_t)k * sizeof one, one, sizeof one);
		}
		slices_free(&s);
		free(scratch);
		scan_close(scan);
	}
	struct slices many = { 0, SLICES_MAX + 1, NULL };
	struct gppi_error err;
	assert_int_equal(slices_open(&many, "a.nii", &err), GPPI_E_UNSUPPORTED);
	assert_string_equal(err.text, "a.nii: what could be the bone is 82 mm long; check the voxel size (--voxel-um)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_resampling),
		cmocka_unit_test(test_pitch),
		cmocka_unit_test(test_spacing),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_together),
	};

	print_message("bones are made from seed %u\n", adult.seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
