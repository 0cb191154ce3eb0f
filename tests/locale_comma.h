/* A locale with a decimal comma, as the host of a library may have set it. */
#ifndef TESTS_LOCALE_COMMA_H
#define TESTS_LOCALE_COMMA_H

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "temp_dir.h"

/* Compiles one into test_dir, from nothing but what is written here, and sets it; false where there is no localedef. */
static inline bool set_comma_locale(void)
{
	static const char numeric[] =
		"LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n";
	static const char letters[] = "<code_set_name> ASCII\n<comment_char> %\n<escape_char> /\nCHARMAP\n"
				      "<U0000>..<U007F>     /x00         ASCII\nEND CHARMAP\n";
	char command[2048];
	put_file(in_dir("numeric"), numeric, sizeof numeric - 1);
	put_file(in_dir("letters"), letters, sizeof letters - 1);
	snprintf(command, sizeof command, "localedef -c -i '%s' -f '%s' '%s' >/dev/null 2>&1", in_dir("numeric"),
		 in_dir("letters"), in_dir("comma"));
	if (system(command) < 0)
		return false;
	setenv("LOCPATH", test_dir, 1);
	return setlocale(LC_NUMERIC, "comma") && !strcmp(localeconv()->decimal_point, ",");
}

static inline void set_plain_locale(void)
{
	setlocale(LC_NUMERIC, "C");
	unsetenv("LOCPATH");
}

#endif
