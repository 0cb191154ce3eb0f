/* The ladder of processor levels and its limit. */
#define _POSIX_C_SOURCE 200112L /* setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"

static void test_limit(void **state)
{
	(void)state;
	struct err err = { 0 };

	unsetenv("GPPI_CPU");
	assert_int_equal(cpu_limit(NULL, &err), 0);
	enum cpu_level best = cpu_level();
	assert_true(cpu_supports(best) && cpu_supports(CPU_SCALAR));
	for (int l = (int)best + 1; l < CPU_LEVELS; l++)
		assert_false(cpu_supports((enum cpu_level)l));
	for (int l = 0; l < CPU_LEVELS; l++) {
		assert_int_equal(cpu_limit(cpu_level_name((enum cpu_level)l), &err), 0);
		assert_true((int)cpu_level() <= l);
		if (cpu_supports((enum cpu_level)l))
			assert_int_equal(cpu_level(), l);
	}
	assert_int_equal(cpu_limit("scalar", &err), 0);
	assert_int_equal(cpu_level(), CPU_SCALAR);
	assert_false(cpu_has_sha());
}

static void test_environment(void **state)
{
	(void)state;
	struct err err = { 0 };

	setenv("GPPI_CPU", "scalar", 1);
	assert_int_equal(cpu_limit(NULL, &err), 0);
	assert_int_equal(cpu_level(), CPU_SCALAR);
	assert_int_equal(cpu_limit("avx512vnni", &err), 0); /* the program's own word counts more */
	assert_true(cpu_level() == CPU_SCALAR || cpu_supports(CPU_AVX2));

	setenv("GPPI_CPU", "pentium", 1);
	assert_int_equal(cpu_limit(NULL, &err), GPPI_E_USAGE);
	assert_non_null(strstr(err.text, "GPPI_CPU"));
	assert_non_null(strstr(err.text, "pentium"));
	assert_int_equal(cpu_limit("sse", &err), GPPI_E_USAGE);
	unsetenv("GPPI_CPU");
	assert_int_equal(cpu_limit(NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
