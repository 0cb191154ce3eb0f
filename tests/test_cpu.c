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
	struct gppi_error err = { 0 };

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
	struct gppi_error err = { 0 };

	unsetenv("GPPI_CPU");
	assert_int_equal(cpu_limit(NULL, &err), 0);
	enum cpu_level best = cpu_level();
	setenv("GPPI_CPU", "scalar", 1);
	assert_int_equal(cpu_limit(NULL, &err), 0);
	assert_int_equal(cpu_level(), CPU_SCALAR);
	assert_int_equal(cpu_limit("avx512vnni", &err), 0); /* the program's own word counts more */
	assert_int_equal(cpu_level(), best);

	setenv("GPPI_CPU", "pentium", 1);
	assert_int_equal(cpu_limit(NULL, &err), GPPI_E_USAGE);
	assert_non_null(strstr(err.text, "GPPI_CPU"));
	assert_non_null(strstr(err.text, "pentium"));
	assert_int_equal(cpu_limit("sse", &err), GPPI_E_USAGE);
	unsetenv("GPPI_CPU");
	assert_int_equal(cpu_limit(NULL, &err), 0);
}

/* Signatures as CPUID gives them. */
static void test_width(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t signature;
		bool intel, narrow;
	} table[] = {
		{ "Ice Lake U", 0x706e5, true, true },      { "Ice Lake Y", 0x706d1, true, true },
		{ "Tiger Lake U", 0x806c1, true, true },    { "Tiger Lake H", 0x806d1, true, true },
		{ "Rocket Lake", 0xa0671, true, true },     { "Alder Lake", 0x90672, true, false },
		{ "Skylake", 0x506e3, true, false },        { "Cascade Lake", 0x50657, true, false },
		{ "Cooper Lake", 0x5065b, true, false },    { "Ice Lake SP", 0x606a6, true, false },
		{ "Sapphire Rapids", 0x806f8, true, false }, { "Zen 4", 0xa60f12, false, false },
		{ "Zen 3", 0xa00f11, false, false },        { "another vendor's", 0x706e5, false, false },
		{ "another family", 0x70fe5, true, false }, { "none", 0, true, false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (cpu_model_prefers_256(table[i].intel, table[i].signature) != table[i].narrow)
			fail_msg("%s: %s", table[i].name, table[i].narrow ? "256 bits are better" : "512 bits are better");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_width),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
