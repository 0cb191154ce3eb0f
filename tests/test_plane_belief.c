/* What models believe: mean, step, sum, verdict; their combination; what is expected. */
#include "plane_case.h"

/* A bell of the given width around a slice, with a floor of `depth` below its top. */
static struct plane_belief bell(int first, int n, double at, double width, double depth)
{
	struct plane_belief b = { .first = first, .n = n };

	for (int i = 0; i < n; i++)
		b.logit[i] = -fmin((first + i - at) * (first + i - at) / (2 * width * width), depth);
	return b;
}

/* ---- one model ---- */

static void mean_is_of_all_answers(void **s)
{
	static float logit[3 * 500];
	struct plane_belief b;

	(void)s;
	for (int i = 0; i < 3 * 500; i++)
		logit[i] = (float)uniform(-20, 20);
	plane_belief_mean(&b, -7, PLANE_STACK, logit, 3);
	assert_int_equal(b.first, -7);
	assert_true(b.n == PLANE_STACK && b.none == 0);
	for (int i = 0; i < PLANE_STACK; i++)
		near(b.logit[i], (logit[i] + logit[PLANE_STACK + i] + logit[2 * PLANE_STACK + i]) / 3.0, 1e-5);
	plane_belief_mean(&b, 0, 500, logit, 3); /* no more than there is room for, rows as they are */
	assert_int_equal(b.n, PLANE_ROWS);
	near(b.logit[447], (logit[447] + logit[947] + logit[1447]) / 3.0, 1e-5);
}

static double step_likelihood(const float *p, int first, int last, int step)
{
	double sum = 0;

	for (int k = first; k <= last; k++) {
		double q = fmin(fmax(p[k], 1e-3), 1 - 1e-3);
		sum += log(k < step ? 1 - q : q);
	}
	return sum;
}

static void step_is_a_likelihood(void **s)
{
	float p[700];
	struct plane_belief b;

	(void)s;
	for (int trial = 0; trial < 40; trial++) {
		/* up to 445 slices all places fit; beyond, those around the best */
		int first = (int)uniform(0, 50), last = first + (int)uniform(0, trial % 2 ? 445 : 640), best = first;
		double step = uniform(first, last);
		for (int k = 0; k < 700; k++)
			p[k] = (float)fmin(fmax(uniform(-0.4, 1) + (k >= step ? 0.4 : 0), 0), 1);
		plane_belief_step(&b, p, first, last);
		for (int k = first; k <= last + 1; k++)
			if (step_likelihood(p, first, last, k) > step_likelihood(p, first, last, best))
				best = k;
		assert_int_equal(b.n, last - first + 2 < PLANE_ROWS ? last - first + 2 : PLANE_ROWS);
		assert_true(b.first >= first && b.first + b.n <= last + 2);
		assert_true(b.first <= best && best < b.first + b.n);
		assert_true(b.n < PLANE_ROWS ? b.first == first : 1);
		for (int i = 0; i < b.n; i++)
			near(b.logit[i] - b.logit[best - b.first],
			     step_likelihood(p, first, last, b.first + i) -
			     step_likelihood(p, first, last, best), 1e-6);
		near(plane_belief_verdict(&b).none, 0, 0); /* it cannot say "none" */
	}
	for (int plane = 20; plane <= 640; plane += 31) {
		for (int k = 0; k < 642; k++)
			p[k] = k >= plane;
		plane_belief_step(&b, p, 5, 641);
		near(plane_belief_verdict(&b).plane, plane, 0);
	}
}

static void cut_leaves_the_slices_of_the_volume(void **s)
{
	struct plane_belief b = bell(-10, 51, 12, 4, 30);

	(void)s;
	plane_belief_cut(&b, 30);
	assert_int_equal(b.first, 0);
	assert_int_equal(b.n, 30);
	for (int i = 0; i < 30; i++)
		near(b.logit[i], -fmin((i - 12) * (i - 12) / 32.0, 30), 1e-12);
	b = bell(100, 51, 120, 4, 30);
	plane_belief_cut(&b, 642);
	assert_int_equal(b.first, 100);
	assert_int_equal(b.n, 51);
	plane_belief_cut(&b, 100);
	assert_int_equal(b.n, 0);
	b = bell(-80, 51, -60, 4, 30);
	plane_belief_cut(&b, 642);
	assert_int_equal(b.n, 0);
}

static void add_moves_the_plane_but_not_none(void **s)
{
	struct plane_belief b = bell(100, 51, 120, 5, 40), before = b;
	struct plane_belief other = bell(110, 21, 128, 5, 40), nothing = { 0 };

	(void)s;
	b.none = before.none = -1;
	for (int i = 0; i < other.n; i++)
		other.logit[i] += 500; /* only differences count */
	plane_belief_add(&b, 0.5, &other, 2);
	for (int i = 0; i < b.n; i++) {
		int k = 100 + i < 110 ? 110 : 100 + i > 130 ? 130 : 100 + i; /* its ends go on */
		near(b.logit[i], 0.5 * before.logit[i] + 2 * (other.logit[k - 110] - 500), 1e-9);
	}
	assert_true(b.none == -1);
	b = before;
	plane_belief_add(&b, 1, &nothing, 7);
	assert_memory_equal(&b, &before, sizeof b);
	b = before;
	plane_belief_add(&b, 1, &other, 1); /* halfway between equals */
	near(plane_belief_verdict(&b).plane, 124, 0);
}

/* Expected score of every slice, by definition. */
static int best_by_score(const struct plane_belief *b)
{
	double best = -1;
	int at = 0;

	for (int i = 0; i < b->n; i++) {
		double sum = 0;
		for (int k = 0; k < b->n; k++)
			sum += exp(b->logit[k]) * erfc(abs(i - k) / (3 * sqrt(2)));
		if (sum > best * (1 + 1e-12)) {
			best = sum;
			at = i;
		}
	}
	return b->first + at;
}

static void verdict_expects_the_best_score(void **s)
{
	(void)s;
	for (int trial = 0; trial < 60; trial++) {
		struct plane_belief b = { .first = (int)uniform(-20, 300), .n = 1 + (int)uniform(0, 447),
					  .none = uniform(-5, 9) };
		double all = 0, close = 0;
		for (int i = 0; i < b.n; i++)
			all += exp(b.logit[i] = uniform(-12, trial % 3 * 4));
		struct plane_verdict v = plane_belief_verdict(&b);
		near(v.plane, best_by_score(&b), 0);
		for (int i = 0; i < b.n; i++)
			close += fabs(b.first + i - v.plane) <= PLANE_NEAR ? exp(b.logit[i]) : 0;
		near(v.near, close / all, 1e-9);
		near(v.none, exp(b.none) / (exp(b.none) + all), 1e-9);
	}
}

static void verdict_names_a_rival(void **s)
{
	struct plane_belief b = bell(0, 400, 150, 2, 60), other = bell(0, 400, 200, 2, 60);
	struct plane_verdict v = plane_belief_verdict(&b);

	(void)s;
	near(v.plane, 150, 0);
	assert_true(v.near > 0.9 && v.rival_p < 1e-3);
	for (int i = 0; i < 400; i++)
		b.logit[i] = log(0.6 * exp(b.logit[i]) + 0.4 * exp(other.logit[i]));
	v = plane_belief_verdict(&b);
	near(v.plane, 150, 0); /* no slice between two places is a compromise */
	near(v.near, 0.55, 0.05);
	near(v.rival, 200, 0);
	near(v.rival_p, 0.4 / (2 * sqrt(2 * acos(-1))), 0.005);
	b = bell(0, 8, 4, 1, 60); /* no room for one */
	near(plane_belief_verdict(&b).rival_p, 0, 0);
}

static void verdict_of_extremes_is_a_number(void **s)
{
	struct plane_belief b = bell(10, 50, 30, 2, 60);
	static const double none[] = { 3000, -3000, -INFINITY };

	(void)s;
	for (int i = 0; i < 3; i++) {
		b.none = none[i];
		struct plane_verdict v = plane_belief_verdict(&b);
		near(v.plane, 30, 0);
		near(v.none, i == 0, 1e-12);
		assert_true(v.near > 0.9 && v.near <= 1 + 1e-9);
	}
	for (int i = 0; i < 50; i++)
		b.logit[i] = i == 7 ? 1e30 : -1e30;
	near(plane_belief_verdict(&b).plane, 17, 0);
	b.n = 0;
	struct plane_verdict v = plane_belief_verdict(&b);
	assert_true(isnan(v.plane) && v.none == 1);
}

/* ---- combine ---- */

static void beliefs_are_added(void **s)
{
	struct plane_beliefs m = { .of[PLANE_NET_LONGAXIS_ROWS] = bell(20, PLANE_ROWS, 180, 3, 12) };
	struct plane_result one, r;

	(void)s;
	plane_combine(&m, &one);
	near(one.plane, 180, 0);
	assert_true(isnan(one.rival));
	m.of[PLANE_NET_SV_REGRESSOR] = bell(155, PLANE_STACK, 180, 3, 12);
	m.of[PLANE_NET_CW_CLASSIFIER] = bell(150, 65, 180, 3, 12);
	plane_combine(&m, &r);
	near(r.plane, 180, 0);
	assert_true(r.near > one.near); /* surer together */

	m.of[PLANE_NET_SV_REGRESSOR] = bell(155, PLANE_STACK, 192, 3, 12);
	plane_combine(&m, &r);
	assert_true(r.plane > 180 && r.plane < 192); /* in between */
	assert_true(isnan(r.rival));

	m.of[PLANE_NET_LONGAXIS_ROWS] = bell(20, PLANE_ROWS, 200, 30, 2); /* who is unsure gives way */
	m.of[PLANE_NET_SV_REGRESSOR] = bell(155, PLANE_STACK, 184, 3, 12);
	plane_combine(&m, &r);
	near(r.plane, 184, 1);

	/* two about equally sure ones that differ leave a rival */
	m.of[PLANE_NET_LONGAXIS_ROWS] = bell(20, PLANE_ROWS, 230, 1.5, 2);
	m.of[PLANE_NET_SV_REGRESSOR] = bell(155, PLANE_STACK, 170, 1.5, 26);
	plane_combine(&m, &r);
	assert_false(isnan(r.rival));
	assert_true(fabs(r.plane - 230) < 3 || fabs(r.plane - 170) < 3);
	assert_true(fabs(r.rival - 230) < 3 || fabs(r.rival - 170) < 3);
	assert_true(fabs(r.rival - r.plane) > 50);
}

static void every_subset_of_models_gives_a_plane(void **s)
{
	(void)s;
	for (int set = 0; set < 16; set++) {
		struct plane_beliefs m = { 0 };
		struct plane_result r;
		if (set & 1)
			m.of[PLANE_NET_LONGAXIS_ROWS] = bell(20, PLANE_ROWS, 180, 3, 12);
		if (set & 2)
			m.of[PLANE_NET_SV_REGRESSOR] = bell(155, PLANE_STACK, 180, 3, 12);
		if (set & 4)
			m.of[PLANE_NET_CW_CLASSIFIER] = bell(0, PLANE_ROWS, 180, 3, 12);
		if (set & 8)
			m.of[PLANE_NET_SV_INNER] = bell(160, PLANE_STACK, 180, 3, 12);
		plane_combine(&m, &r);
		if (set)
			near(r.plane, 180, 0);
		else
			assert_true(isnan(r.plane) && isnan(r.rival) && r.near == 0);
	}
}

/* ---- what to expect ---- */

static void planes_far_from_the_usual_are_believed_less(void **s)
{
	struct plane_belief b = bell(0, PLANE_ROWS, 180, 3, 12), before = b;

	(void)s;
	plane_belief_expect(&b, 40, &plane_usual_volume);
	for (int i = 0; i < PLANE_ROWS; i++) {
		double loss = before.logit[i] - b.logit[i];
		assert_true(loss >= 0 && loss <= 2 + 1e-9);
		if (i >= 40 + 100 && i <= 40 + 180)
			near(loss, 0, 0);
		if (i < 40 || i > 40 + 240)
			near(loss, 2, 1e-9);
	}
	near(b.none, before.none, 0);
	before = b = bell(0, PLANE_ROWS, 60, 3, 12);
	plane_belief_expect(&b, 0, &plane_usual_volume); /* cut at the knee end: it may be as near as it likes */
	assert_memory_equal(&b, &before, 100 * sizeof *b.logit);
	plane_belief_expect(&b, 30, &plane_usual_volume); /* what is clear stays */
	near(plane_belief_verdict(&b).plane, 60, 0);
	b = (struct plane_belief){ .n = PLANE_ROWS };
	b.logit[60] = 4;
	b.logit[170] = 3;
	near(plane_belief_verdict(&b).plane, 60, 0);
	plane_belief_expect(&b, 30, &plane_usual_volume); /* of two that are about the same, the likelier one */
	near(plane_belief_verdict(&b).plane, 170, 0);
}

static void a_vague_picture_goes_by_what_is_usual(void **s)
{
	struct plane_belief b = bell(0, PLANE_ROWS, 230, 25, 12), before = b;

	(void)s;
	plane_belief_expect(&b, 40, &plane_usual_volume);
	assert_true(plane_belief_verdict(&b).plane > 220);
	b = before;
	plane_belief_expect(&b, 40, &plane_usual_picture); /* usual: 178 */
	assert_in_range((int)plane_belief_verdict(&b).plane, 178, 205);
	for (int i = 0; i < PLANE_ROWS; i++)
		assert_true(before.logit[i] - b.logit[i] <= 3 + 1e-9);
	b = bell(0, PLANE_ROWS, 230, 2, 12);
	plane_belief_expect(&b, 40, &plane_usual_picture); /* what is sharp stays */
	near(plane_belief_verdict(&b).plane, 230, 0);
	b = before = bell(0, PLANE_ROWS, 60, 3, 12);
	plane_belief_expect(&b, 0, &plane_usual_picture); /* cut at the knee end */
	assert_memory_equal(&b, &before, 138 * sizeof *b.logit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mean_is_of_all_answers),
		cmocka_unit_test(step_is_a_likelihood),
		cmocka_unit_test(cut_leaves_the_slices_of_the_volume),
		cmocka_unit_test(add_moves_the_plane_but_not_none),
		cmocka_unit_test(verdict_expects_the_best_score),
		cmocka_unit_test(verdict_names_a_rival),
		cmocka_unit_test(verdict_of_extremes_is_a_number),
		cmocka_unit_test(beliefs_are_added),
		cmocka_unit_test(every_subset_of_models_gives_a_plane),
		cmocka_unit_test(planes_far_from_the_usual_are_believed_less),
		cmocka_unit_test(a_vague_picture_goes_by_what_is_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
