/* Numbers: points and commas, lists, locales. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"

#include "locale_comma.h"

static void one_number(void **s)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {
		{ "9.985", 9.985 }, { " 9,98500\t", 9.985 }, { "0,02", 0.02 }, { "-1,5e-3", -1.5e-3 }, { "+7", 7 },
		{ "5.", 5 },
		{ ".5", 0.5 }, { "1E3", 1000 }, { "0.019999999552965164", 0.019999999552965164 }, { "1,000", 1 },
		{ "-0", 0 },
		{ "123456789012345678901234567890", 123456789012345678901234567890.0 },
	};
	static const char *const bad[] = { "", " ", "um", "nan", "inf", "-inf", "0x10", "1.234,5", "1,234.5", "1,2,3",
					   "1 2",
					   "9.985 um", "9..5", ",5", "5,", "1e", "1e400", "--1", ".", "-", "1.2.3",
					   "1'000" };
	double v;

	(void)s;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		v = 77;
		if (!number_parse(good[i].text, &v) || v < good[i].value || v > good[i].value)
			fail_msg("\"%s\" is read as %.17g", good[i].text, v);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		v = 77;
		if (number_parse(bad[i], &v) || v < 77 || v > 77)
			fail_msg("\"%s\" is read as %g", bad[i], v);
	}
	static char longest[4096];
	memset(longest, '1', sizeof longest - 1);
	assert_false(number_parse(longest, &v));
}

/* Digits, marks and signs at random, of lengths around what is exact: the bits of strtod(). */
static void rounding_is_that_of_strtod(void **s)
{
	uint32_t seed = 20240611;
	char text[40];

	(void)s;
	for (int round = 0; round < 200000; round++) {
		int n = 0, digits = 1 + round % 18, mark;
		double v = 0, want;

		seed = seed * 1664525 + 1013904223;
		mark = (int)(seed >> 8) % (digits + 4);
		if (seed >> 30)
			text[n++] = seed >> 31 ? '-' : '+';
		for (int i = 0; i < digits; i++) {
			if (i == mark)
				text[n++] = '.';
			seed = seed * 1664525 + 1013904223;
			text[n++] = (char)('0' + (seed >> 16) % 10);
		}
		text[n] = 0;
		want = strtod(text, NULL);
		assert_true(number_parse(text, &v));
		if (v != want || signbit(v) != signbit(want))
			fail_msg("\"%s\" is read as %.17g, not %.17g", text, v, want);
	}
}

static void what_follows_is_told(void **s)
{
	const char *end;
	double v;

	(void)s;
	assert_true(number_at(" 9,985 um", &v, &end));
	assert_string_equal(end, " um");
	assert_true(number_at("1.5e", &v, &end));
	assert_string_equal(end, "e");
	assert_true(number_at("1,2,3", &v, &end));
	assert_string_equal(end, ",3");
	assert_false(number_at("x1", &v, &end));
}

static void lists(void **s)
{
	static const struct {
		const char *text;
		int most, n;
		double v[3];
	} list[] = {
		{ "0.02 0.02 0.03", 3, 3, { 0.02, 0.02, 0.03 } }, { "0,02 0,02 0,03", 3, 3, { 0.02, 0.02, 0.03 } },
		{ "0,02\t0,02;0,03", 3, 3, { 0.02, 0.02, 0.03 } }, { "1,2,3", 3, 3, { 1, 2, 3 } },
		{ "(1, 2, 3)", 3, 3, { 1, 2, 3 } }, { "(1,2,3)", 3, 3, { 1, 2, 3 } },
		{ "0,5, 1,5, 2,5", 3, 3, { 0.5, 1.5, 2.5 } },
		{ "1,5", 1, 1, { 1.5 } }, { "1,5", 3, 2, { 1, 5 } }, { "  7 ", 3, 1, { 7 } }, { "", 3, 0, { 0 } },
		{ "1 2 3 4 5", 3, 5, { 1, 2, 3 } },
		/* neither is clear: never cut */
		{ "1,2,3 4", 3, -1, { 0 } }, { "(0,02,0,0)", 3, 4, { 0, 2, 0 } }, { "1,,2", 3, -1, { 0 } },
		{ "1,2,", 3, -1, { 0 } },
		{ "1 2 x", 3, -1, { 0 } }, { "1 nan 2", 3, -1, { 0 } }, { ",1", 3, -1, { 0 } },
		{ "1.2.3", 3, -1, { 0 } },
		{ "0.02mm", 3, -1, { 0 } },
	};

	(void)s;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		double v[3] = { 0 };
		int n = number_list(list[i].text, v, list[i].most);
		if (n != list[i].n)
			fail_msg("\"%s\" has %d numbers", list[i].text, n);
		for (int k = 0; k < n && k < list[i].most; k++)
			if (fabs(v[k] - list[i].v[k]) > 1e-12)
				fail_msg("\"%s\": number %d is %g", list[i].text, k, v[k]);
	}
}

static void locales_change_nothing(void **s)
{
	char fixed[32], shorter[32];
	double v = 0, w = 0;

	(void)s;
	if (!set_comma_locale())
		skip();
	snprintf(fixed, sizeof fixed, "%.1f", 1.5);
	assert_string_equal(fixed, "1,5"); /* the locale is in force */
	assert_true(number_parse("9.985", &v) && number_parse("9,985", &w));
	number_fixed(fixed, sizeof fixed, 3, 1234.5);
	number_short(shorter, sizeof shorter, 6, 0.25);
	set_plain_locale();
	assert_true(fabs(v - 9.985) < 1e-12 && fabs(w - 9.985) < 1e-12);
	assert_string_equal(fixed, "1234.500");
	assert_string_equal(shorter, "0.25");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_number), cmocka_unit_test(rounding_is_that_of_strtod),
		cmocka_unit_test(what_follows_is_told), cmocka_unit_test(lists),
		cmocka_unit_test_setup_teardown(locales_change_nothing, make_dir, drop_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
