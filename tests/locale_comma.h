/* A locale with a decimal comma, as the host of a library may have set it. */
#ifndef TESTS_LOCALE_COMMA_H
#define TESTS_LOCALE_COMMA_H

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "temp_dir.h"

/* Compiles one into test_dir and sets it; false where the system has no definitions (Debian: locales). */
static inline bool set_comma_locale(void)
{
	char command[1200];
	snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s' >/dev/null 2>&1", in_dir("de_DE.UTF-8"));
	if (system(command) != 0 && !setlocale(LC_ALL, "de_DE.UTF-8"))
		return false;
	setenv("LOCPATH", test_dir, 1);
	return setlocale(LC_ALL, "de_DE.UTF-8") && !strcmp(localeconv()->decimal_point, ",");
}

static inline void set_plain_locale(void)
{
	setlocale(LC_ALL, "C");
	unsetenv("LOCPATH");
}

#endif
