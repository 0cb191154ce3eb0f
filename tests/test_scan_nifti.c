/* The NIfTI reader: voxel types, byte orders, scaling, spacing. */
#define _POSIX_C_SOURCE 200809L
#include "nifti_files.h"
#include "scan/window.h"

static void every_type_in_both_orders(void **state)
{
	(void)state;
	static const struct { int type, bits; double lo, hi; } t[] = {
		{ 2, 8, 0, 255 }, { 256, 8, -128, 127 }, { 4, 16, -32768, 32767 },
		{ 512, 16, 0, 65535 }, { 8, 32, -1417, 3171 }, { 768, 32, 0, 30000 },
		{ 16, 32, -1417, 3171 }, { 64, 64, -1417, 3171 },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		for (int variant = 0; variant < 4; variant++) {
			struct nii h = plain(t[k].type, t[k].bits);
			double v[N];
			h.big = variant & 1;
			for (int i = 0; i < N; i++)
				v[i] = t[k].lo + floor((t[k].hi - t[k].lo) * i / (N - 1));
			assert_values(save(variant & 2 ? "a.nii.gz" : "a.nii", &h, v), v, 1e-9);
		}
}

static void wide_ranges_and_fractions_are_scaled(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i / (double)N;
	struct nii h = plain(16, 32);
	assert_values(save("small.nii", &h, v), v, 1.0 / 65000);
	const int middle = N / 2;
	for (int i = 0; i < N; i++)
		v[i] = 5e8 * (double)(i - middle);
	h = plain(64, 64);
	assert_values(save("large.nii.gz", &h, v), v, 5e8 * N / 65000);
	for (int i = 0; i < N; i++)
		v[i] = 17.25;
	assert_values(save("flat.nii", &h, v), v, 1e-9);
}

static void scaling_rules(void **state)
{
	(void)state;
	double v[N], w[N];
	for (int i = 0; i < N; i++)
		v[i] = i * 10;
	static const int types[][2] = { { 4, 16 }, { 512, 16 }, { 16, 32 }, { 2, 8 } };
	for (int k = 0; k < 4; k++) {
		struct nii h = plain(types[k][0], types[k][1]);
		for (int i = 0; i < N; i++)
			v[i] = i;
		h.slope = 2.5;
		h.inter = -1000;
		for (int i = 0; i < N; i++)
			w[i] = v[i] * 2.5 - 1000;
		assert_values(save("s.nii", &h, v), w, k == 2 ? 0.01 : 1e-6);
		/* Without effect: slope 0, NaN or infinite; the intercept goes with it. */
		const double none[] = { 0.0, NAN, INFINITY };
		for (int j = 0; j < 3; j++) {
			h.slope = none[j];
			assert_values(save("s.nii", &h, v), v, k == 2 ? 0.01 : 1e-9);
		}
	}
}

static void hounsfield_is_recognised(void **state)
{
	(void)state;
	struct { int type, bits; double slope, inter, lo; enum scan_unit unit; } t[] = {
		{ 4, 16, 0, 0, -1000, SCAN_UNIT_HU },   { 4, 16, 0, 0, -100, SCAN_UNIT_UNKNOWN },
		{ 2, 8, 0, 0, 0, SCAN_UNIT_UNKNOWN },   { 2, 8, 18, -1417, 0, SCAN_UNIT_HU },
		{ 512, 16, 0, 0, 0, SCAN_UNIT_UNKNOWN }, { 16, 32, 0, 0, -900, SCAN_UNIT_HU },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct nii h = plain(t[k].type, t[k].bits);
		double v[N];
		struct scan *scan;
		struct gppi_error err;
		h.slope = t[k].slope;
		h.inter = t[k].inter;
		for (int i = 0; i < N; i++)
			v[i] = t[k].lo + i;
		assert_int_equal(open_scan(save("u.nii", &h, v), 0, 0.0, &scan, &err), 0);
		assert_int_equal(scan_info(scan)->unit, t[k].unit);
		scan_close(scan);
	}
}

static void spacing_rules(void **state)
{
	(void)state;
	static const struct {
		int sform, units;
		double diag, pixdim, um;
		enum scan_known known;
		const char *doubt;
	} t[] = {
		{ 2, 0, 1, 1, 10, SCAN_ASSUMED, "" },    /* identity: unknown */
		{ 1, 2, 0.0105, 1, 10.5, SCAN_READ, "" }, /* pixdim says nothing */
		{ 1, 2, 0.0105, 0, 10.5, SCAN_READ, "" },
		{ 1, 0, 0.0105, 0.0105, 10.5, SCAN_READ, "" }, /* no unit: mm */
		{ 1, 2, 0.017, 0.02, 20, SCAN_READ, "pixdim says 20 um, sform 17 um" }, /* to a template */
		{ 4, 2, 0.017, 0.02, 20, SCAN_READ, "pixdim says 20 um, sform 17 um" },
		{ 1, 2, 0.0203, 0.02, 20, SCAN_READ, "sform 20.3 um" },
		{ 1, 2, 0.0201, 0.02, 20, SCAN_READ, "" }, /* 0.5 % */
		{ 1, 2, 0.2, 0.02, 20, SCAN_READ, "sform 200 um" },
		{ 0, 2, 0.017, 0.02, 20, SCAN_READ, "" }, /* no sform */
		{ 0, 3, 0, 12, 12, SCAN_READ, "" },      /* um */
		{ 0, 1, 0, 1e-5, 10, SCAN_READ, "" },    /* m */
		{ 1, 2, 1, 0.006, 6, SCAN_READ, "" },    /* identity sform, real pixdim */
		{ 0, 2, 0, 20, 20, SCAN_READ, "20 mm in the file, taken as 20 um" }, /* um written as mm */
		{ 1, 2, 20, 20, 20, SCAN_READ, "taken as 20 um" },
		{ 0, 2, 0, 5000, 10, SCAN_ASSUMED, "not that of a micro-CT" },
		{ 0, 2, 0, NAN, 10, SCAN_ASSUMED, "" },
		{ 0, 2, 0, 0, 10, SCAN_ASSUMED, "a size of 0 in the file, assumed 10 um" },
		{ 0, 2, 0, -0.01, 10, SCAN_READ, "" },   /* sign is a direction */
	};
	double v[N] = { 0 };
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct nii h = plain(4, 16);
		struct scan *scan;
		struct gppi_error err;
		h.sform = t[k].sform;
		h.units = t[k].units;
		for (int i = 0; i < 3; i++) {
			h.sform_diag[i] = t[k].diag;
			h.pixdim[i] = t[k].pixdim;
		}
		const char *path = save("p.nii", &h, v);
		assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
		assert_true(scan_info(scan)->spacing_um[2] == t[k].um); /* without the noise of 32 bits */
		assert_int_equal(scan_info(scan)->spacing_known, t[k].known);
		const char *doubt = scan_info(scan)->spacing_doubt;
		if (!t[k].doubt[0] != !doubt[0] || !strstr(doubt, t[k].doubt))
			fail_msg("%zu: doubt \"%s\"", k, doubt);
		scan_close(scan);
		assert_int_equal(open_scan(path, 0, 7.5, &scan, &err), 0);
		assert_true(scan_info(scan)->spacing_um[0] == 7.5);
		assert_int_equal(scan_info(scan)->spacing_known, SCAN_GIVEN);
		scan_close(scan);
	}
}

static void voxel_offset_is_honoured(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i * 3;
	for (int k = 0; k < 3; k++) {
		struct nii h = plain(4, 16);
		h.offset = 352 + 1024 * k + (k == 2); /* an odd one cannot be mapped */
		assert_values(save("o.nii", &h, v), v, 0);
		assert_values(save("o.nii.gz", &h, v), v, 0);
	}
}

static void version_2_is_read(void **state)
{
	(void)state;
	uint8_t file[544 + N * 2] = { 0 };
	int32_t size = 540, form = 1;
	int64_t dim[4] = { 3, NX, NY, NZ }, offset = 544;
	double step = 0.01, v[N];
	memcpy(file, &size, 4);
	memcpy(file + 4, "n+2\0\r\n\032\n", 8);
	put16(file + 12, 4, false);
	put16(file + 14, 16, false);
	memcpy(file + 16, dim, sizeof dim);
	memcpy(file + 168, &offset, 8);
	memcpy(file + 348, &form, 4);
	for (int i = 0; i < 3; i++)
		memcpy(file + 400 + (size_t)40 * (size_t)i, &step, 8);
	for (int i = 0; i < N; i++) {
		v[i] = i - 50;
		put16(file + 544 + (size_t)2 * (size_t)i, i - 50, false);
	}
	put_file(in_dir("two.nii"), file, sizeof file);
	assert_values(in_dir("two.nii"), v, 0);
}

/* Rows read one by one, the last first, leave each other alone; so do the bands of a window. */
static void rows_apart(struct scan *scan)
{
	static const struct window_band bands[2] = { { 0, 1 }, { NY - 1, 1 } };
	int16_t scratch[NX * NY], whole[NX * NY], other[NX * NY];
	const int16_t *slice, *row[NY];
	struct scan *w;

	assert_true(scan_rows_apart(scan));
	assert_int_equal(scan_slab(scan, 1, 1, whole, &slice, NULL), 0);
	for (int y = NY - 1; y >= 0; y--)
		assert_int_equal(scan_rows(scan, 1, y, 1, scratch, &row[y], NULL), 0);
	for (int y = 0; y < NY; y++)
		assert_memory_equal(row[y], slice + (size_t)y * NX, sizeof(int16_t) * NX);

	assert_int_equal(window_open(scan, 2, &w, NULL), 0);
	assert_false(scan_rows_apart(w));
	assert_int_equal(window_load(w, 0, 2, bands, 2, NULL), 0);
	for (int y = 0; y < NY; y++) {
		assert_int_equal(scan_rows(w, 1, y, 1, other, &row[0], NULL), 0);
		assert_memory_equal(row[0], slice + (size_t)y * NX, sizeof(int16_t) * NX);
		if (y == 0 || y == NY - 1) /* kept */
			assert_true(row[0] != other + (size_t)y * NX);
	}
	scan_close(w);
}

/* Rows of a slice are the same voxels as the slice, whatever the type. */
static void rows_of_slices(void **state)
{
	(void)state;
	static const struct { int code, bits; } types[] = { { 4, 16 }, { 512, 16 }, { 2, 8 }, { 16, 32 } };
	static const char *const names[] = { "r.nii", "r.nii.gz" };
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i % 97;
	for (size_t i = 0; i < 8; i++) {
		struct nii h = plain(types[i / 2].code, types[i / 2].bits);
		struct scan *scan;
		struct gppi_error err;
		int16_t scratch[NX * NY], other[NX * NY];
		const int16_t *whole, *rows;
		assert_int_equal(open_scan(save(names[i % 2], &h, v), 0, 0.0, &scan, &err), 0);
		for (int z = 0; z < NZ; z++)
			for (int y = 0; y <= NY; y++) {
				assert_int_equal(scan_slab(scan, z, 1, scratch, &whole, &err), 0);
				assert_int_equal(scan_rows(scan, z, y, NY - y, other, &rows, &err), 0);
				assert_memory_equal(rows, whole + (size_t)y * NX, (size_t)NX * (size_t)(NY - y) * 2);
			}
		rows_apart(scan);
		assert_int_equal(scan_slab(scan, NZ - 1, 2, scratch, &whole, &err), GPPI_E_USAGE);
		assert_int_equal(scan_slab(scan, -1, 1, scratch, &whole, &err), GPPI_E_USAGE);
		assert_int_equal(scan_rows(scan, NZ, 0, 1, scratch, &rows, &err), GPPI_E_USAGE);
		assert_int_equal(scan_rows(scan, 0, NY, 1, scratch, &rows, &err), GPPI_E_USAGE);
		assert_int_equal(scan_rows(scan, 0, -1, 1, scratch, &rows, &err), GPPI_E_USAGE);
		scan_close(scan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_type_in_both_orders),
		TEST(wide_ranges_and_fractions_are_scaled),
		TEST(scaling_rules),
		TEST(hounsfield_is_recognised),
		TEST(spacing_rules),
		TEST(voxel_offset_is_honoured),
		TEST(version_2_is_read),
		TEST(rows_of_slices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
