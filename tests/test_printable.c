/* Text from outside on its way to a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/printable.h"

static const char *copied(const char *text)
{
	static char buf[256];
	return printable_copy(text, buf, sizeof buf);
}

static void names_of_all_alphabets_stay(void **s)
{
	static const char *const good[] = { "", "femur-1.nii", "M\xc3\xa4use \xe9\xaa\xa8 \xf0\x9f\xa6\xb4",
					    "\xd7\x90\xd7\x91",
					    "\xc2\xa0 \xc2\xb5m", "\xef\xbf\xbd" };

	(void)s;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_string_equal(copied(good[i]), good[i]);
}

static void what_acts_on_a_terminal_does_not(void **s)
{
	static const struct {
		const char *text, *shown;
	} bad[] = {
		{ "a\033]0;title\007b", "a?]0;title?b" }, { "a\nb\tc\rd\177", "a?b?c?d?" },
		{ "csi \xc2\x9b" "2J", "csi ?2J" },           /* C1 in UTF-8 */
		{ "csi \x9b" "2J", "csi ?2J" },               /* C1 in Latin-1: no UTF-8 */
		/* U+202E, U+2066, U+2069 */
		{ "rtl \xe2\x80\xaegnp", "rtl ?gnp" }, { "\xe2\x81\xa6x\xe2\x81\xa9", "?x?" },
		{ "\xe2\x80\x8fx\xd8\x9c", "?x?" },           /* U+200F, U+061C */
		{ "line\xe2\x80\xa8sep", "line?sep" },        /* U+2028 */
		{ "\xc0\x9b" "2J", "??2J" }, { "\xe0\x82\x9b", "???" }, /* longer forms of U+001B and U+009B */
		{ "\xed\xa0\x80", "???" }, { "\xf4\x90\x80\x80", "????" }, { "cut \xe2\x80", "cut ??" },
		{ "Latin M\xe4use", "Latin M?use" },
	};

	(void)s;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[64];
		struct gppi_error err;
		assert_string_equal(copied(bad[i].text), bad[i].shown);
		snprintf(text, sizeof text, "%s", bad[i].text);
		assert_string_equal(printable(text), bad[i].shown);
		err_set(&err, GPPI_E_IO, "%s", bad[i].text);
		assert_string_equal(err.text, bad[i].shown);
	}
}

static void columns_are_counted_in_characters(void **s)
{
	char buf[64] = "";
	FILE *f = tmpfile();

	(void)s;
	assert_non_null(f);
	printable_put(f, "M\xc3\xa4use\033", 8);
	printable_put(f, "long", 2);
	rewind(f);
	assert_non_null(fgets(buf, sizeof buf, f));
	fclose(f);
	assert_string_equal(buf, "M\xc3\xa4use?  long");
	assert_int_equal(printable_width("M\xc3\xa4use\033"), 6);
	assert_string_equal(printable_copy("ab\xc3\xa4", buf, 4), "ab"); /* not cut within a character */
	assert_string_equal(printable_copy("ab\xc3\xa4", buf, 5), "ab\xc3\xa4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_all_alphabets_stay),
		cmocka_unit_test(what_acts_on_a_terminal_does_not),
		cmocka_unit_test(columns_are_counted_in_characters),
	};
	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
