/* What is believed of the voxel sizes that files state. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scan/reader.h"

#define NONE "" /* no doubt */

static const struct {
	double said[3], um[3];
	enum scan_known known;
	const char *doubt, *note; /* parts */
} take[] = {
	{ { 20, 20, 20 }, { 20, 20, 20 }, SCAN_READ, NONE, "" },
	{ { -20, 20, -20 }, { 20, 20, 20 }, SCAN_READ, NONE, "" },
	{ { -18, -18, -20 }, { 18, 18, 20 }, SCAN_READ, NONE, "" },
	{ { 40, 40, 10 }, { 40, 40, 10 }, SCAN_READ, NONE, "" }, /* four times is believed */
	{ { 0, 0, 0 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE, "" },
	{ { NAN, INFINITY, 0 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE, "" },
	/* 1 mm is no size */
	{ { 1000, 1000, 1000 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE, "spacing: 1 mm in the file" },
	{ { 1000, 1000, 0 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE,
	  "spacing: 1000 x 1000 x ? um in the file, which stands" },
	{ { 1, 1, 1 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE, "spacing: 1 um in the file, which stands for an unknown" },
	{ { 1e6, 1e6, 1e6 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE, "stands for an unknown one" },
	{ { 20, 20, 1 }, { 20, 20, 20 }, SCAN_READ, "20 x 20 x 1 um in the file, taken as 20 um", "" },
	{ { 20, 20, 1000 }, { 20, 20, 20 }, SCAN_READ, "20 x 20 x 1000 um in the file, taken as 20 um",
	  "spacing: 20 x" },
	{ { 1000, 1000, 20 }, { 20, 20, 20 }, SCAN_READ, "taken as 20 um", "spacing: 1000 x" },
	{ { 300, 300, 1000 }, { 300, 300, 300 }, SCAN_READ, "taken as 300 um", "" },
	/* not stated: cubes */
	{ { 20, 20, 0 }, { 20, 20, 20 }, SCAN_READ, NONE, "spacing: 20 x 20 x ? um in the file, completed" },
	{ { 0, 0, 20 }, { 20, 20, 20 }, SCAN_READ, NONE, "completed" },
	{ { 18, 0, 20 }, { 18, 18, 20 }, SCAN_READ, NONE, "completed" },
	{ { 0, 18, 0 }, { 18, 18, 18 }, SCAN_READ, NONE, "completed" },
	/* more than four times apart */
	{ { 20, 20, 81 }, { 20, 20, 20 }, SCAN_READ, "20 x 20 x 81 um in the file, taken as 20 um", "" },
	{ { 20, 20, 2 }, { 20, 20, 20 }, SCAN_READ, "taken as 20 um", "" },
	{ { 200, 20, 20 }, { 20, 20, 20 }, SCAN_READ, "taken as 20 um", "" },
	{ { 20, 20, 5000 }, { 20, 20, 20 }, SCAN_READ, "taken as 20 um", "" },
	{ { 20, 90, 450 }, { 10, 10, 10 }, SCAN_ASSUMED, "not that of a micro-CT", "" },
	{ { 20, 90, 0 }, { 10, 10, 10 }, SCAN_ASSUMED, "not that of a micro-CT", "" },
	/* um written as mm, and the reverse */
	{ { 20000, 20000, 20000 }, { 20, 20, 20 }, SCAN_READ, "20 mm in the file, taken as 20 um", "" },
	{ { 20000, 20000, 1000 }, { 20, 20, 20 }, SCAN_READ, "taken as 20 um", "" },
	{ { 0.02, 0.02, 0.03 }, { 20, 20, 30 }, SCAN_READ, "taken as 20 x 20 x 30 um", "" },
	/* of no micro-CT, or hardly */
	{ { 5e5, 5e5, 5e5 }, { 10, 10, 10 }, SCAN_ASSUMED, "is not that of a micro-CT", "spacing: 500 mm" },
	{ { 1e-9, 1e-9, 1e-9 }, { 10, 10, 10 }, SCAN_ASSUMED, "is not that of a micro-CT", "" },
	{ { 200, 200, 200 }, { 200, 200, 200 }, SCAN_READ, "200 um is unusual for a micro-CT", "" },
	{ { 0.7, 0.7, 0.7 }, { 0.7, 0.7, 0.7 }, SCAN_READ, "0.7 um is unusual", "" },
};

static void check(const struct scan_info *info, const double um[3], enum scan_known known, const char *doubt,
		  const char *note, size_t row)
{
	for (int i = 0; i < 3; i++)
		if (fabs(info->spacing_um[i] - um[i]) > 1e-9)
			fail_msg("%zu: axis %d is %g, not %g", row, i, info->spacing_um[i], um[i]);
	assert_int_equal(info->spacing_known, known);
	if (!doubt[0] != !info->spacing_doubt[0] || !strstr(info->spacing_doubt, doubt))
		fail_msg("%zu: doubt \"%s\", not \"%s\"", row, info->spacing_doubt, doubt);
	if (!strstr(info->detail, note) || !strstr(info->detail, info->spacing_doubt))
		fail_msg("%zu: note \"%s\", not \"%s\"", row, info->detail, note);
}

static void one_statement(void **s)
{
	(void)s;
	for (size_t i = 0; i < sizeof take / sizeof *take; i++) {
		struct scan_info info = { 0 };
		spacing_take(&info, take[i].said);
		check(&info, take[i].um, take[i].known, take[i].doubt, take[i].note, i);
	}
}

static void two_statements(void **s)
{
	static const struct {
		double a[3], b[3], um[3];
		enum scan_known known;
		const char *doubt;
	} row[] = {
		{ { 20, 20, 20 }, { 20.1, 20, 20 }, { 20, 20, 20 }, SCAN_READ, NONE },
		{ { 20, 20, 20 }, { 20.3, 20, 20 }, { 20, 20, 20 }, SCAN_READ,
		  "pixdim says 20 um, sform 20.3 x 20 x 20 um" },
		{ { 20, 20, 20 }, { 17, 17, 17 }, { 20, 20, 20 }, SCAN_READ, "pixdim says 20 um, sform 17 um" },
		{ { 20, 20, 20 }, { -20, -20, 20 }, { 20, 20, 20 }, SCAN_READ, NONE },
		{ { 20, 20, 20 }, { 0, 0, 0 }, { 20, 20, 20 }, SCAN_READ, NONE },
		{ { 20, 20, 20 }, { 20, 20, 1000 }, { 20, 20, 20 }, SCAN_READ, "sform 20 x 20 x 1000 um" },
		{ { 0, 0, 0 }, { 17, 17, 17 }, { 17, 17, 17 }, SCAN_READ, NONE },
		{ { 1000, 1000, 1000 }, { 17, 17, 17 }, { 17, 17, 17 }, SCAN_READ, NONE },
		{ { 20, 20, 20 }, { 1000, 1000, 1000 }, { 20, 20, 20 }, SCAN_READ, NONE },
		{ { 1000, 1000, 1000 }, { 1000, 1000, 1000 }, { 10, 10, 10 }, SCAN_ASSUMED, NONE },
		{ { 5e6, 5e6, 5e6 }, { 17, 17, 17 }, { 17, 17, 17 }, SCAN_READ, "pixdim says 5000 mm, sform 17 um" },
		{ { 2e4, 2e4, 2e4 }, { 20, 20, 20 }, { 20, 20, 20 }, SCAN_READ, "pixdim says 20 mm, sform 20 um" },
	};

	(void)s;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct scan_info info = { 0 };
		spacing_take_two(&info, row[i].a, "pixdim", row[i].b, "sform");
		check(&info, row[i].um, row[i].known, row[i].doubt, "", i);
	}
}

static void the_user_is_believed(void **s)
{
	struct scan_info info = { 0 };

	(void)s;
	spacing_take(&info, (const double[3]){ 20, 20, 1000 });
	spacing_doubt(&info, "another; that is %d", 2);
	assert_non_null(strstr(info.spacing_doubt, "taken as")); /* the first stays */
	assert_non_null(strstr(info.detail, "another, that is 2"));
	spacing_give(&info, 7.5);
	check(&info, (const double[3]){ 7.5, 7.5, 7.5 }, SCAN_GIVEN, NONE, "", 0);
}

/* Numbers of 32 bits, in mm or um, and decimals that were multiplied are whole again, to the last bit; others stay. */
static void noise_goes(void **s)
{
	static const double whole[] = { 0.6, 3.25, 5, 6, 6.5, 7.5, 8.9, 10, 10.4, 10.5, 12, 13, 17.2, 20, 26, 35, 120 };
	static const double stay[] = { 10.41667, 9.99999, 10.00001, 16.66667, 33.33333, 10.00005, 0.50003 };

	(void)s;
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		const double um = whole[i], read[] = { um, (float)um, (float)(um / 1000) * 1000.0, um / 1000 * 1000,
						       (float)(um / 1e6) * 1e6 };
		for (size_t k = 0; k < sizeof read / sizeof *read; k++) {
			struct scan_info info = { 0 };
			spacing_take(&info, (const double[3]){ read[k], read[k], -read[k] });
			for (int j = 0; j < 3; j++)
				if (info.spacing_um[j] != um)
					fail_msg("%.17g is %.17g, not %.17g", read[k], info.spacing_um[j], um);
			spacing_give(&info, read[k]);
			assert_true(info.spacing_um[0] == um);
		}
	}
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		assert_true(spacing_tidy(stay[i]) == stay[i] || fabs(spacing_tidy(stay[i]) - stay[i]) < 1e-12);
}

static void units(void **s)
{
	static const struct {
		const char *word;
		double um;
	} unit[] = {
		{ "um", 1 }, { "\xc2\xb5m", 1 }, { "\xce\xbcm", 1 }, { "\xb5m", 1 }, { "\\u00B5m", 1 }, { "Micron", 1 },
		{ "microns", 1 }, { "micrometer", 1 }, { "micrometres", 1 }, { "\"mm\"", 1e3 }, { "[mm]", 1e3 },
		{ " MM ", 1e3 },
		{ "millimeter", 1e3 }, { "cm", 1e4 }, { "m", 1e6 }, { "nm", 1e-3 }, { "inch", 25400 }, { "pixel", 0 },
		{ "", 0 }, { "umx", 0 }, { "mm2", 0 },
	};

	(void)s;
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
		if (fabs(spacing_unit_um(unit[i].word) - unit[i].um) > 1e-9)
			fail_msg("\"%s\" is %g um", unit[i].word, spacing_unit_um(unit[i].word));
}

static void print_resolutions_are_no_sizes(void **s)
{
	static const int print[] = { 72, 96, 100, 144, 150, 180, 200, 240, 300, 350, 400, 600, 1200 };

	(void)s;
	for (size_t i = 0; i < sizeof print / sizeof *print; i++) {
		assert_true(spacing_of_resolution(print[i], 25400) <= 0);
		assert_true(spacing_of_resolution(print[i] / 2.54, 1e4) <= 0);
		assert_true(spacing_of_resolution(round(print[i] / 0.0254), 1e6) <= 0); /* PNG */
		assert_true(spacing_of_resolution(round(print[i] / 2.54), 1e4) <= 0);   /* JPEG */
	}
	static const double um[] = { 4, 5, 8, 10, 12.5, 16, 20, 25, 40, 50 };
	for (size_t i = 0; i < sizeof um / sizeof *um; i++)
		assert_true(fabs(spacing_of_resolution(1e4 / um[i], 1e4) - um[i]) < 1e-9);
	assert_true(fabs(spacing_of_resolution(50000, 1e6) - 20) < 1e-9);
	assert_true(fabs(spacing_of_resolution(1270, 25400) - 20) < 1e-9);
	assert_true(spacing_of_resolution(1, 25400) <= 0);
	assert_true(spacing_of_resolution(0, 25400) <= 0);
	assert_true(spacing_of_resolution(NAN, 25400) <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_statement), cmocka_unit_test(two_statements),
		cmocka_unit_test(the_user_is_believed), cmocka_unit_test(noise_goes),
		cmocka_unit_test(units), cmocka_unit_test(print_resolutions_are_no_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
