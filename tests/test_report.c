/* Lines of a report: text, CSV, JSON. */
#define _GNU_SOURCE /* fmemopen */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

#include "locale_comma.h"
#include "report_sample.h"

/* What `write` prints. */
static char *printed(void (*write)(FILE *out, const struct gppi_result *r), const struct gppi_result *r)
{
	static char buf[4096];
	FILE *f = fmemopen(buf, sizeof buf, "w");
	assert_non_null(f);
	write(f, r);
	fclose(f);
	return buf;
}

static void text(FILE *out, const struct gppi_result *r)
{
	report_text(out, r, 12);
}

static void json(FILE *out, const struct gppi_result *r)
{
	struct err err;
	assert_int_equal(report_json(out, r, NULL, &err), 0);
}

static void text_lines_are_aligned(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	assert_string_equal(printed(text, &r), "bone            167   1.670 mm  0.99  VOI 197-296  ok\n");
	strcpy(r.name, "b\033[2J");
	r.gppi_mm = NAN;
	r.confidence = 1;
	assert_string_equal(printed(text, &r), "b?[2J           167          -  1.00  VOI 197-296  ok\n");
	r = no_plane();
	assert_string_equal(printed(text, &r),
			    "bone              -          -     -  VOI -        REVIEW first; second, \"quoted\"\n");
}

static void csv_lines_follow_the_head(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	assert_string_equal(printed(report_csv, &r), "bone,167,166.70,1.6700,0.998,,197,296,10.000,10.000,"
			    "10.000,read,165.00,166.20,167.10,in/bone.nii,\"300um,1000um,shaft\",1.000,,,,,,,,\n");
	r = no_plane();
	strcpy(r.name, "a,b");
	assert_string_equal(printed(report_csv, &r), "\"a,b\",,,,,\"first; second, \"\"quoted\"\"\",,,10.000,"
			    "10.000,10.000,assumed,165.00,,,in/bone.nii,\"300um,1000um,shaft\",,,,,,,,,\n");

	r = sample();
	r.bone = 2;
	r.bones = 6;
	r.offset[0] = 512;
	r.offset[1] = 64;
	assert_non_null(strstr(printed(report_csv, &r), ",1.000,2,6,512,64,0,400,410,642\n"));

	/* as many columns as there are names, once the commas within quotes are left out */
	char head[1024];
	FILE *f = fmemopen(head, sizeof head, "w");
	assert_non_null(f);
	report_csv_head(f);
	fclose(f);
	int names = 0, values = -2;
	for (const char *c = head; *c; c++)
		names += *c == ',';
	for (const char *c = printed(report_csv, &r); *c; c++)
		values += *c == ',';
	assert_int_equal(names, values);
}

/* A host program may have set a locale with a decimal comma. */
static void locales_change_no_line(void **s)
{
	struct gppi_result r = sample();
	char plain[2][4096];

	(void)s;
	strcpy(plain[0], printed(report_csv, &r));
	strcpy(plain[1], printed(json, &r));
	if (!set_comma_locale())
		skip();
	char *csv = strdup(printed(report_csv, &r)), *line = strdup(printed(json, &r));
	set_plain_locale();
	assert_string_equal(csv, plain[0]);
	assert_string_equal(line, plain[1]);
	free(csv);
	free(line);
}

static void json_lines_hold_the_contract(void **s)
{
	struct gppi_result r = sample();
	json_t *j = json_loads(printed(json, &r), 0, NULL);

	(void)s;
	assert_non_null(j);
	assert_int_equal(json_integer_value(json_object_get(j, "gppi")), 167);
	assert_true(json_number_value(json_object_get(j, "gppi_exact")) == 166.7);
	json_t *sv = json_object_get(json_object_get(j, "models"), "sv");
	assert_int_equal(json_array_size(json_object_get(sv, "folds")), 2);
	json_t *along = json_object_get(json_object_get(j, "models"), "longaxis");
	assert_true(json_number_value(json_object_get(along, "plane")) == 166.5);
	assert_true(json_number_value(json_object_get(along, "none")) == 0.0625);
	assert_true(json_number_value(json_object_get(json_object_get(j, "seconds"), "longaxis")) == 0.25);
	assert_int_equal(json_array_size(json_object_get(j, "review")), 0);
	assert_string_equal(json_string_value(json_object_get(j, "spacing_known")), "read");
	json_decref(j);

	r = no_plane();
	r.model = GPPI_MODEL_CW;
	r.longaxis_plane = 12; /* not asked for: not told */
	strcpy(r.name, "latin \xe9");
	j = json_loads(printed(json, &r), 0, NULL);
	assert_non_null(j);
	assert_true(json_is_null(json_object_get(j, "gppi")));
	assert_true(json_is_null(json_object_get(j, "gppi_mm")));
	assert_true(json_is_null(json_object_get(j, "confidence")));
	assert_true(json_is_null(json_object_get(json_object_get(j, "voi"), "first")));
	assert_true(json_is_null(json_object_get(json_object_get(j, "models"), "sv")));
	assert_true(json_is_null(json_object_get(json_object_get(j, "models"), "longaxis")));
	assert_string_equal(json_string_value(json_object_get(j, "name")), "latin ?");
	assert_int_equal(json_array_size(json_object_get(j, "review")), 2);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_lines_are_aligned),
		cmocka_unit_test(csv_lines_follow_the_head),
		cmocka_unit_test_setup_teardown(locales_change_no_line, make_dir, drop_dir),
		cmocka_unit_test(json_lines_hold_the_contract),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
