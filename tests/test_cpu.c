/* Features of the processor and their limit. */
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
	assert_int_equal(cpu_features(), cpu_present());
	const char *best = cpu_level_name(cpu_present());
	for (int l = 0; l < cpu_nlevels; l++) {
		const struct cpu_level *level = &cpu_levels[l];
		assert_int_equal(level->needs & ~level->allows, 0);
		assert_true(l == 0 || (cpu_levels[l - 1].allows & ~level->allows) == 0);
		assert_int_equal(cpu_limit(level->name, &err), 0);
		assert_int_equal(cpu_features(), cpu_present() & level->allows);
		if ((cpu_present() & level->needs) == level->needs)
			assert_string_equal(cpu_level_name(cpu_features()), level->name);
	}
	assert_string_equal(cpu_level_name(cpu_features()), best);
	assert_int_equal(cpu_limit("scalar", &err), 0);
	assert_int_equal(cpu_features(), 0);
}

static void test_environment(void **state)
{
	(void)state;
	struct gppi_error err = { 0 };

	setenv("GPPI_CPU", "scalar", 1);
	assert_int_equal(cpu_limit(NULL, &err), 0);
	assert_int_equal(cpu_features(), 0);
	/* the program's own word counts more */
	assert_int_equal(cpu_limit(cpu_levels[cpu_nlevels - 1].name, &err), 0);
	assert_int_equal(cpu_features(), cpu_present());

	setenv("GPPI_CPU", "pentium", 1);
	assert_int_equal(cpu_limit(NULL, &err), GPPI_E_USAGE);
	assert_non_null(strstr(err.text, "GPPI_CPU"));
	assert_non_null(strstr(err.text, "pentium"));
	assert_int_equal(cpu_limit("sse", &err), GPPI_E_USAGE);
#if defined(__x86_64__)
	assert_int_equal(cpu_limit("neon", &err), GPPI_E_USAGE); /* another architecture's */
	assert_non_null(strstr(err.text, "avxvnni"));
#endif
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
		if (cpu_model_is_narrow(table[i].intel, table[i].signature) != table[i].narrow)
			fail_msg("%s: %s", table[i].name,
				 table[i].narrow ? "256 bits are better" : "512 bits are better");
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
