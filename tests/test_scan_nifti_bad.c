/* The NIfTI reader: packed, cut, damaged and hostile files. */
#define _POSIX_C_SOURCE 200809L
#include "nifti_files.h"

/* A file that shrinks while it is open is an error, not a crash. */
static void cut_while_open(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct gppi_error err;
	int16_t scratch[NX * NY];
	const int16_t *p;
	const char *path = save("m.nii", &h, v);
	assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
	assert_int_equal(truncate(path, 352 + NX * NY * 2 + 5), 0);
	assert_int_equal(scan_slab(scan, 0, 1, scratch, &p, &err), 0);
	assert_int_equal(scan_slab(scan, 1, 1, scratch, &p, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "m.nii"));
	scan_close(scan);
}

/* A compressed file tells its unit when it is unpacked, and fails then where it is damaged. */
static void packed_files_settle(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct gppi_error err;
	v[N - 1] = -900;
	assert_int_equal(open_scan(save("u.nii.gz", &h, v), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_PENDING);
	assert_int_equal(scan_settle(scan, &err), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_HU);
	assert_int_equal(scan_settle(scan, &err), 0);
	scan_close(scan);
	v[N - 1] = 900;
	assert_int_equal(open_scan(save("u.nii.gz", &h, v), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_settle(scan, &err), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_UNKNOWN);
	scan_close(scan);
	size_t n;
	uint8_t *bytes = get_file(in_dir("u.nii.gz"), &n);
	bytes[n - 6] ^= 1; /* of the checksum */
	put_file(in_dir("u.nii.gz"), bytes, n);
	free(bytes);
	assert_refused(in_dir("u.nii.gz"), GPPI_E_FORMAT, "u.nii.gz"); /* such a short one at once */
}

/* A volume of many decoding steps: closed halfway, damaged at the very end. */
static void packed_files_end_late(void **state)
{
	(void)state;
	enum { SIDE = 256 };
	size_t n = (size_t)SIDE * SIDE * 12, size;
	int16_t *voxels = malloc(n * 2), *scratch = malloc((size_t)SIDE * SIDE * 2);
	const int16_t *p;
	uint8_t head[352] = { 0 };
	struct nii h = plain(4, 16);
	struct scan *scan;
	struct gppi_error err;
	double v[N] = { 0 };
	assert_true(voxels && scratch);
	for (size_t i = 0; i < n; i++)
		voxels[i] = (int16_t)(i * i % 30011);
	uint8_t *small = get_file(save("x.nii", &h, v), &size);
	memcpy(head, small, sizeof head);
	free(small);
	memcpy(head + 42, (int16_t[]){ SIDE, SIDE, 12 }, 6);
	gzFile gz = gzopen(in_dir("l.nii.gz"), "wb1");
	assert_int_equal(gzwrite(gz, head, sizeof head), sizeof head);
	assert_int_equal(gzwrite(gz, voxels, (unsigned)(n * 2)), n * 2);
	assert_int_equal(gzclose(gz), Z_OK);
	assert_int_equal(open_scan(in_dir("l.nii.gz"), 0, 0.0, &scan, &err), 0);
	scan_close(scan);
	assert_int_equal(open_scan(in_dir("l.nii.gz"), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_slab(scan, 11, 1, scratch, &p, &err), 0);
	assert_memory_equal(p, voxels + (size_t)SIDE * SIDE * 11, (size_t)SIDE * SIDE * 2);
	scan_close(scan);
	uint8_t *bytes = get_file(in_dir("l.nii.gz"), &size);
	bytes[size - 6] ^= 1; /* of the checksum */
	put_file(in_dir("l.nii.gz"), bytes, size);
	assert_int_equal(open_scan(in_dir("l.nii.gz"), 0, 0.0, &scan, &err), 0);
	assert_int_equal(scan_slab(scan, 0, 1, scratch, &p, &err), 0);
	assert_int_equal(scan_settle(scan, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "l.nii.gz"));
	scan_close(scan);
	free(bytes);
	free(voxels);
	free(scratch);
}

static void hostile_headers(void **state)
{
	(void)state;
	double v[N] = { 0 };
	struct nii h;
#define REFUSED(code, word, ...) do { \
		h = plain(4, 16); \
		__VA_ARGS__; \
		assert_refused(save("h.nii", &h, v), code, word); \
		assert_refused(save("h.nii.gz", &h, v), code, word); \
	} while (0)
	REFUSED(GPPI_E_FORMAT, "h.nii", h.dim[3] = 500);          /* dims exceed the file */
	REFUSED(GPPI_E_FORMAT, "h.nii", h.dim[1] = 32767, h.dim[2] = 32767, h.dim[3] = 32767);
	REFUSED(GPPI_E_FORMAT, "axis 2", h.dim[2] = -5);
	REFUSED(GPPI_E_FORMAT, "axis 1", h.dim[1] = 0);
	REFUSED(GPPI_E_FORMAT, "dimensions", h.dim[0] = 9);
	REFUSED(GPPI_E_FORMAT, "dimensions", h.dim[0] = -3);
	REFUSED(GPPI_E_UNSUPPORTED, "single slice", h.dim[3] = 1);
	REFUSED(GPPI_E_UNSUPPORTED, "single slice", h.dim[0] = 2);
	REFUSED(GPPI_E_UNSUPPORTED, "more than one volume", h.dim[0] = 4, h.dim[4] = 2);
	REFUSED(GPPI_E_UNSUPPORTED, "type 128", h.type = 128);
	REFUSED(GPPI_E_FORMAT, "bits", h.type = 64);
	REFUSED(GPPI_E_UNSUPPORTED, ".hdr/.img", h.magic = "ni1");
	REFUSED(GPPI_E_UNSUPPORTED, "Analyze", h.magic = "");
#undef REFUSED
	/* The offset of the voxels: beyond the file, inside the header, no number. */
	static const double offsets[] = { 1e6, 100, -1, 352.5, NAN, 1e30 };
	for (int k = 0; k < 6; k++) {
		uint8_t file[352 + N * 2] = { 0 };
		h = plain(4, 16);
		h.offset = offsets[k];
		header(&h, file);
		put_file(in_dir("off.nii"), file, sizeof file);
		assert_refused(in_dir("off.nii"), GPPI_E_FORMAT, "off.nii");
	}
}

/* They are read as the darkest or brightest of the others, and told. */
static void numbers_that_are_none(void **state)
{
	static const char *const names[] = { "n.nii", "n.nii.gz" };
	(void)state;
	for (int k = 0; k < 8; k++) {
		double v[N];
		struct nii h = plain(k & 1 ? 64 : 16, k & 1 ? 64 : 32);
		struct scan *scan;
		struct gppi_error err = { 0 };
		for (int i = 0; i < N; i++)
			v[i] = i;
		v[2 * NX * NY + 3] = k & 2 ? INFINITY : NAN;
		const char *path = save(names[k >> 2], &h, v);
		assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
		const struct scan_info *info = scan_info(scan);
		assert_non_null(strstr(info->detail, "no numbers: 1 voxels"));
		int16_t *raw = read_all(scan, &err);
		assert_non_null(raw);
		int end = k & 2 ? raw[N - 1] : raw[0];
		assert_in_range(abs(raw[2 * NX * NY + 3] - end), 0, 1);
		assert_true(fabs(raw[N - 1] * info->slope + info->intercept - (N - 1)) < 0.01);
		const int middle = N / 2;
		assert_true(fabs(raw[middle] * info->slope + info->intercept - middle) < 0.01);
		free(raw);
		scan_close(scan);
	}
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = i & 1 ? NAN : 1e308;
	struct nii h = plain(64, 64);
	assert_refused(save("n.nii", &h, v), GPPI_E_FORMAT, "none of its voxels is a number");
}

/* Every file cut short fails with a sentence, never with a crash. */
static void cut_files(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = (i * 7919) % 5000 - 1000;
	static const char *const names[] = { "c.nii", "c.nii.gz", "f.nii", "f.nii.gz" };
	for (int k = 0; k < 4; k++) {
		struct nii h = k < 2 ? plain(4, 16) : plain(16, 32);
		size_t n;
		uint8_t *bytes = get_file(save(names[k], &h, v), &n);
		for (size_t cut = 0; cut < n; cut += cut < 16 || cut > n - 16 ? 1 : 7) {
			put_file(in_dir(names[k]), bytes, cut);
			assert_refused(in_dir(names[k]), GPPI_E_FORMAT, names[k]);
		}
		free(bytes);
	}
}

static void damaged_gzip(void **state)
{
	(void)state;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = (i * 7919) % 5000 - 1000;
	struct nii h = plain(4, 16);
	size_t n;
	uint8_t *bytes = get_file(save("d.nii.gz", &h, v), &n);
	bytes[n - 6] ^= 0x55; /* the checksum */
	put_file(in_dir("d.nii.gz"), bytes, n);
	assert_refused(in_dir("d.nii.gz"), GPPI_E_FORMAT, "damaged");
	free(bytes);
}

/* A stream that would unpack to far more than its header promises is read as promised. */
static void bomb(void **state)
{
	(void)state;
	struct nii h = plain(4, 16);
	uint8_t head[352];
	static const uint8_t zeros[1 << 16];
	double v[N] = { 0 };
	header(&h, head);
	gzFile gz = gzopen(in_dir("b.nii.gz"), "wb1");
	assert_non_null(gz);
	gzwrite(gz, head, 352);
	for (int i = 0; i < 1024; i++)
		gzwrite(gz, zeros, sizeof zeros);
	assert_int_equal(gzclose(gz), Z_OK);
	assert_values(in_dir("b.nii.gz"), v, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cut_while_open),
		TEST(packed_files_settle),
		TEST(packed_files_end_late),
		TEST(hostile_headers),
		TEST(numbers_that_are_none),
		TEST(cut_files),
		TEST(damaged_gzip),
		TEST(bomb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
