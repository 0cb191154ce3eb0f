/* Where the VOI lies from a plane: in whole slices, cut at the scan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bone/result.h"

#include "near.h"

static void voi_lies_towards_the_shaft(void **s)
{
	int first, last;

	(void)s;
	near(result_voi(180, 0, 642, 10, 300, 1000, &first, &last), 1, 0);
	assert_int_equal(first, 210);
	assert_int_equal(last, 309);
	near(result_voi(461, 1, 642, 10, 300, 1000, &first, &last), 1, 0); /* the same, reversed */
	assert_int_equal(first, 641 - 309);
	assert_int_equal(last, 641 - 210);
	near(result_voi(90, 0, 321, 20, 300, 1000, &first, &last), 1, 0); /* coarser slices */
	assert_int_equal(first, 105);
	assert_int_equal(last, 154);
	near(result_voi(10, 0, 642, 10, 0, 1, &first, &last), 1, 0); /* one slice at least */
	assert_int_equal(first, 10);
	assert_int_equal(last, 10);
}

/* To the nearest slice, where 300 and 1000 um are no whole number of them. */
static void voi_is_rounded(void **s)
{
	int first, last;

	(void)s;
	result_voi(180, 0, 642, 7, 300, 1000, &first, &last); /* 42.86 and 142.86 slices */
	assert_int_equal(first, 180 + 43);
	assert_int_equal(last, 180 + 43 + 143 - 1);
	result_voi(180, 0, 642, 9, 300, 1000, &first, &last); /* 33.33 and 111.11 */
	assert_int_equal(first, 180 + 33);
	assert_int_equal(last, 180 + 33 + 111 - 1);
	result_voi(461, 1, 642, 7, 300, 1000, &first, &last);
	assert_int_equal(last, 461 - 43);
	assert_int_equal(first, 461 - 43 - 143 + 1);
}

static void voi_is_cut_at_the_volume(void **s)
{
	int first, last;

	(void)s;
	near(result_voi(180, 0, 260, 10, 300, 1000, &first, &last), 0.5, 1e-12);
	assert_int_equal(first, 210);
	assert_int_equal(last, 259);
	near(result_voi(79, 1, 260, 10, 300, 1000, &first, &last), 0.5, 1e-12);
	assert_int_equal(first, 0);
	assert_int_equal(last, 49);
	near(result_voi(180, 0, 210, 10, 300, 1000, &first, &last), 0, 0);
	assert_int_equal(first, -1);
	assert_int_equal(last, -1);
	near(result_voi(180, 0, 642, 1e-6, 300, 1e300, &first, &last), 0, 0); /* no overflow */
	near(result_voi(29, 1, 642, 10, 300, 1000, &first, &last), 0, 0);
}

/* To the nearest slice, not down and not up: 28.57, 95.24, 42.86 and 142.86 slices, and -4.76. */
static void voi_is_rounded_to_the_nearest_slice(void **s)
{
	int first, last;

	(void)s;
	near(result_voi(100, 0, 642, 10.5, 300, 1000, &first, &last), 1, 0);
	assert_int_equal(first, 129);
	assert_int_equal(last, 129 + 95 - 1);
	near(result_voi(500, 1, 642, 10.5, 300, 1000, &first, &last), 1, 0);
	assert_int_equal(last, 471);
	assert_int_equal(first, 471 - 95 + 1);
	near(result_voi(100, 0, 642, 7, 300, 1000, &first, &last), 1, 0);
	assert_int_equal(first, 143);
	assert_int_equal(last, 143 + 143 - 1);
	near(result_voi(100, 0, 642, 10.5, -50, 100, &first, &last), 1, 0);
	assert_int_equal(first, 95);
	assert_int_equal(last, 95 + 10 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(voi_lies_towards_the_shaft),
		cmocka_unit_test(voi_is_rounded),
		cmocka_unit_test(voi_is_cut_at_the_volume),
		cmocka_unit_test(voi_is_rounded_to_the_nearest_slice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
