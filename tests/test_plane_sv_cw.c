/* The plane room's rules on scores alone: Eq. 1, closing, SV's rough plane, CW's change-over. */
#include "plane_case.h"

/* ---- score ---- */

static void score_is_the_published_table(void **s)
{
	static const double table[7] = { 1.00, 0.74, 0.50, 0.32, 0.18, 0.10, 0.05 };

	(void)s;
	for (int e = 0; e < 7; e++) {
		near(plane_score(180 + e, 180), table[e], 0.005);
		near(plane_score(180 - e, 180), table[e], 0.005);
	}
	assert_true(plane_score(123, 123) == 1.0);
}

/* The errors of the six teams on the 13 test bones, as the paper tabulates them. Its MAE row
 * reproduces from them, and so do its mean and standard deviation over the teams. */
static void published_errors_give_the_published_means(void **s)
{
	static const struct {
		const char *team;
		double mae;
		int error[13];
	} team[6] = {
		{ "SN", 1.46, { 0, 0, -1, 3, -7, -2, 0, -1, 2, -2, 0, 0, 1 } },
		{ "MH", 1.54, { 0, -2, 0, 0, 4, -1, 1, -6, -1, 4, 0, 0, -1 } },
		{ "EK", 3.62, { -2, -4, -2, -3, -1, -7, -4, -10, 4, 3, 2, 4, -1 } },
		{ "CW", 1.69, { 1, -4, -1, 1, 0, -2, 0, 2, 3, 1, 3, -1, -3 } },
		{ "SV", 1.92, { -3, 1, 1, 3, -7, 1, 2, -2, -1, -3, 0, 1, 0 } },
		{ "BM", 1.23, { 0, 1, -2, 2, -3, -2, 0, -2, -1, 2, 0, -1, 0 } },
	};
	static const double table[11] = { 1, .7389, .5050, .3173, .1824, .0956, .0455, .0196, .0077,
					  .0027, .0009 }; /* 2 (1 - Phi(e/3)) from a normal table */
	double sum = 0, square = 0;

	(void)s;
	for (int t = 0; t < 6; t++) {
		double mae = 0, total = 0, expected = 0;
		for (int i = 0; i < 13; i++) {
			int e = abs(team[t].error[i]);
			mae += e / 13.0;
			total += plane_score(team[t].error[i], 0);
			expected += table[e];
		}
		near(mae, team[t].mae, 0.0051);
		near(total, expected, 0.002);
		sum += mae / 6;
		square += mae * mae / 6;
	}
	near(sum, 1.91, 0.005);
	near(sqrt((square - sum * sum) * 6 / 5), 0.87, 0.005);
}

/* ---- closing ---- */

static int at(const uint8_t *v, int n, int i) /* replicated edge */
{
	return v[i < 0 ? 0 : i >= n ? n - 1 : i] != 0;
}

static void closing_brute(const uint8_t *in, int n, int width, uint8_t *out)
{
	uint8_t dilated[64];

	for (int i = 0; i < n; i++) {
		dilated[i] = 0;
		for (int k = -(width / 2); k <= width / 2; k++)
			dilated[i] |= (uint8_t)at(in, n, i + k);
	}
	for (int i = 0; i < n; i++) {
		out[i] = 1;
		for (int k = -(width / 2); k <= width / 2; k++)
			out[i] &= (uint8_t)at(dilated, n, i + k);
	}
}

static void closing_equals_brute_force(void **s)
{
	uint8_t in[64], out[64], expected[64];

	(void)s;
	for (int n = 1; n <= 11; n++)
		for (unsigned bits = 0; bits < 1u << n; bits++)
			for (int width = 1; width <= 7; width += 2) {
				for (int i = 0; i < n; i++)
					in[i] = bits >> i & 1;
				plane_closing(in, n, width, out);
				closing_brute(in, n, width, expected);
				assert_memory_equal(out, expected, (size_t)n);
			}
}

static void closing_fills_gaps_up_to_its_width(void **s)
{
	const uint8_t four[12] = { 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0 };
	const uint8_t five[12] = { 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0 };
	uint8_t out[12];

	(void)s;
	plane_closing(four, 12, 5, out);
	for (int i = 3; i <= 6; i++)
		assert_int_equal(out[i], 1);
	plane_closing(five, 12, 5, out);
	assert_int_equal(out[4], 0);
}

/* ---- SV ---- */

static void sv_takes_the_last_slice_of_the_strongest_run(void **s)
{
	float p[600] = { 0 };
	struct sv_rough r;

	(void)s;
	block(p, 110, 165, 0.95);
	block(p, 140, 142, 0.2); /* a gap of three does not end it */
	p[400] = 1;              /* stray alarms in the shaft do not win */
	block(p, 480, 486, 0.99);
	plane_sv_rough(p, 0, 599, &r);
	assert_int_equal(r.slice, 165);
	near(r.threshold, 0.5, 1e-9);
	near(r.peak, 0.95, 1e-6);
	near(r.strength, 53 * 0.45 - 3 * 0.3, 1e-3);
	assert_int_equal(r.runs, 1);

	block(p, 140, 143, 0.2); /* a gap of four does: the longer half (144..165 / 110..139) */
	plane_sv_rough(p, 0, 599, &r);
	assert_int_equal(r.slice, 139);
	assert_int_equal(r.runs, 2);
}

static void sv_ignores_slices_outside_the_bone(void **s)
{
	float p[100] = { 0 };
	struct sv_rough r;

	(void)s;
	block(p, 10, 20, 0.9);
	block(p, 40, 99, 0.9);
	plane_sv_rough(p, 0, 30, &r);
	assert_int_equal(r.slice, 20);
	plane_sv_rough(p, 40, 99, &r); /* a run up to the very end */
	assert_int_equal(r.slice, 99);
	plane_sv_rough(p, 15, 15, &r);
	assert_int_equal(r.slice, 15);
}

static void sv_lowers_the_threshold_in_steps(void **s)
{
	float p[300] = { 0 };
	struct sv_rough r;

	(void)s;
	block(p, 100, 150, 0.35);
	plane_sv_rough(p, 0, 299, &r);
	assert_int_equal(r.slice, 150);
	near(r.threshold, 0.3, 1e-9);

	p[250] = 0.55f; /* one slice is no run while a broad one follows below */
	plane_sv_rough(p, 0, 299, &r);
	assert_int_equal(r.slice, 150);

	block(p, 100, 150, 0.05); /* but it counts where there is nothing else */
	plane_sv_rough(p, 0, 299, &r);
	assert_int_equal(r.slice, 250);
	near(r.threshold, 0.5, 1e-9);

	p[250] = 0.1f;
	plane_sv_rough(p, 0, 299, &r);
	assert_int_equal(r.slice, 250);
	near(r.threshold, 0.1, 1e-9);

	p[250] = 0.09f;
	plane_sv_rough(p, 0, 299, &r);
	assert_int_equal(r.slice, -1);
	assert_int_equal(r.runs, 0);
}

static void spread_is_the_standard_deviation_of_the_folds(void **s)
{
	const double fold[5] = { 180, 181, 182, 181, 181 }, lost[5] = { 180, 181, 182, 181, 230 };

	(void)s;
	near(plane_spread(fold, 5), sqrt(2.0 / 5), 1e-9);
	near(plane_spread(fold, 1), 0, 0);
	near(plane_spread((const double[]){ 100, 200 }, 2), 50, 1e-9);
	assert_true(plane_spread(lost, 5) > 10);
	assert_true(isnan(plane_spread(fold, 0)));
}

/* ---- CW ---- */

static uint8_t scratch[4096];

static void ramp(float *p, int n, double plane, double width) /* P = 1/2 half a slice before */
{
	for (int k = 0; k < n; k++)
		p[k] = (float)(1 / (1 + exp(-(k + 0.5 - plane) / width)));
}

static void cw_finds_a_clean_step(void **s)
{
	float p[300];
	struct cw_step step;

	(void)s;
	for (int plane = 3; plane <= 298; plane++) { /* closing swallows two slices at the start */
		for (int k = 0; k < 300; k++)
			p[k] = k >= plane;
		plane_cw_step(p, 0, 299, scratch, &step);
		assert_true(step.plane == plane);
		near(step.likelihood, plane, 1e-6);
		near(step.sharpness, 1, 1e-6);
		near(step.explained, 1, 1e-6);
	}
}

static void cw_finds_parts_of_a_slice(void **s)
{
	float p[300];
	struct cw_step step;

	(void)s;
	for (int tenth = 1500; tenth < 1520; tenth++) {
		double plane = tenth / 10.0;
		ramp(p, 300, plane, 1.5);
		plane_cw_step(p, 0, 299, scratch, &step);
		near(step.likelihood, plane, 0.01);
		near(step.plane, plane, 0.51);
	}
}

static void cw_holds_in_noise(void **s)
{
	float p[500];
	struct cw_step step;
	double worst = 0;

	(void)s;
	for (int trial = 0; trial < 200; trial++) {
		double plane = uniform(100, 300);
		ramp(p, 500, plane, 3);
		unsigned odds = trial % 2 ? 12 : 50; /* one in so many is wrong, and surely so */
		for (int k = 0; k < 500; k++)
			if (random_bits() % odds == 0)
				p[k] = 1 - p[k];
		plane_cw_step(p, 0, 499, scratch, &step);
		worst = fmax(worst, fabs(step.likelihood - plane));
		if (odds == 50) /* closing joins strays that are close together */
			near(step.plane, plane, 10);
	}
	assert_true(worst < 12);
	assert_true(worst > 0.01); /* the noise did something */
}

static void cw_stray_labels_do_not_move_it(void **s)
{
	float p[400];
	struct cw_step step;

	(void)s;
	for (int k = 0; k < 400; k++)
		p[k] = k >= 180 ? 0.98f : 0.02f;
	block(p, 40, 52, 0.99);   /* the published "first after" would say 40 */
	block(p, 300, 309, 0.01); /* the paper's "last before" would say 309 */
	plane_cw_step(p, 0, 399, scratch, &step);
	assert_true(step.plane == 180);
	near(step.likelihood, 180, 0.01);
	assert_true(step.explained < 0.95);
}

static void cw_without_change_over_says_so(void **s)
{
	float p[200];
	struct cw_step step;

	(void)s;
	for (int value = 0; value <= 1; value++) {
		block(p, 0, 199, value);
		plane_cw_step(p, 0, 199, scratch, &step);
		assert_true(isnan(step.plane));
		assert_true(isnan(step.likelihood));
		assert_true(step.sharpness == 0);
		plane_cw_step(p, 7, 7, scratch, &step);
		assert_true(isnan(step.plane));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(score_is_the_published_table),
		cmocka_unit_test(published_errors_give_the_published_means),
		cmocka_unit_test(closing_equals_brute_force),
		cmocka_unit_test(closing_fills_gaps_up_to_its_width),
		cmocka_unit_test(sv_takes_the_last_slice_of_the_strongest_run),
		cmocka_unit_test(sv_ignores_slices_outside_the_bone),
		cmocka_unit_test(sv_lowers_the_threshold_in_steps),
		cmocka_unit_test(spread_is_the_standard_deviation_of_the_folds),
		cmocka_unit_test(cw_finds_a_clean_step),
		cmocka_unit_test(cw_finds_parts_of_a_slice),
		cmocka_unit_test(cw_holds_in_noise),
		cmocka_unit_test(cw_stray_labels_do_not_move_it),
		cmocka_unit_test(cw_without_change_over_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
