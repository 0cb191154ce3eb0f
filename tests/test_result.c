/* From a plane in the bone's own order to the result in the file's: index, VOI, reasons; the score. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bone/result.h"

#include "near.h"

static struct plane_result found(double plane)
{
	return (struct plane_result){ .plane = plane, .confidence = 0.9, .sv_rough = 178,
				      .longaxis_plane = 179.5, .longaxis_none = 0.25, .near = 0.75, .rival = NAN,
				      .nfolds = 2, .sv_fold = { 179, 181 }, .sv_plane = 180,
				      .cw_plane = NAN, .cw_likelihood_plane = plane };
}

static const struct frame whole = { .nslices = 642, .native_per_slice = 1, .native_nz = 642,
				    .bone_last = 641 };

static struct gppi_result fill(struct frame f, struct plane_result p)
{
	struct gppi_options opt;
	struct gppi_result r = { .dims = { 400, 400, f.native_nz }, .spacing_um = { 10, 10, 10 },
				 .spacing_known = GPPI_SPACING_READ };

	gppi_options_default(&opt);
	result_fill(&r, &f, &p, &opt);
	return r;
}

static void result_is_in_the_files_own_index(void **s)
{
	struct frame f = whole;
	struct gppi_result r = fill(f, found(180.4));

	(void)s;
	assert_int_equal(r.gppi, 180);
	near(r.gppi_exact, 180.4, 1e-9);
	near(r.gppi_mm, 1.8, 1e-9);
	assert_true(isnan(r.cw_plane));
	near(r.confidence, 0.9, 1e-9);
	near(r.longaxis_plane, 179.5, 1e-9);
	near(r.longaxis_none, 0.25, 0);
	near(r.near, 0.75, 0);
	assert_true(isnan(r.rival_plane));
	assert_int_equal(r.nreasons, 0);

	f.flags = FRAME_FLIPPED_Z; /* no reason for review */
	r = fill(f, found(180.4));
	assert_int_equal(r.gppi, 461);
	near(r.sv_rough, 463, 1e-9);
	near(r.sv_fold[0], 462, 1e-9);
	near(r.longaxis_plane, 461.5, 1e-9);
	assert_int_equal(r.shaft_first, 1);
	assert_int_equal(r.voi_last, 431);
	assert_int_equal(r.voi_first, 332);
	assert_int_equal(r.nreasons, 0);

	f.nslices = 642; /* slices of 20 um: the middle of slice 180 of 10 um lies in slice 90 */
	f.native_nz = 321;
	f.native_per_slice = 0.5;
	f.flags = 0;
	r = fill(f, found(180));
	near(r.gppi_exact, 89.75, 1e-9);
	assert_int_equal(r.gppi, 90);
	f.flags = FRAME_FLIPPED_Z;
	r = fill(f, found(180));
	near(r.gppi_exact, 320 - 89.75, 1e-9);

	r = fill(whole, found(-3)); /* out of the volume */
	assert_int_equal(r.gppi, 0);
	r = fill(whole, found(600));
	assert_int_equal(r.nreasons, 1);
	assert_non_null(strstr(r.reason[0], "only 12 % of the VOI"));
	r = fill(whole, found(640));
	assert_int_equal(r.voi_first, -1);
	assert_int_equal(r.nreasons, 1);
}

/* Along z the file's own distance of slices counts, and the bone's own length. */
static void lengths_along_the_bone(void **s)
{
	struct gppi_options opt;
	struct gppi_result r = { .dims = { 400, 400, 642 }, .spacing_um = { 20, 30, 7 },
				 .spacing_known = GPPI_SPACING_READ };
	struct frame f = whole;
	struct plane_result p = found(180);

	(void)s;
	gppi_options_default(&opt);
	result_fill(&r, &f, &p, &opt);
	near(r.gppi_mm, 1.26, 1e-9);
	assert_int_equal(r.voi_offset, 43);
	assert_int_equal(r.voi_count, 143);
	assert_int_equal(r.voi_first, 223);
	assert_int_equal(r.voi_last, 365);

	f.bone_first = 170; /* 25 slices, of which 10 % are 2.5 */
	f.bone_last = 194;
	opt.voi = (struct gppi_voi){ 0, 10, GPPI_VOI_PERCENT, GPPI_VOI_PERCENT, GPPI_VOI_SHAFT };
	r.spacing_um[2] = 10;
	result_fill(&r, &f, &p, &opt);
	assert_int_equal(r.voi_count, 3);
	assert_int_equal(r.voi_first, 180);
	assert_int_equal(r.voi_last, 182);
	f.bone_first = 0;
	f.bone_last = 394;
	r.spacing_um[2] = 9.71; /* slices are the file's own: 10 % of them are 39.5 */
	result_fill(&r, &f, &p, &opt);
	assert_int_equal(r.voi_count, 40);
}

/* It tells no confidence, by which a plane of a bone without a knee's shape would be dropped. */
static void a_heavy_plane_stays(void **s)
{
	struct gppi_options opt;
	struct gppi_result r = { .dims = { 400, 400, 642 }, .spacing_um = { 10, 10, 10 } };
	struct frame f = whole;
	struct plane_result p = found(180);

	(void)s;
	gppi_options_default(&opt);
	f.flags = FRAME_NOT_FEMUR;
	p.confidence = 0;
	result_fill(&r, &f, &p, &opt);
	assert_int_equal(r.gppi, -1);
	opt.heavy_alone = "bm";
	result_fill(&r, &f, &p, &opt);
	assert_int_equal(r.gppi, 180);
}

static void results_are_rounded_to_the_nearest_slice(void **s)
{
	struct gppi_options opt;
	struct gppi_result r = { .dims = { 400, 400, 642 }, .spacing_um = { 10.5, 10.5, 10.5 },
				 .spacing_known = GPPI_SPACING_READ };
	struct plane_result p = found(180.6);

	(void)s;
	gppi_options_default(&opt);
	result_fill(&r, &whole, &p, &opt);
	assert_int_equal(r.gppi, 181);
	near(r.gppi_mm, 1.9005, 1e-9);
	assert_int_equal(r.voi_offset, 29);
	assert_int_equal(r.voi_count, 95);
	assert_int_equal(r.voi_first, 181 + 29);
	assert_int_equal(r.voi_last, 181 + 29 + 94);
	struct frame f = whole; /* slices with bone: 28.55 and 583.79 of the file */
	f.native_per_slice = 10 / 10.5;
	f.bone_first = 30;
	f.bone_last = 613;
	result_fill(&r, &f, &p, &opt);
	assert_int_equal(r.bone_first, 29);
	assert_int_equal(r.bone_last, 584);
	opt.voi.offset = -50;
	result_fill(&r, &whole, &p, &opt);
	assert_int_equal(r.voi_offset, -5);
	assert_int_equal(r.voi_first, 176);
}

/* A VOI in um, and all mm, are only as good as the voxel size. */
static void doubtful_spacing_wants_review(void **s)
{
	static const struct {
		enum gppi_spacing known;
		const char *doubt, *voi, *reason;
	} row[] = {
		{ GPPI_SPACING_READ, "", "300um,1000um", NULL },
		{ GPPI_SPACING_GIVEN, "", "300um,1000um", NULL },
		{ GPPI_SPACING_ASSUMED, "", "300um,1000um",
		  "voxel size not stated, 10 um assumed for the VOI: give it with "
							    "--voxel-um" },
		{ GPPI_SPACING_ASSUMED, "", "30sl,1mm", "voxel size not stated, 10 um assumed" },
		{ GPPI_SPACING_ASSUMED, "", "300um,10%", "voxel size not stated, 10 um assumed" },
		{ GPPI_SPACING_ASSUMED, "", "20sl,100sl", NULL },
		{ GPPI_SPACING_ASSUMED, "", "2%,10%", NULL },
		{ GPPI_SPACING_READ, "pixdim says 20 um, sform 17 um", "300um,1000um",
		  "voxel size in doubt: pixdim says 20 um, sform 17 um" },
		{ GPPI_SPACING_READ, "pixdim says 20 um, sform 17 um", "20sl,100sl", "voxel size in doubt: pixdim" },
	};

	(void)s;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct gppi_result r = { .dims = { 400, 400, 642 }, .spacing_um = { 10, 10, 10 },
					 .spacing_known = row[i].known };
		struct gppi_options opt;
		struct plane_result p = found(180.4);
		gppi_options_default(&opt);
		assert_int_equal(gppi_voi_parse(row[i].voi, &opt.voi, NULL), GPPI_OK);
		snprintf(r.spacing_doubt, sizeof r.spacing_doubt, "%s", row[i].doubt);
		result_fill(&r, &whole, &p, &opt);
		assert_int_equal(r.nreasons, row[i].reason ? 1 : 0);
		if (row[i].reason && strstr(r.reason[0], row[i].reason) != r.reason[0])
			fail_msg("\"%s\" does not begin with \"%s\"", r.reason[0], row[i].reason);
		near(r.confidence, 0.9, 1e-9); /* of the plane, which is as good as before */
	}
}

/* Without a plane there is no VOI whose size could be wrong. */
static void assumed_spacing_without_a_plane(void **s)
{
	struct gppi_options opt;
	struct gppi_result r = { .dims = { 400, 400, 642 }, .spacing_um = { 10, 10, 10 } };
	struct plane_result p = found(NAN);

	(void)s;
	gppi_options_default(&opt);
	result_fill(&r, &whole, &p, &opt);
	assert_int_equal(r.spacing_known, GPPI_SPACING_ASSUMED);
	assert_int_equal(r.nreasons, 0);
}

/* A bone that lies: said first, and nothing of what networks say of slices along it. */
static void lying_bones_are_told_first(void **s)
{
	struct frame f = whole;
	struct plane_result p = found(180);

	(void)s;
	p.nreasons = 1;
	strcpy(p.reason[0], "the SV networks differ");
	f.flags = FRAME_ALONG_X | FRAME_TILTED;
	struct gppi_result r = fill(f, p);
	assert_int_equal(r.nreasons, 1);
	assert_string_equal(r.reason[0], "the bone lies along x, not along z: reslice it, or give --axis x");
	assert_true(r.confidence < 0.1);
	f.flags = FRAME_ALONG_Y;
	r = fill(f, p);
	assert_string_equal(r.reason[0], "the bone lies along y, not along z: reslice it, or give --axis y");
}

static void no_plane_is_minus_one(void **s)
{
	struct plane_result p = found(NAN);
	p.nreasons = 1;
	strcpy(p.reason[0], "no growth plate seen");
	struct gppi_result r = fill(whole, p);

	(void)s;
	assert_int_equal(r.gppi, -1);
	assert_true(isnan(r.gppi_exact) && isnan(r.gppi_mm));
	assert_int_equal(r.voi_first, -1);
	assert_string_equal(r.reason[0], "no growth plate seen");

	struct frame shaft = whole; /* a doubtful plane in what is no knee is no plane */
	shaft.flags = FRAME_NOT_FEMUR;
	p = found(180);
	p.confidence = 0.3;
	r = fill(shaft, p);
	assert_int_equal(r.gppi, -1);
	assert_true(r.confidence < 0.1);
	assert_non_null(strstr(r.reason[0], "no growth plate seen"));
	assert_int_equal(r.nreasons, 2);
	p.confidence = 0.95; /* a clear one is given, for review */
	r = fill(shaft, p);
	assert_int_equal(r.gppi, 180);
	assert_true(r.confidence < 0.5);
	assert_int_equal(r.nreasons, 1);
}

static void every_notice_costs_confidence(void **s)
{
	(void)s;
	struct plane_result p = found(180);
	p.confidence = 0.85; /* in doubt, if only just */
	for (unsigned flag = 2; flag <= 64; flag *= 2) {
		struct frame f = whole;
		f.flags = flag;
		struct gppi_result r = fill(f, p);
		assert_int_equal(r.nreasons, 1);
		assert_true(r.confidence < 0.9 && r.confidence > 0.5);
		assert_true(strlen(r.reason[0]) < sizeof r.reason[0] - 1); /* not cut */
	}
	p.confidence = 0.99; /* where the plane is beyond doubt, three of them need nobody to look */
	for (unsigned flag = 2; flag <= 64; flag *= 2) {
		struct frame f = whole;
		f.flags = flag;
		struct gppi_result r = fill(f, p);
		assert_int_equal(r.nreasons, flag & (FRAME_CUT_DISTAL | FRAME_GREY_RESCALED | FRAME_SIDE_CUT) ? 0 : 1);
		assert_true(r.confidence < 0.99);
	}
	struct frame f = whole;
	f.flags = 255;
	p = found(180);
	p.nreasons = PLANE_REASONS_MAX;
	p.confidence = 0.99;
	assert_true(fill(f, p).nreasons <= GPPI_MAX_REASONS);
}

/* The doubts of a reader stand before all others, and displace the last ones where there are too many. */
static void doubts_of_the_scan_come_first(void **s)
{
	struct scan_info scan = { .ndoubts = 2, .doubt = { "one", "two" } };
	struct gppi_result r = { .nreasons = GPPI_MAX_REASONS - 1 };

	(void)s;
	strcpy(r.reason[0], "first");
	strcpy(r.reason[GPPI_MAX_REASONS - 2], "last");
	result_doubt(&r, &scan);
	assert_int_equal(r.nreasons, GPPI_MAX_REASONS);
	assert_string_equal(r.reason[0], "one");
	assert_string_equal(r.reason[1], "two");
	assert_string_equal(r.reason[2], "first");
	r.nreasons = 0;
	result_doubt(&r, &scan);
	assert_int_equal(r.nreasons, 2);
}

static void score_is_public(void **s)
{
	(void)s;
	near(gppi_score(180, 180), 1, 0);
	near(gppi_score(183, 180), 0.3173, 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_rounded_to_the_nearest_slice),
		cmocka_unit_test(doubtful_spacing_wants_review),
		cmocka_unit_test(assumed_spacing_without_a_plane), cmocka_unit_test(lying_bones_are_told_first),
		cmocka_unit_test(result_is_in_the_files_own_index),
		cmocka_unit_test(lengths_along_the_bone), cmocka_unit_test(a_heavy_plane_stays),
		cmocka_unit_test(no_plane_is_minus_one),
		cmocka_unit_test(every_notice_costs_confidence),
		cmocka_unit_test(doubts_of_the_scan_come_first),
		cmocka_unit_test(score_is_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
