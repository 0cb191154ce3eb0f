/* Names of volumes: safe, different, and found at once among many. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include "base/stop.h"
#include "scan/set_parts.h"

static const char *added(struct set_names *names, const char *text)
{
	static char name[128];
	struct gppi_error err = { 0 };

	snprintf(name, sizeof name, "%s", text);
	if (set_names_add(names, name, "path", &err) < 0)
		fail_msg("%s", err.text);
	return name;
}

static void safe_and_different(void **state)
{
	static const struct { const char *given, *made; } t[] = {
		{ "m7", "m7" }, { "m7", "m7_2" }, { "m7_3", "m7_3" }, { "m7", "m7_4" }, { "m7_2", "m7_2_2" },
		{ "m7", "m7_5" }, { "m7_2", "m7_2_3" }, { "a/b", "a_b" }, { "a:b", "a_b_2" }, { "", "scan" },
		{ ".x", "scan_2" }, { "scan_2", "scan_2_2" }, { "M7", "M7" },
	};
	struct set_names names = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_string_equal(added(&names, t[i].given), t[i].made);
	assert_true(set_names_has(&names, "m7_2_3"));
	assert_false(set_names_has(&names, "m7_6"));
	assert_false(set_names_has(&names, "m"));
	set_names_free(&names);
	assert_false(set_names_has(&(struct set_names){ 0 }, ""));
}

/* A number replaces the end of a long name. */
static void long_names(void **state)
{
	struct set_names names = { 0 };
	char name[128], want[128];

	(void)state;
	memset(name, 'x', 127);
	name[127] = '\0';
	for (int i = 0; i < 50; i++) {
		name[126] = (char)('A' + i % 25);
		snprintf(want, sizeof want, i < 25 ? "%s" : "%.111s_%d", name, i - 23);
		assert_string_equal(added(&names, name), want);
	}
	assert_false(set_names_has(&names, "other"));
	set_names_free(&names);
}

/* Each of them would be compared with all others for each number. */
static void many_of_one_name(void **state)
{
	enum { MANY = 200000 };
	struct set_names names = { 0 };
	char name[32];

	(void)state;
	for (int i = 2; i < MANY; i++) {
		snprintf(name, sizeof name, "a_%d", i);
		added(&names, name);
	}
	assert_string_equal(added(&names, "a"), "a");
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "a_%d", MANY + i);
		assert_string_equal(added(&names, "a"), name);
	}
	set_names_free(&names);
}

static int no(void *user, double done)
{
	(void)user;
	(void)done;
	return -1;
}

static void can_be_stopped(void **state)
{
	struct set_names names = { 0 };
	struct gppi_error err = { 0 };
	struct stop *stop = stop_new();
	char name[128] = "a";

	(void)state;
	added(&names, "a");
	struct stop_before before = stop_begin(stop, (struct stop_question){ no, NULL });
	assert_int_equal(set_names_add(&names, name, "path", &err), GPPI_E_CANCELLED);
	stop_end(stop, before);
	stop_free(stop);
	set_names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(safe_and_different), cmocka_unit_test(long_names),
		cmocka_unit_test(many_of_one_name), cmocka_unit_test(can_be_stopped),
	};
	return cmocka_run_group_tests_name("set_names", tests, NULL, NULL);
}
