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
	struct gppi_error err;
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
	r.nopinions = 2;
	r.opinion[0] = (struct gppi_opinion){ .solution = "sn", .plane = NAN, .error = "none" };
	r.opinion[1] = (struct gppi_opinion){ .solution = "bm", .plane = 175.5 };
	assert_string_equal(printed(report_csv, &r), "bone,167,166.70,1.6700,0.998,,197,296,10.000,10.000,"
						     "10.000,read,165.00,166.20,167.10,,,,175.50,,in/"
						     "bone.nii,\"300um,1000um,shaft\",1.000,,,,,,,,,,,,,ok,\n");
	r = no_plane();
	strcpy(r.name, "a,b");
	assert_string_equal(printed(report_csv, &r), "\"a,b\",,,,,\"first; second, \"\"quoted\"\"\",,,10.000,"
			    "10.000,10.000,assumed,165.00,,,,,,,,in/bone.nii,"
			    "\"300um,1000um,shaft\",,,,,,,,,,,,,,none,\n");

	r = sample();
	r.bone = 2;
	r.bones = 6;
	r.offset[0] = 512;
	r.offset[1] = 64;
	assert_non_null(strstr(printed(report_csv, &r), ",1.000,2,6,512,64,0,400,410,642,,,,,ok,\n"));

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

	/* a failure has as many, its sentence last */
	const struct gppi_error why = { GPPI_E_FORMAT, "m.nii: is cut" };
	const struct report_failure failure = { "m", "in/m.nii", -1, &why };
	f = fmemopen(head, sizeof head, "w");
	assert_non_null(f);
	report_csv_failure(f, &failure);
	fclose(f);
	values = 0;
	for (const char *c = head; *c; c++)
		values += *c == ',';
	assert_int_equal(names, values);
	assert_non_null(strstr(head, ",in/m.nii,"));
	assert_non_null(strstr(head, ",failed,m.nii: is cut\n"));
}

static const char *field(const char *text)
{
	static char buf[256];
	FILE *f = fmemopen(memset(buf, 0, sizeof buf), sizeof buf, "w");
	assert_non_null(f);
	report_csv_field(f, text);
	fclose(f);
	return buf;
}

static void csv_cells_are_no_formulas(void **s)
{
	static const struct {
		const char *text, *cell;
	} cells[] = {
		{ "=1+1", "'=1+1" }, { "+1+cmd", "'+1+cmd" }, { "-1+2", "'-1+2" }, { "@SUM(1)", "'@SUM(1)" },
		{ "\tx", "\"'\tx\"" }, { "\rx", "\"'?x\"" }, { "=HYPERLINK(\"a,b\")", "\"'=HYPERLINK(\"\"a,b\"\")\"" },
		{ " =1", "\"' =1\"" }, { "--1", "'--1" }, { "+", "'+" }, { "-0x10", "'-0x10" }, { "-inf", "'-inf" },
		{ "-1e5", "'-1e5" },
		/* numbers and names stay */
		{ "-5", "-5" }, { "+1.50", "+1.50" }, { "-2.", "-2." }, { "12", "12" }, { "m-1", "m-1" }, { "", "" },
		{ "two\nlines", "\"two\nlines\"" }, { "esc\033[2J", "esc?[2J" }, { "rtl \xe2\x80\xae", "rtl ?" },
	};

	(void)s;
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		assert_string_equal(field(cells[i].text), cells[i].cell);
}

static void json_hides_what_acts_on_terminals(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	strcpy(r.name, "c1 \xc2\x9b rtl \xe2\x80\xae M\xc3\xa4use");
	assert_non_null(strstr(printed(json, &r), "\"name\":\"c1 \\u009b rtl \\u202e M\xc3\xa4use\""));
	json_t *j = json_loads(printed(json, &r), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(j, "name")), r.name);
	json_decref(j);
}

/* A host program may have set a locale with a decimal comma. */
static void locales_change_no_line(void **s)
{
	struct gppi_result r = sample();
	char plain[2][4096];

	(void)s;
	snprintf(plain[0], sizeof plain[0], "%s", printed(report_csv, &r));
	snprintf(plain[1], sizeof plain[1], "%s", printed(json, &r));
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

static void reports_tell_whose_bone_it_is(void **s)
{
	struct gppi_result r = sample();

	(void)s;
	r.identity = (struct gppi_identity){ "=M,7", "Mouse^7", "3", "1234", "2024-02-29", "aging", "left", "A17",
					     "1.2.3", "1.2.4" };
	assert_non_null(strstr(printed(report_csv, &r), ",\"'=M,7\",3,1234,2024-02-29,ok,\n"));
	assert_non_null(strstr(printed(json, &r), "\"identity\":{\"patient_id\":\"=M,7\",\"patient_name\":\"Mouse^7\","
		"\"sample\":\"3\",\"measurement\":\"1234\",\"date\":\"2024-02-29\",\"study\":\"aging\","
		"\"series\":\"left\",\"accession\":\"A17\",\"study_uid\":\"1.2.3\",\"series_uid\":\"1.2.4\"}"));
	strcpy(r.identity.patient_id, "\xe2\x80\xae\xe9");
	assert_non_null(strstr(printed(report_csv, &r), ",??,3,"));
	assert_non_null(strstr(printed(json, &r), "\"patient_id\":\"\\u202e?\""));
	r.identity.patient_id[0] = 0;
	assert_non_null(strstr(printed(json, &r), "\"patient_id\":null,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_lines_are_aligned),
		cmocka_unit_test(csv_lines_follow_the_head),
		cmocka_unit_test(csv_cells_are_no_formulas),
		cmocka_unit_test(json_hides_what_acts_on_terminals),
		cmocka_unit_test_setup_teardown(locales_change_no_line, make_dir, drop_dir),
		cmocka_unit_test(json_lines_hold_the_contract),
		cmocka_unit_test(reports_tell_whose_bone_it_is),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
