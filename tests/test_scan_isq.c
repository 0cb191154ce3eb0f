/* SCANCO ISQ: voxels, calibration in HU and density, the extended header, other types of file. */
#define _POSIX_C_SOURCE 200809L
#include "scan_ramp.h"

/* A VAX G double of a number that is exact in few bits: see the check vectors below. */
static void put_vax(struct bytes *b, size_t at, double v)
{
	uint64_t bits;
	v *= 4.0;
	memcpy(&bits, &v, 8);
	for (size_t i = 0; i < 4; i++)
		put_int(b, at + 2 * i, (int64_t)(bits >> (48 - 16 * i) & 0xffff), 2);
}

static double ramp(int i)
{
	return -1000 + 37.0 * i;
}

/* A file without voxels: `extended` blocks lie between header and voxels. */
static void header(struct bytes *b, int extended)
{
	memset(b, 0, sizeof *b);
	memcpy(b->at, "CTDATA-HEADER_V1", 16);
	put_int(b, 16, 3, 4);
	put_int(b, 44, NX, 4);
	put_int(b, 48, NY, 4);
	put_int(b, 52, NZ, 4);
	put_int(b, 56, 10 * NX + 3, 4); /* rounded to whole um: 10.43 um voxels */
	put_int(b, 60, 10 * NY + 2, 4);
	put_int(b, 64, 42, 4);
	put_int(b, 88, 4096, 4);
	put_int(b, 28, 65, 4);
	put_int(b, 36, 60369LL * 864000000000LL + 7, 8); /* 29 February 2024, shortly after midnight */
	put_int(b, 112, 233, 4);
	memcpy(b->at + 128, "femur 12                                ", 40);
	put_int(b, 168, 55000, 4);
	put_int(b, 172, 145, 4);
	put_int(b, 508, extended, 4);
	b->n = 512 * ((size_t)extended + 1);
}

static void add_calibration(struct bytes *b, double slope, double intercept, double mu_water)
{
	memcpy(b->at + 512 + 8, "MultiHeader     ", 16);
	memcpy(b->at + 1024 + 8, "Other           ", 16); /* a payload before ours */
	put_int(b, 1024 + 24, 1, 4);
	memcpy(b->at + 1024 + 128 + 8, "Calibration     ", 16);
	put_int(b, 1024 + 128 + 24, 2, 4);
	size_t at = 2048;
	memcpy(b->at + at + 28, "calibrated", 10);
	memcpy(b->at + at + 648, "mg HA/ccm       ", 16);
	put_vax(b, at + 664, slope);
	put_vax(b, at + 672, intercept);
	put_vax(b, at + 688, mu_water);
	b->n = 3584; /* header, two of directory, one of Other, two of Calibration, one spare */
}

static void add_ramp(struct bytes *b)
{
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = ramp(i);
	add_values(b, v, N, SIGNED, 2, false);
}

static void values_and_spacing(void **state)
{
	(void)state;
	struct bytes b;
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = ramp(i);
	for (int extended = 0; extended < 3; extended++) {
		header(&b, extended);
		add_ramp(&b);
		add(&b, "padding", 7);
		assert_values(save_bytes("C0001234.ISQ", &b), v, 0);
	}
	assert_spacing(in_dir("C0001234.ISQ"), 73.0 / 7, 52.0 / 5, 10.5, SCAN_READ);
	assert_detail(in_dir("C0001234.ISQ"), "tube: 55 kV, 145 uA");
	put_int(&b, 56, 0, 4); /* not stated: as the others */
	assert_spacing(save_bytes("C0001234.ISQ", &b), 52.0 / 5, 52.0 / 5, 10.5, SCAN_READ);
	assert_doubt("C0001234.ISQ", "");
	put_int(&b, 56, (int64_t)-10 * NX, 4);
	assert_spacing(save_bytes("C0001234.ISQ", &b), 10, 52.0 / 5, 10.5, SCAN_READ);
	put_int(&b, 56, (int64_t)1000 * NX, 4); /* 1 mm */
	assert_spacing(save_bytes("C0001234.ISQ", &b), 52.0 / 5, 52.0 / 5, 10.5, SCAN_READ);
	assert_doubt("C0001234.ISQ", "1000 x 10.4 x 10.5 um in the file");
}

static void vms_names(void **state)
{
	(void)state;
	struct bytes b;
	header(&b, 0);
	add_ramp(&b);
	struct scan *scan = must_open(save_bytes("C0001234.ISQ;1", &b), 0);
	assert_string_equal(scan_info(scan)->name, "C0001234");
	assert_string_equal(scan_info(scan)->format, "SCANCO ISQ");
	scan_close(scan);
}

/* Scaling 4096, slope 165.997, intercept -129.681, mu of water 0.7033: raw 32767 is 1198 mg HA/ccm, and
 * a step of raw is 0.347136 HU. */
static void check_vectors(void **state)
{
	(void)state;
	struct bytes b;
	header(&b, 6);
	add_calibration(&b, 165.997, -129.681, 0.7033);
	add_ramp(&b);
	double v[N];
	for (int i = 0; i < N; i++)
		v[i] = ramp(i) * 1000 / (4096 * 0.7033) - 1000;
	assert_values(save_bytes("c.isq", &b), v, 1e-6);
	struct scan *scan = must_open(in_dir("c.isq"), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_HU);
	assert_true(fabs(scan_info(scan)->slope - 0.347136) < 1e-6);
	assert_non_null(strstr(scan_info(scan)->detail, "density: stored * 0.0405266113 + -129.681 [mg HA/ccm]"));
	assert_true(fabs(32767 * 0.0405266113 - 129.681 - 1198) < 0.5);
	/* of 32767 stored; and 130 permille are 4259.71 stored, 42.951 mg HA/ccm here */
	const struct scan_info *info = scan_info(scan);
	double all = 32767 * 0.347136 - 1000, part = 4259.71 * 1000 / (4096 * 0.7033) - 1000;
	assert_true(fabs(all * info->mgha.slope + info->mgha.intercept - 1198) < 0.5);
	assert_true(fabs(part * info->mgha.slope + info->mgha.intercept - 42.951) < 1e-2);
	assert_true(fabs(part * info->permille.slope + info->permille.intercept - 130) < 1e-6);
	scan_close(scan);
	/* Without water: density. */
	header(&b, 6);
	add_calibration(&b, 165.997, -129.681, 0);
	add_ramp(&b);
	for (int i = 0; i < N; i++)
		v[i] = ramp(i) / 4096 * 165.997 - 129.681;
	assert_values(save_bytes("d.isq", &b), v, 1e-6);
	scan = must_open(in_dir("d.isq"), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_UNKNOWN);
	assert_non_null(strstr(scan_info(scan)->detail, "unit: mg HA/ccm"));
	assert_true(scan_info(scan)->mgha.slope == 1.0 && scan_info(scan)->mgha.intercept == 0.0);
	scan_close(scan);
	/* A density of something else is none of hydroxyapatite. */
	memcpy(b.at + 2048 + 648, "mg K2HPO4/ccm   ", 16);
	scan = must_open(save_bytes("k.isq", &b), 0);
	assert_true(scan_info(scan)->mgha.slope == 0.0 && scan_info(scan)->permille.slope != 0.0);
	scan_close(scan);
}

/* A scaling of 1 means that values are what they are. */
static void no_scaling(void **state)
{
	(void)state;
	struct bytes b;
	double v[N];
	header(&b, 6);
	add_calibration(&b, 165.997, -129.681, 0.7033);
	add_ramp(&b);
	put_int(&b, 88, 1, 4);
	for (int i = 0; i < N; i++)
		v[i] = ramp(i);
	assert_values(save_bytes("n.isq", &b), v, 0);
	struct scan *scan = must_open(in_dir("n.isq"), 0);
	assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_HU); /* by its values: they reach -1000 */
	assert_true(scan_info(scan)->mgha.slope == 0.0 && scan_info(scan)->permille.slope == 0.0);
	scan_close(scan);
}

/* Extended headers that are none are no calibration, and no harm. */
static void damaged_extension(void **state)
{
	(void)state;
	for (int k = 0; k < 4; k++) {
		struct bytes b;
		header(&b, 6);
		add_calibration(&b, 165.997, -129.681, 0.7033);
		add_ramp(&b);
		if (k == 0)
			put_int(&b, 1024 + 24, -5, 4);
		else if (k == 1)
			put_int(&b, 1024 + 24, 0x7fffffff, 4);
		else if (k == 2)
			put_int(&b, 1024 + 128 + 24, 1, 4);
		else
			memset(b.at + 2048 + 664, 0xff, 32); /* numbers beyond all measure */
		struct scan *scan = must_open(save_bytes("x.isq", &b), 0);
		assert_true(scan_info(scan)->slope == 1.0);
		assert_int_equal(scan_info(scan)->unit, SCAN_UNIT_UNKNOWN);
		scan_close(scan);
	}
}

static void other_types(void **state)
{
	(void)state;
	static const struct { int type, z_um; const char *word; } t[] = {
		{ 1, 42, "RSQ" }, { 9, 42, "RAD" }, { 3, 0, "RAD" }, { 6, 42, "GOBJ" }, { 77, 42, "type 77" },
	};
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		struct bytes b;
		header(&b, 0);
		add_ramp(&b);
		put_int(&b, 16, t[k].type, 4);
		put_int(&b, 64, t[k].z_um, 4);
		assert_refused(save_bytes("t.isq", &b), GPPI_E_UNSUPPORTED, t[k].word);
	}
}

static void hostile(void **state)
{
	(void)state;
	static const struct { size_t at; int64_t value; } t[] = {
		{ 44, 0 }, { 48, -5 }, { 52, 0x7fffffff }, { 44, 65536 }, { 52, 5 }, { 508, -1 }, { 508, 0x7fffffff },
		{ 508, 1 },
	};
	struct bytes b;
	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		header(&b, 0);
		add_ramp(&b);
		put_int(&b, t[k].at, t[k].value, 4);
		assert_refused(save_bytes("h.isq", &b), GPPI_E_FORMAT, "h.isq");
	}
	header(&b, 0);
	add_ramp(&b);
	for (size_t at = 44; at < 56; at += 4)
		put_int(&b, at, 65535, 4);
	assert_refused(save_bytes("h.isq", &b), GPPI_E_FORMAT, "65535 x 65535 x 65535");
	header(&b, 6);
	add_calibration(&b, 165.997, -129.681, 0.7033);
	add_ramp(&b);
	assert_cuts_refused("cut.isq", &b, b.n);
	put_file(in_dir("text.isq"), "this is no scan", 15);
	assert_refused(in_dir("text.isq"), GPPI_E_FORMAT, "text.isq");
}

static void identity(void **state)
{
	(void)state;
	struct bytes b;
	struct scan *scan;
	struct gppi_error err;
	header(&b, 0);
	add_ramp(&b);
	assert_int_equal(open_scan(save_bytes("i.isq", &b), 0, 0.0, &scan, &err), 0);
	assert_string_equal(scan_info(scan)->identity.patient_name, "femur 12"); /* without the blanks behind it */
	scan_close(scan);
	header(&b, 0);
	memcpy(b.at + 128, "M\xe4use \x9b[31m 7                          ", 40);
	add_ramp(&b);
	assert_int_equal(open_scan(save_bytes("i.isq", &b), 0, 0.0, &scan, &err), 0);
	const struct gppi_identity *who = &scan_info(scan)->identity;
	assert_string_equal(who->patient_name, "M\xc3\xa4use ?[31m 7"); /* Latin-1; a terminal's escape is harmless */
	assert_string_equal(who->sample, "65");
	assert_string_equal(who->measurement, "233");
	assert_string_equal(who->date, "2024-02-29");
	scan_close(scan);
	put_int(&b, 36, -1, 8);
	assert_int_equal(open_scan(save_bytes("i.isq", &b), 0, 0.0, &scan, &err), 0);
	assert_string_equal(scan_info(scan)->identity.date, "");
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_and_spacing), TEST(vms_names), TEST(check_vectors), TEST(no_scaling),
		TEST(damaged_extension), TEST(other_types), TEST(hostile), TEST(identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
