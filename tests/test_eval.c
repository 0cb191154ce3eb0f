/* Evaluation: predictions against the truth. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include <math.h>

#include "report/eval.h"

static void eval_computes_the_tables(void **s)
{
	struct eval eval;
	struct gppi_error err;

	(void)s;
	put_text(in_dir("a"), "Image Name,Growth Plate Index\nx.nii,100\ny,120\nz.NII.gz,140\n");
	put_text(in_dir("b"), "Growth Plate Index,image name,more\n143,z,\n100,x,\n,y,\n7,w,\n");
	assert_int_equal(eval_files(in_dir("a"), in_dir("b"), &eval, &err), 0);
	assert_int_equal(eval.nbones, 3);
	assert_int_equal(eval.nmatched, 2);
	assert_int_equal(eval.nunknown, 1);
	assert_string_equal(eval.bone[2].name, "z");
	assert_true(isnan(eval.bone[1].predicted));
	assert_true(eval.bone[2].error == 3);
	assert_true(eval.mae == 1.5 && eval.bias == 1.5);
	double low = erfc(1 / sqrt(2));
	assert_true(fabs(eval.score_sum - (1 + low)) < 1e-9);
	assert_true(fabs(eval.score_mean - (1 + low) / 2) < 1e-9);
	assert_true(fabs(eval.score_sd - (1 - low) / 2) < 1e-9);
	assert_true(eval.within[0] == 0.5 && eval.within[1] == 1 && eval.within[2] == 1);
	eval_free(&eval);
}

static void eval_matches_the_paper(void **s)
{
	/* test errors of team SV (Table 5): MAE 1.92 planes */
	static const int truth[] = { 199, 165, 185, 180, 175, 169, 173, 180, 190, 182, 164, 199, 160 },
		error[] = { -3, 1, 1, 3, -7, 1, 2, -2, -1, -3, 0, 1, 0 };
	struct eval eval;
	struct gppi_error err;
	FILE *a = fopen(in_dir("a"), "w"), *b = fopen(in_dir("b"), "w");

	(void)s;
	assert_true(a && b);
	fputs("Image Name,Growth Plate Index\n", a);
	fputs("Image Name,Growth Plate Index\n", b);
	for (int i = 0; i < 13; i++) {
		fprintf(a, "bone%d,%d\n", i, truth[i]);
		fprintf(b, "bone%d,%d\n", i, truth[i] + error[i]);
	}
	fclose(a);
	fclose(b);
	assert_int_equal(eval_files(in_dir("a"), in_dir("b"), &eval, &err), 0);
	assert_true(fabs(eval.mae - 1.92) < 0.005);
	assert_true(fabs(eval.score_sum - 7.6759) < 1e-3);
	assert_true(fabs(eval.within[1] - 12 / 13.0) < 1e-9);
	eval_free(&eval);
}

/* What `predicted` says of the only bone of `truth`. */
static void eval_matches(const char *truth, const char *predicted, double error)
{
	struct eval eval;
	struct gppi_error err;

	put_text(in_dir("a"), truth);
	put_text(in_dir("b"), predicted);
	if (eval_files(in_dir("a"), in_dir("b"), &eval, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(eval.nbones, 1);
	assert_int_equal(eval.nmatched, 1);
	if (fabs(eval.bone[0].error - error) > 1e-9)
		fail_msg("%s: an error of %g", truth, eval.bone[0].error);
	eval_free(&eval);
}

static void eval_knows_other_spellings(void **s)
{
	(void)s;
	eval_matches("Image Name;Growth Plate Index\nx;183,5\n", "Image Name,Growth Plate Index\nx,184\n", 0.5);
	eval_matches("Image Name\tGrowth Plate Index\nx\t1,250\n", "Image Name,Growth Plate Index\nx,2\n", 0.75);
	eval_matches("Image Name,Growth Plate Index\nx,\"183,5\"\n", "Image Name,Growth Plate Index\nx,184.0\n", 0.5);
	/* NFC and NFD, Windows-1252 */
	eval_matches("Image Name,Growth Plate Index\nMa\xcc\x88use,10\n",
		     "Image Name,Growth Plate Index\nM\xc3\xa4use,11\n", 1);
	eval_matches("Image Name,Growth Plate Index\nM\xc3\xa4use,10\n",
		     "Image Name,Growth Plate Index\nMa\xcc\x88use,11\n", 1);
	eval_matches("Image Name;Growth Plate Index\nM\xe4use;10\n",
		     "Image Name,Growth Plate Index\nMa\xcc\x88use,11\n", 1);
	/* endings of all formats, what gppi replaces, and formulas */
	for (const char *const *end = (const char *const[]){ ".ISQ", ".isq;1", ".AIM", ".mhd", ".nrrd", ".dcm", ".tif",
							     ".vgi", ".nii.gz", NULL };
	     *end; end++) {
		char table[80];
		snprintf(table, sizeof table, "Image Name,Growth Plate Index\nx%s,10\n", *end);
		eval_matches(table, "Image Name,Growth Plate Index\nx,12\n", 2);
	}
	eval_matches("Image Name,Growth Plate Index\nm1/x:2.nii,10\n", "Image Name,Growth Plate Index\nm1_x_2,12\n", 2);
	eval_matches("Image Name,Growth Plate Index\n=1+1,10\n", "Image Name,Growth Plate Index\n'=1+1,12\n", 2);
}

static void eval_refuses(const char *table, const char *why)
{
	struct eval eval;
	struct gppi_error err;

	put_text(in_dir("a"), "Image Name,Growth Plate Index\nx,100\n");
	put_text(in_dir("b"), table);
	assert_true(eval_files(in_dir("a"), in_dir("b"), &eval, &err) < 0);
	if (!strstr(err.text, why) || !strstr(err.text, in_dir("b")))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	/* as the truth it is refused alike */
	assert_true(eval_files(in_dir("b"), in_dir("a"), &eval, &err) < 0);
}

static void eval_refuses_bad_tables(void **s)
{
	(void)s;
	eval_refuses("Name,Index\nx,1\n", "Image Name");
	eval_refuses("Image Name,Index\nx,1\n", "Growth Plate Index");
	eval_refuses("Image Name,Growth Plate Index\nx,1e9\n", "line 2");
	eval_refuses("Image Name,Growth Plate Index\nx,nan\n", "line 2");
	eval_refuses("Image Name,Growth Plate Index\nx,\"1,234\"\n", "\"1,234\" is not a slice index");
	eval_refuses("Image Name;Growth Plate Index\nx;1.234,5\n", "\"1.234,5\" is not a slice index");
	eval_refuses("Image Name,Growth Plate Index\nx,0x10\n", "not a slice index");
	eval_refuses("Image Name;Growth Plate Index\nx;1;2\n", "line 2 has more");
	eval_refuses("Image Name,Growth Plate Index\nx,12a\n", "not a slice index");
	eval_refuses("Image Name,Growth Plate Index\n,12\n", "names no bone");
	eval_refuses("Image Name,Growth Plate Index\nx,1\n\nx.nii.gz,1\n", "twice, on lines 2 and 4");
}

/* A name finds its own row, in any spelling, and no other. */
static void planes_are_found_by_name(void **s)
{
	static const struct { const char *name; double index; } wanted[] = {
		{ "x", 100 }, { "x.nii", 100 }, { "x.2", 101 }, { "x.2.ISQ", 101 }, { "Ma\xcc\x88use", 102 },
		{ "x.", 0 }, { "x.3", 0 }, { "", 0 },
	};
	struct eval_planes planes;
	const struct eval_plane *row;
	struct gppi_error err;

	(void)s;
	put_text(in_dir("a"), "Image Name,Growth Plate Index\nx.2,101\nx.nii,100\nM\xc3\xa4use,102\nnone,\n");
	assert_int_equal(eval_planes_read(in_dir("a"), NULL, 0, EVAL_SOME, &planes, &err), 0);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		assert_int_equal(eval_planes_find(&planes, wanted[i].name, &row), 0);
		if ((row ? row->index : 0) != wanted[i].index)
			fail_msg("\"%s\" has plane %g", wanted[i].name, row ? row->index : 0);
	}
	assert_int_equal(eval_planes_find(&planes, "none", &row), 0);
	assert_true(row && isnan(row->index) && row->line == 5);
	eval_planes_free(&planes);
	assert_true(eval_planes_read(in_dir("a"), NULL, 0, EVAL_WHOLE, &planes, &err) < 0);
	eval_planes_free(&planes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(eval_computes_the_tables),
		TEST(eval_matches_the_paper),
		TEST(eval_knows_other_spellings),
		TEST(eval_refuses_bad_tables),
		TEST(planes_are_found_by_name),
	};
	return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}
