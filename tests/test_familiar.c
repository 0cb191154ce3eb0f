/* How unlike the training's bones a bone is, and what the weights' description says of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bone/familiar.h"
#include "gppi/gppi.h"
#include "plane/parts.h"

/* Number c of row r is r + c: means of rows are plain to see. */
static void fill(uint8_t *together)
{
	for (int c = 0; c < PLANE_SEEN; c++)
		for (int r = 0; r < PLANE_SEEN_ROWS; r++)
			together[c * PLANE_SEEN_ROWS + r] = (uint8_t)(r + c / 8);
}

static void means_are_of_rows_around_the_plane(void **state)
{
	static uint8_t together[PLANE_SEEN * PLANE_SEEN_ROWS];
	enum { BEFORE = PLANE_SEEN, BEHIND = 2 * PLANE_SEEN }; /* where the rows to both sides begin */
	float around[PLANE_AROUND];

	(void)state;
	fill(together);
	plane_around(together, 50 * 4 + 1, around); /* row 50 */
	assert_true(around[0] == 50 && around[8] == 51);
	assert_true(around[BEFORE] == 44 && around[BEHIND] == 56);
	plane_around(together, 0, around); /* rows before the first are left out */
	assert_true(around[0] == 1 && around[BEFORE] == 0 && around[BEHIND] == 6);
	plane_around(together, 1e9, around); /* and those behind the last */
	assert_true(around[0] == 110 && around[BEFORE] == 105 && around[BEHIND] == 111);
}

static void distance_is_in_limits_of_the_training(void **state)
{
	struct plane_familiar familiar = { .limit = 2 };
	float around[PLANE_AROUND];

	(void)state;
	for (int i = 0; i < PLANE_AROUND; i++) {
		familiar.mean[i] = (float)i;
		familiar.sd[i] = 4;
		around[i] = (float)i;
	}
	assert_true(plane_unlike(&familiar, around) == 0);
	for (int i = 0; i < PLANE_AROUND; i++)
		around[i] += i % 2 ? 12 : -12; /* three standard deviations each */
	assert_true(fabs(plane_unlike(&familiar, around) - 1.5) < 1e-6);
}

static char *description(int means, const char *sd, const char *limit)
{
	char *text = malloc(1 << 14), *at = text;

	assert_non_null(text);
	at += sprintf(at, "{\"trained_on\": \"x\", \"familiar\": {\"mean\": [");
	for (int i = 0; i < means; i++)
		at += sprintf(at, "%s%d.5", i ? ", " : "", i);
	at += sprintf(at, "], \"sd\": [");
	for (int i = 0; i < PLANE_AROUND; i++)
		at += sprintf(at, "%s%s", i ? ", " : "", sd);
	sprintf(at, "], \"limit\": %s}}", limit);
	return text;
}

static int read_it(int means, const char *sd, const char *limit, struct plane_familiar *out)
{
	char *text = description(means, sd, limit);
	struct gppi_error err = { 0 };
	int rc = familiar_read(text, "rows.gppiw", out, &err);

	if (rc < 0)
		assert_non_null(strstr(err.text, "rows.gppiw"));
	free(text);
	return rc;
}

static void a_description_is_checked(void **state)
{
	struct plane_familiar f;
	struct gppi_error err = { 0 };

	(void)state;
	assert_int_equal(familiar_read("{}", "x", &f, &err), 0);
	assert_int_equal(read_it(PLANE_AROUND, "2.5", "1.25", &f), 1);
	assert_true(f.mean[0] == 0.5f && f.mean[PLANE_AROUND - 1] == 191.5f && f.sd[7] == 2.5f && f.limit == 1.25f);
	assert_int_equal(read_it(PLANE_AROUND - 1, "2.5", "1.25", &f), GPPI_E_WEIGHTS);
	assert_int_equal(read_it(PLANE_AROUND + 1, "2.5", "1.25", &f), GPPI_E_WEIGHTS);
	assert_int_equal(read_it(PLANE_AROUND, "0", "1.25", &f), GPPI_E_WEIGHTS);
	assert_int_equal(read_it(PLANE_AROUND, "\"2\"", "1.25", &f), GPPI_E_WEIGHTS);
	assert_int_equal(read_it(PLANE_AROUND, "1e300", "1.25", &f), GPPI_E_WEIGHTS);
	assert_int_equal(read_it(PLANE_AROUND, "2.5", "0", &f), GPPI_E_WEIGHTS);
	assert_int_equal(familiar_read("{\"familiar\": 7}", "x", &f, &err), GPPI_E_WEIGHTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_are_of_rows_around_the_plane),
		cmocka_unit_test(distance_is_in_limits_of_the_training),
		cmocka_unit_test(a_description_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
