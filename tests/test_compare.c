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
		const char *mark = i == 3 ? "<&" : "";
		fprintf(t, "bone%d%s,%d\n", i, mark, truth[i]);
		fprintf(r, "{\"name\":\"bone%d%s\",\"gppi_exact\":%d.3,\"models\":{\"longaxis\":null},"
			"\"seconds\":{\"total\":8},"
			"\"second_opinion\":{\"device\":\"cpu\",\"solutions\":["
			"{\"solution\":\"sn\",\"plane\":%d.4,\"members\":5,\"inferences\":18,"
			"\"parameters\":63000000,\"seconds\":4},"
			"{\"solution\":\"bm\",\"plane\":%d,\"members\":5,\"inferences\":579,"
			"\"parameters\":1441989,\"seconds\":3.5,\"memory\":%d00000000},"
			"{\"solution\":\"ek\",\"plane\":null,\"members\":4,\"error\":\"none\",\"seconds\":0}]}}\n",
			i, mark, truth[i], truth[i] + sn[i], truth[i] + bm[i], 1 + i % 7);
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
	assert_float_equal(s[2].memory, 700e6, 0.5); /* the most over all bones */
	assert_true(isnan(s[1].memory));
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

/* A bone that failed has no time, and leaves that of the others. */
static void test_failed(void **state)
{
	struct compare c;
	struct gppi_error err;
	FILE *r = fopen(results_path, "a");

	(void)state;
	assert_non_null(r);
	long size = ftell(r);
	fputs("{\"name\":\"bone99\",\"input\":\"x\",\"index\":null,\"gppi\":null,\"error\":\"why\"}\n", r);
	fclose(r);
	assert_int_equal(compare_files(truth_path, results_path, NULL, &c, &err), 0);
	assert_int_equal(c.n, 3);
	assert_float_equal(c.solution[0].seconds, 0.5, 1e-9);
	assert_float_equal(c.solution[2].seconds, 3.5, 1e-9);
	compare_free(&c);
	assert_int_equal(truncate(results_path, size), 0);
}

/* Known planes that lie between two slices, and what is wrong by less than a half. */
static void test_between(void **state)
{
	struct compare c;
	struct gppi_error err;
	char table[80], lines[80], *text;
	size_t size;

	(void)state;
	snprintf(table, sizeof table, "%s/between.csv", folder);
	snprintf(lines, sizeof lines, "%s/between.jsonl", folder);
	FILE *t = fopen(table, "w"), *r = fopen(lines, "w");
	assert_true(t && r);
	fputs("Image Name,Growth Plate Index\na,187.5\nb,183.3\nc,182.75\nd,180\n", t);
	fputs("{\"name\":\"a\",\"gppi_exact\":187.2}\n{\"name\":\"b\",\"gppi_exact\":187}\n"
	      "{\"name\":\"c\",\"gppi_exact\":183}\n{\"name\":\"d\",\"gppi_exact\":179.9}\n", r);
	fclose(t);
	fclose(r);
	assert_int_equal(compare_files(table, lines, NULL, &c, &err), 0);
	assert_int_equal(unlink(table) | unlink(lines), 0);
	FILE *f = open_memstream(&text, &size);
	compare_csv(f, &c);
	compare_text(f, &c);
	fclose(f);
	compare_free(&c);
	assert_non_null(strstr(text, "\na,187.5,-0.5\nb,183.3,3.7\nc,182.75,0.25\nd,180,0\n"));
	assert_non_null(strstr(text, "\na                          187.5      -0.5\n"));
	assert_non_null(strstr(text, "\nc                         182.75     +0.25\n"));
	assert_null(strstr(text, "-0\n"));
	free(text);
}

/* What up to two writers say of SN and BM; caller frees. */
static char *written(void (*one)(FILE *, const struct compare *), void (*two)(FILE *, const struct compare *))
{
	struct compare c;
	struct gppi_error err;
	char *text;
	size_t size;

	assert_int_equal(compare_files(truth_path, results_path, "sn,bm", &c, &err), 0);
	FILE *f = open_memstream(&text, &size);
	one(f, &c);
	if (two)
		two(f, &c);
	fclose(f);
	compare_free(&c);
	return text;
}

static void test_tables(void **state)
{
	char *text = written(compare_csv, compare_text);

	(void)state;
	assert_non_null(strstr(text, "Image Name,Growth Plate Index,SN error,BM error\n"
				     "bone0,199,0,0\nbone1,165,0,1\n"));
	assert_non_null(strstr(text, "\nparameters,,63000000,1441989\n"));
	assert_non_null(strstr(text, "bone4                        175        -7        -3\n"));
	assert_non_null(strstr(text, "MAE                                   1.46      1.23\n"));
	assert_non_null(strstr(text, "memory, MB                               -       700\n"));
	free(text);
}

static int count(const char *text, const char *word)
{
	int n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

/* The greatest error is 7: the axis, 624 wide about 440, reaches 10 each way. */
static void test_figure(void **state)
{
	char *text = written(compare_figure, NULL);

	(void)state;
	assert_int_equal(count(text, "<circle"), 2 * BONES);
	assert_int_equal(count(text, "<path fill"), 0);
	assert_int_equal(count(text, "#d9480f"), 1);
	assert_int_equal(count(text, "cx=\"440.0\""), 5 + 4);
	assert_non_null(strstr(text, "cx=\"221.6\"")); /* 440 - 7 / 10 * 312 */
	assert_non_null(strstr(text, "<title>bone4: -7.0</title>"));
	assert_int_equal(count(text, "<title>bone3&lt;&amp;: "), 2);
	assert_int_equal(count(text, "MAE 1.46"), 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paper),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_figure),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
