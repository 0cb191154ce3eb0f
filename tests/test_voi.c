/* The volume of interest: as people write it, and as slices of a scan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bone/result.h"
#include "bone/voi.h"

#include "near.h"

static struct gppi_voi parsed(const char *text)
{
	struct gppi_voi voi = { 0 };
	struct gppi_error err = { 0 };

	if (gppi_voi_parse(text, &voi, &err) != GPPI_OK)
		fail_msg("\"%s\": %s", text, err.text);
	return voi;
}

static void written_forms_are_read(void **s)
{
	static const struct {
		const char *text, *explicit;
	} form[] = {
		{ "trabecular", "300um,1000um,shaft" }, { "spongiosa", "0um,300um,shaft" },
		{ "epiphysis", "300um,300um,epiphysis" }, { "percent", "2%,10%,shaft" },
		{ "300um,1000um", "300um,1000um,shaft" }, { "0.3mm,1mm,knee", "300um,1000um,epiphysis" },
		{ "20sl,100slices,epiphysis", "20sl,100sl,epiphysis" }, { "2.5%,10 %", "2.5%,10%,shaft" },
		{ "-50um,30sl,shaft", "-50um,30sl,shaft" }, { "30\xc2\xb5m,1\xce\xbcm", "30um,1um,shaft" },
	};
	char text[64];

	(void)s;
	for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
		struct gppi_voi voi = parsed(form[i].text), again;
		assert_string_equal(gppi_voi_text(&voi, text, sizeof text), form[i].explicit);
		again = parsed(text);
		assert_string_equal(gppi_voi_text(&again, text, sizeof text), form[i].explicit);
	}
}

static void nonsense_is_explained(void **s)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "neither a preset" }, { "cortical", "trabecular, spongiosa" }, { "300um", "OFFSET,LENGTH" },
		{ "300,1000um", "\"300\" of the VOI has no unit" }, { "300um,1000km", "unknown unit" },
		{ "um,1000um", "begin with a number" }, { "nan,1um", "number" }, { "1e3um,1um", "number" },
		{ "0x10um,1um", "unknown unit" }, { "0,3mm,1mm", "\"0\" of the VOI has no unit" },
		{ "1-2um,3um", "number" }, { "300um,0um", "more than 0" },
		{ "300um,-5sl", "more than 0" }, { "200mm,1um", "at most 100000 um" }, { "1%,101%", "at most 100 %" },
		{ "1sl,70000sl", "at most 65535 sl" }, { "1um,2um,hip", "not \"hip\"" }, { "1um,2um,", "not \"\"" },
		{ "1um,2um,shaft,3um", "too many parts" },
	};
	static char longest[4096];

	(void)s;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct gppi_voi voi = { .length = 7 };
		struct gppi_error err = { 0 };
		assert_int_equal(gppi_voi_parse(bad[i].text, &voi, &err), GPPI_E_USAGE);
		if (!strstr(err.text, bad[i].why))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", bad[i].text, err.text, bad[i].why);
		near(voi.length, 7, 0); /* untouched */
	}
	memset(longest, ',', sizeof longest - 1);
	assert_int_equal(gppi_voi_parse(longest, &(struct gppi_voi){ 0 }, NULL), GPPI_E_USAGE);
	struct gppi_voi voi = { .length = 1, .side = (enum gppi_voi_side)2 };
	assert_int_equal(voi_check(&voi, NULL), GPPI_E_USAGE);
}

static void units_become_um(void **s)
{
	double offset, length;
	struct gppi_voi voi = parsed("2%,10%");

	(void)s;
	voi_um(&voi, 10, 6000, &offset, &length);
	near(offset, 120, 1e-9);
	near(length, 600, 1e-9);
	voi = parsed("20sl,1mm");
	voi_um(&voi, 5, 6000, &offset, &length);
	near(offset, 100, 1e-9);
	near(length, 1000, 1e-9);
}

/* A bone from slice 20 to 619 of 642, plane at canonical 180. */
static struct gppi_result placed(const char *text, unsigned flags)
{
	struct frame f = { .nslices = 642, .native_per_slice = 1, .native_nz = 642, .flags = flags,
			   .bone_first = 20, .bone_last = 619 };
	struct plane_result p = { .plane = 180, .confidence = 0.9, .rival = NAN, .sv_plane = NAN,
				  .cw_plane = NAN, .cw_likelihood_plane = NAN, .longaxis_plane = NAN };
	struct gppi_result r = { .dims = { 400, 400, 642 }, .spacing_um = { 10, 10, 10 },
				 .spacing_known = GPPI_SPACING_READ };
	struct gppi_options opt;

	gppi_options_default(&opt);
	opt.voi = parsed(text);
	result_fill(&r, &f, &p, &opt);
	return r;
}

static void lies(const char *text, unsigned flags, int first, int last)
{
	struct gppi_result r = placed(text, flags);

	assert_int_equal(r.voi_first, first);
	assert_int_equal(r.voi_last, last);
	near(r.voi_share, 1, 0);
	assert_int_equal(r.nreasons, 0);
}

static void either_side_of_the_plane(void **s)
{
	(void)s;
	lies("trabecular", 0, 210, 309);
	lies("30sl,100sl,epiphysis", 0, 51, 150);
	lies("2%,10%", 0, 192, 251); /* of 600 slices */
	lies("2%,10%,epiphysis", 0, 109, 168);
	lies("-50um,100um", 0, 175, 184);
	lies("0um,0.1um", 0, 180, 180); /* one slice at least */
	/* the same in a file that begins at the shaft: slice 461 is the plane */
	lies("trabecular", FRAME_FLIPPED_Z, 332, 431);
	lies("30sl,100sl,epiphysis", FRAME_FLIPPED_Z, 491, 590);
	lies("2%,10%", FRAME_FLIPPED_Z, 390, 449);
	struct gppi_result r = placed("2%,10%", FRAME_FLIPPED_Z);
	assert_int_equal(r.bone_first, 22);
	assert_int_equal(r.bone_last, 621);
	assert_int_equal(r.voi_offset, 12);
	assert_int_equal(r.voi_count, 60);
}

static void direction_in_the_file(void **s)
{
	const struct gppi_voi shaft = parsed("300um,1mm,shaft"), knee = parsed("300um,1mm,epiphysis");

	(void)s;
	assert_int_equal(voi_direction(&shaft, 0), 1);
	assert_int_equal(voi_direction(&shaft, 1), -1);
	assert_int_equal(voi_direction(&knee, 0), -1);
	assert_int_equal(voi_direction(&knee, 1), 1);
}

static void what_leaves_the_scan_is_told(void **s)
{
	struct gppi_result r = placed("30sl,200sl,epiphysis", 0);

	(void)s;
	assert_int_equal(r.voi_first, 0);
	assert_int_equal(r.voi_last, 150);
	near(r.voi_share, 151 / 200.0, 1e-12);
	assert_string_equal(r.reason[0], "only 75 % of the VOI lies in the scan: scan more of the knee end");
	r = placed("2mm,1mm,epiphysis", 0);
	assert_int_equal(r.voi_first, -1);
	near(r.voi_share, 0, 0);
	assert_string_equal(r.reason[0], "the VOI lies outside the scan: scan more of the knee end");
	r = placed("4mm,2mm", 0);
	assert_int_equal(r.voi_last, 641);
	assert_string_equal(r.reason[0], "only 31 % of the VOI lies in the scan: scan more of the shaft");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_forms_are_read), cmocka_unit_test(nonsense_is_explained),
		cmocka_unit_test(units_become_um), cmocka_unit_test(either_side_of_the_plane),
		cmocka_unit_test(direction_in_the_file),
		cmocka_unit_test(what_leaves_the_scan_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
