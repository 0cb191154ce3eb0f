/* Reading CSV tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"

static void csv_reads_quotes_and_line_ends(void **s)
{
	static const char text[] = "\xef\xbb\xbfImage Name , \"Growth \"\"Plate\"\"\",x\r\n"
				   "\r\n\"a,1\" ,2,\"two\nlines\"\n b \n\"\",,\n\n,,last";
	struct csv csv;
	struct gppi_error err;

	(void)s;
	/* blanks after a closing quote are not allowed: "a,1" must be followed by a comma */
	assert_int_equal(csv_parse(text, sizeof text - 1, "t.csv", &csv, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "t.csv: line 3"));

	static const char good[] = "\xef\xbb\xbfImage Name , \"Growth \"\"Plate\"\"\",x\r\n"
				   "\r\n\"a,1\",2,\"two\nlines\"\n b \n\"\",,\n\n,,last";
	assert_int_equal(csv_parse(good, sizeof good - 1, "t.csv", &csv, &err), 0);
	assert_int_equal(csv.ncols, 3);
	assert_int_equal(csv.nrows, 4);
	assert_string_equal(csv.head[1], "Growth \"Plate\"");
	assert_int_equal(csv_column(&csv, "image NAME"), 0);
	assert_int_equal(csv_column(&csv, "image"), -1);
	assert_string_equal(csv_cell(&csv, 0, 0), "a,1");
	assert_string_equal(csv_cell(&csv, 0, 2), "two\nlines");
	assert_string_equal(csv_cell(&csv, 1, 0), "b");
	assert_string_equal(csv_cell(&csv, 1, 2), "");
	assert_string_equal(csv_cell(&csv, 3, 2), "last");
	assert_int_equal(csv.line[0], 3);
	assert_int_equal(csv.line[1], 5);
	csv_free(&csv);
}

/* Both columns of the first row, whatever stands between. */
static void csv_reads(const char *text, const char *name, const char *index)
{
	struct csv csv;
	struct gppi_error err;

	if (csv_parse(text, strlen(text), "t.csv", &csv, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(csv.nrows, 1);
	int a = csv_column(&csv, "Image Name"), b = csv_column(&csv, "Growth Plate Index");
	if (a < 0 || b < 0)
		fail_msg("%s: columns %d and %d", text, a, b);
	assert_string_equal(csv_cell(&csv, 0, a), name);
	assert_string_equal(csv_cell(&csv, 0, b), index);
	csv_free(&csv);
}

static void csv_reads_what_spreadsheets_write(void **s)
{
	struct csv csv;
	struct gppi_error err;

	(void)s;
	csv_reads("Image Name;Growth Plate Index\r\nm1;183,5\r\n", "m1", "183,5");
	csv_reads("\xef\xbb\xbf\"Image Name\";\"Growth Plate Index\"\n\"a;b\";183\n", "a;b", "183");
	csv_reads("Image Name\tGrowth Plate Index\nm 1\t183\n", "m 1", "183");
	csv_reads("Note\tImage Name\tGrowth Plate Index\n\tm1\t183\n", "m1", "183"); /* an empty cell is no blank */
	csv_reads("sep=;\r\nImage Name;Growth Plate Index\r\nm1;183\r\n", "m1", "183");
	csv_reads("\"sep=,\"\nImage Name,Growth Plate Index\nm1,183\n", "m1", "183");
	csv_reads("sep=;\rImage Name;Growth Plate Index\rm1;183\r", "m1", "183");
	csv_reads("SEP=|\nImage Name|Growth Plate Index\nm,1|183\n", "m,1", "183");
	csv_reads("Image\xc2\xa0Name;growth plate INDEX\nm1;183\n", "m1", "183");
	/* Windows-1252. */
	csv_reads("Image Name;Growth Plate Index\nM\xe4use \x96 3;183\n", "M\xc3\xa4use \xe2\x80\x93 3", "183");
	/* A grid of empty cells. */
	csv_reads("Image Name,Growth Plate Index,,\nm1,183,,\n,,,\n,,,,,,\n , ,\n", "m1", "183");
	csv_reads("Image Name;Growth Plate Index\nm1;183;;;\n;\n;;;\n", "m1", "183");
	csv_reads("Image Name;Growth Plate Index;a, b, c\nm1;183;x\n", "m1", "183");
	assert_int_equal(csv_parse("a;b\n1;2;3\n", 10, "t.csv", &csv, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "line 2 has more"));
	assert_int_equal(csv_parse("sep=;\na;b\n\n1;2;3\n", 17, "t.csv", &csv, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "line 4 has more"));
	assert_int_equal(csv_parse("sep=;", 5, "t.csv", &csv, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, "is empty"));
}

static void csv_refuses(const char *text, size_t size, const char *why)
{
	struct csv csv;
	struct gppi_error err;
	assert_true(csv_parse(text, size, "t.csv", &csv, &err) < 0);
	if (!strstr(err.text, why) || !strstr(err.text, "t.csv"))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	csv_free(&csv); /* harmless after a failure */
}

static void csv_refuses_what_is_no_table(void **s)
{
	(void)s;
	csv_refuses("", 0, "empty");
	csv_refuses("\n\r\n\n", 4, "empty");
	csv_refuses("a,b\n1,2,3\n", 10, "line 2 has more");
	csv_refuses("a,b\n\"1,2\n", 9, "never closed");
	csv_refuses("\"a", 2, "never closed");
	csv_refuses("a\0b\n", 4, "zero bytes");

	char *wide = malloc(4000);
	assert_non_null(wide);
	memset(wide, ',', 4000);
	csv_refuses(wide, 4000, "more than the 1000");
	free(wide);

	/* 999 columns and very many short rows: 8 kB of table for each row of 2 bytes */
	size_t size = 1000 + 2 * 5000;
	char *many = malloc(size);
	assert_non_null(many);
	memset(many, ',', 998);
	memcpy(many + 998, "x\n", 2);
	for (size_t i = 1000; i < size; i += 2)
		memcpy(many + i, "1\n", 2);
	csv_refuses(many, size, "cells");
	free(many);
}

static void csv_survives_noise(void **s)
{
	static const char alphabet[] = "\",\r\n ax\t;\xef\xbb\xbf";
	uint32_t seed = 12345;
	int parsed = 0;

	(void)s;
	print_message("seed %u\n", (unsigned)seed);
	for (int round = 0; round < 3000; round++) {
		char text[48] = "";
		size_t n = 0;
		while (n < sizeof text && (seed = seed * 1664525u + 1013904223u) >> 27)
			text[n++] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
		char *exact = malloc(n ? n : 1); /* the sanitizer sees every byte too far */
		struct csv csv;
		struct gppi_error err = { 0 };
		assert_non_null(exact);
		memcpy(exact, text, n);
		if (csv_parse(exact, n, "noise", &csv, &err) == 0) {
			parsed++;
			for (size_t i = 0; i < csv.nrows * csv.ncols; i++)
				/* A byte of Windows-1252 takes up to three. */
				assert_true(strlen(csv.cell[i]) <= 3 * n);
			csv_free(&csv);
		} else {
			assert_true(strlen(err.text) > 10);
		}
		free(exact);
	}
	assert_true(parsed > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_reads_quotes_and_line_ends),
		cmocka_unit_test(csv_reads_what_spreadsheets_write),
		cmocka_unit_test(csv_refuses_what_is_no_table),
		cmocka_unit_test(csv_survives_noise),
	};
	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
