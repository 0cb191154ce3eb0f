/* Solutions side by side: the figures are the paper's own. Table 5 has the errors of six teams over 13 bones, tables 5
 * and 6 and Eq. 1 say what follows from them. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/compare.h"

#define BONES 13

static const int truth[BONES] = { 199, 165, 185, 180, 175, 169, 173, 180, 190, 182, 164, 199, 160 };
static const int bm[BONES] = { 0, 1, -2, 2, -3, -2, 0, -2, -1, 2, 0, -1, 0 };
static const int sn[BONES] = { 0, 0, -1, 3, -7, -2, 0, -1, 2, -2, 0, 0, 1 };
static char folder[] = "/tmp/gppi-compare-XXXXXX", truth_path[64], results_path[64];

static int make(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(truth_path, sizeof truth_path, "%s/truth.csv", folder);
	snprintf(results_path, sizeof results_path, "%s/results.jsonl", folder);
	FILE *t = fopen(truth_path, "w"), *r = fopen(results_path, "w");
	if (!t || !r)
		return -1;
	fputs("Image Name,Growth Plate Index\n", t);
	for (int i = 0; i < BONES; i++) {
		fprintf(t, "bone%d,%d\n", i, truth[i]);
		fprintf(r, "{\"name\":\"bone%d\",\"gppi_exact\":%d.3,\"models\":{\"longaxis\":null},\"seconds\":{\"total\":8},"
			"\"second_opinion\":{\"device\":\"cpu\",\"solutions\":["
			"{\"solution\":\"sn\",\"plane\":%d.4,\"members\":5,\"inferences\":18,\"parameters\":63000000,\"seconds\":4},"
			"{\"solution\":\"bm\",\"plane\":%d,\"members\":5,\"inferences\":579,\"parameters\":1441989,\"seconds\":3.5},"
			"{\"solution\":\"ek\",\"plane\":null,\"members\":4,\"error\":\"none\",\"seconds\":0}]}}\n",
			i, truth[i], truth[i] + sn[i], truth[i] + bm[i]);
	}
	return fclose(t) | fclose(r);
}

static int drop(void **state)
{
	(void)state;
	return unlink(truth_path) | unlink(results_path) | rmdir(folder);
}

static void test_paper(void **state)
{
	struct compare c;
	struct gppi_error err;

	(void)state;
	if (compare_files(truth_path, results_path, NULL, &c, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(c.n, 3); /* EK gave no plane, the program's own networks were not asked */
	const struct compare_solution *s = c.solution;
	assert_string_equal(s[0].name, "gppi");
	assert_float_equal(s[0].eval.mae, 0, 1e-9);
	assert_float_equal(s[0].seconds, 0.5, 1e-9);
	assert_string_equal(s[1].name, "SN");
	assert_float_equal(s[1].eval.mae, 1.46, 0.005);
	assert_string_equal(s[2].name, "BM");
	assert_float_equal(s[2].eval.mae, 1.23, 0.005);
	assert_float_equal(s[2].eval.score_mean, 0.696837, 1e-4);
	assert_int_equal(s[2].members, 5);
	assert_float_equal(s[2].inferences, 579, 1e-9);
	assert_float_equal(s[2].parameters, 1441989, 0.5);
	assert_float_equal(s[2].seconds, 3.5, 1e-9);
	compare_free(&c);
}

static void test_only(void **state)
{
	struct compare c;
	struct gppi_error err;

	(void)state;
	assert_int_equal(compare_files(truth_path, results_path, "BM,sv", &c, &err), 0);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.solution[0].name, "BM");
	compare_free(&c);
	assert_int_equal(compare_files(truth_path, results_path, "mh", &c, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "has no plane of the solutions asked for"));
	assert_int_equal(compare_files(truth_path, truth_path, NULL, &c, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "line 1 is no result"));
}

static void test_tables(void **state)
{
	struct compare c;
	struct gppi_error err;
	char *text;
	size_t size;

	(void)state;
	assert_int_equal(compare_files(truth_path, results_path, "sn,bm", &c, &err), 0);
	FILE *f = fmemopen(NULL, 8192, "w+");
	compare_csv(f, &c);
	compare_text(f, &c);
	size = (size_t)ftell(f);
	rewind(f);
	text = calloc(1, size + 1);
	assert_int_equal(fread(text, 1, size, f), size);
	fclose(f);
	assert_non_null(strstr(text, "Image Name,Growth Plate Index,SN error,BM error\nbone0,199,0,0\nbone1,165,0,1\n"));
	assert_non_null(strstr(text, "\nparameters,,63000000,1441989\n"));
	assert_non_null(strstr(text, "bone4                        175        -7        -3\n"));
	assert_non_null(strstr(text, "MAE                                   1.46      1.23\n"));
	free(text);
	compare_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paper),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
