/* The whole decision, with invented networks. */
#include "plane_fake.h"

static void coarse_to_fine_equals_exhaustive(void **s)
{
	int saved = 0;

	(void)s;
	for (int trial = 0; trial < 120; trial++) {
		struct plane_result a, b;
		int first = (int)uniform(5, 70), last = (int)uniform(500, 641);
		double plane = uniform(first + 60, 300);
		struct fake f = bone(642, first, last, plane, trial % 3 * 0.1);
		decide(&f, AXIAL, 1, &a);
		assert_int_equal(f.scored[0], last - first + 1);
		decide(&f, AXIAL, 0, &b);
		saved += f.scored[1] < (last - first + 1) / 2;
		assert_int_equal(a.sv_rough, b.sv_rough);
		assert_true(a.cw_plane == b.cw_plane);
		assert_true(a.cw_likelihood_plane == b.cw_likelihood_plane);
		near(a.plane, b.plane, 0);
		near(a.confidence, b.confidence, 0.02);
		near(b.plane, plane, 1);
		assert_int_equal(b.nreasons, 0);
		assert_true(b.sv_score[first - 1] == -1 && b.cw_score[last + 1] == -1);
		plane_result_free(&a);
		plane_result_free(&b);
	}
	assert_true(saved > 110); /* coarse to fine is worth it */
}

static void views_along_the_bone_lead_the_classifiers(void **s)
{
	(void)s;
	for (int trial = 0; trial < 60; trial++) {
		struct plane_result a, b;
		double plane = uniform(90, 400);
		int first = (int)fmax(1, plane - uniform(100, 180)); /* the knee end, as far away as it usually is */
		struct fake f = bone(642, first, 620, plane, trial % 3 * 0.05);
		decide(&f, PLANE_ALL, 1, &a);
		assert_true(f.scored[0] == 621 - first && f.scored[1] == 621 - first); /* not led, if told so */
		decide(&f, PLANE_ALL, 0, &b);
		assert_int_equal(f.looked, 1);
		assert_true(f.scored[0] < 60 && f.scored[1] < 60);
		assert_true(f.lowest[1] > plane - 40 && f.highest[1] < plane + 40);
		assert_true(f.lowest[0] > plane - 110 && f.highest[0] < plane + 50);
		near(b.longaxis_plane, plane, 0.51);
		near(f.centres[0], plane, 0.51);
		near(b.cw_likelihood_plane, plane, 2.5);
		near(b.plane, plane, 1);
		near(a.plane, b.plane, 1);
		near(a.confidence, b.confidence, 0.05);
		assert_int_equal(b.nreasons, 0);
		assert_true(b.longaxis_none < 0.01 && b.longaxis_near > 0.9 && b.near > 0.9);
		plane_result_free(&a);
		plane_result_free(&b);
	}
}

static void without_them_the_whole_bone_is_searched(void **s)
{
	struct fake f = bone(642, 20, 620, 180, 0);
	struct plane_result r;

	(void)s;
	f.seen = 500;
	f.height = NONE;
	decide(&f, PLANE_ALL, 0, &r);
	assert_int_equal(f.looked, 1);
	assert_int_equal(f.lowest[0], 20);
	assert_int_equal(f.highest[1], 620);
	assert_true(isnan(r.longaxis_plane) && r.longaxis_none > 0.9);
	assert_int_equal(r.beliefs->of[PLANE_NET_LONGAXIS_ROWS].n, 0); /* no opinion on where it is not */
	near(r.plane, 180, 1);
	assert_int_equal(r.nreasons, 1);
	assert_non_null(strstr(r.reason[0], "views along the bone"));
	double doubted = r.confidence;
	plane_result_free(&r);
	decide(&f, AXIAL, 0, &r);
	assert_true(doubted < r.confidence);
	plane_result_free(&r);
}

static void a_choice_asks_only_its_own_networks(void **s)
{
	struct plane_result r;

	(void)s;
	for (int exhaustive = 0; exhaustive <= 1; exhaustive++) {
		struct fake f = bone(642, 20, 620, 180, 0);
		decide(&f, PLANE_SV, exhaustive, &r);
		assert_true(f.scored[0] > 0 && f.scored[1] == 0 && f.ncentres == 1 && f.looked == 0);
		assert_int_equal(r.sv_rough, 180);
		assert_int_equal(r.nfolds, 5);
		assert_true(isnan(r.cw_plane) && isnan(r.longaxis_plane));
		near(r.plane, 180, 0);
		for (int i = 0; i < r.nreasons; i++) /* not asked is not missed */
			assert_null(strstr(r.reason[i], "no "));
		plane_result_free(&r);
		decide(&f, PLANE_CW, exhaustive, &r);
		assert_true(f.scored[0] == 0 && f.scored[1] > 0 && f.ncentres == 0 && f.looked == 0);
		assert_true(isnan(r.sv_plane) && isnan(r.sv_spread) && r.sv_rough == -1);
		near(r.cw_plane, 180, 0);
		near(r.plane, 180, 1);
		plane_result_free(&r);
		decide(&f, PLANE_LONGAXIS, exhaustive, &r);
		assert_true(f.scored[0] == 0 && f.scored[1] == 0 && f.ncentres == 0 && f.looked == 1);
		near(r.plane, 180, 0);
		assert_int_equal(r.nreasons, 0);
		plane_result_free(&r);
	}
}

static void regressors_are_asked_again_around_their_answer(void **s)
{
	struct fake f = bone(642, 20, 640, 178, 0);
	struct plane_result r;

	(void)s;
	f.truth = 180;
	decide(&f, PLANE_SV, 0, &r); /* two slices off: once is enough */
	assert_int_equal(f.ncentres, 1);
	near(r.plane, 180, 0);
	plane_result_free(&r);

	f = bone(642, 20, 640, 165, 0);
	f.truth = 180;
	f.bend = 0.8; /* far off, answers fall short */
	decide(&f, PLANE_SV, 0, &r);
	assert_int_equal(f.ncentres, 2);
	assert_int_equal(f.centres[1], 177);
	near(r.plane, 179, 0);
	plane_result_free(&r);

	f.bend = 2.2; /* swings too wide: three passes at most, the most central one counts */
	decide(&f, PLANE_SV, 0, &r);
	assert_int_equal(f.ncentres, 3);
	assert_int_equal(f.centres[1], 165 + 25); /* the end of the stack */
	near(r.plane, 190 - 22, 0);
	plane_result_free(&r);

	for (int i = 0; i < 5; i++)
		f.offset[i] = 3 * (i - 2);
	f.truth = 165;
	decide(&f, PLANE_SV, 0, &r);
	near(r.plane, 165, 0);
	for (int i = 0; i < 5; i++)
		near(r.sv_fold[i], 165 + f.offset[i], 0);
	near(r.sv_spread, 3 * sqrt(2), 1e-9);
	plane_result_free(&r);
}

static void the_network_for_inner_halves_is_a_model_of_its_own(void **s)
{
	struct fake f = bone(642, 20, 640, 180, 0);
	struct plane_result without, r;

	(void)s;
	decide(&f, PLANE_ALL, 0, &without);
	assert_int_equal(without.beliefs->of[PLANE_NET_SV_INNER].n, 0);
	f.inner = 1;
	f.offset[5] = 14;
	decide(&f, PLANE_ALL, 0, &r);
	assert_int_equal(r.nfolds, 5);
	near(r.sv_plane, 180, 0);
	near(r.sv_spread, 0, 1e-9); /* it is no fold */
	near(plane_belief_verdict(&r.beliefs->of[PLANE_NET_SV_INNER]).plane, 194, 0);
	assert_true(r.plane >= without.plane && r.plane < 194 && r.near < without.near); /* it makes less sure */
	plane_result_free(&r);
	f.offset[5] = 0;
	decide(&f, PLANE_SV, 0, &r);
	near(r.plane, 180, 0);
	plane_result_free(&r);
	plane_result_free(&without);
}

static void ends_of_the_volume_hold(void **s)
{
	static const int edge[2] = { 0, 641 };
	struct plane_result r;

	(void)s;
	for (int i = 0; i < 2; i++) {
		struct fake f = bone(642, 0, 641, i ? 640 : 6, 0);
		f.truth = i ? 700 : -30; /* regressors point out of the volume */
		decide(&f, PLANE_SV, 0, &r);
		near(r.plane, edge[i], 0);
		near(r.sv_plane, edge[i], 0);
		for (int k = 0; k < 5; k++)
			near(r.sv_fold[k], edge[i], 0);
		assert_true(r.nreasons > 0);
		plane_result_free(&r);
	}
	for (int plane = 2; plane < 60; plane++) { /* near either end of a short bone */
		struct fake f = bone(300, 0, 299, plane % 2 ? plane : 299 - plane, 0);
		decide(&f, PLANE_ALL, 0, &r);
		near(r.plane, f.truth, 1);
		assert_true(plane >= 40 || r.nreasons > 0);
		plane_result_free(&r);
	}
	struct fake late = bone(700, 5, 699, 640, 0); /* farther than the views along the bone reach */
	late.height = NONE;
	decide(&late, PLANE_CW, 0, &r);
	near(r.plane, 640, 1);
	plane_result_free(&r);
}

static void tiny_and_random_volumes_hold(void **s)
{
	(void)s;
	for (int trial = 0; trial < 400; trial++) {
		int n = trial < 100 ? 1 + trial / 20 : 1 + (int)uniform(0, 699);
		int first = (int)uniform(0, n), last = first + (int)uniform(0, n - first);
		struct fake f = bone(n, first, last, uniform(-20, n + 20), 0.6);
		struct plane_result r;
		f.seen = uniform(-20, n + 20);
		f.height = uniform(-10, 6);
		f.bend = uniform(-2, 3);
		decide(&f, (int[]){ 1, 2, 3, 4, 7 }[trial % 5], trial % 7 == 0, &r);
		assert_true(isnan(r.plane) || (r.plane >= 0 && r.plane <= n - 1));
		assert_true(isnan(r.rival) || (r.rival >= 0 && r.rival <= n - 1));
		assert_true(isnan(r.longaxis_plane) || (r.longaxis_plane >= 0 && r.longaxis_plane <= n - 1));
		assert_true(r.confidence >= 0 && r.confidence <= 1);
		assert_true(r.near >= 0 && r.near <= 1 + 1e-9);
		assert_true(!isnan(r.plane) || r.nreasons > 0);
		plane_result_free(&r);
	}
}

static void no_plate_is_no_plane(void **s)
{
	static const int choice[] = { PLANE_SV, PLANE_CW, PLANE_LONGAXIS, PLANE_ALL };
	struct plane_result r;

	(void)s;
	for (int i = 0; i < 4; i++) {
		struct fake f = bone(642, 0, 641, 700, 0); /* all of it lies before */
		f.sv = zero;
		f.height = NONE;
		decide(&f, choice[i], 0, &r);
		assert_true(isnan(r.plane) && isnan(r.sv_plane) && isnan(r.cw_plane) && isnan(r.rival));
		assert_int_equal(r.sv_rough, -1);
		assert_int_equal(f.ncentres, 0);
		assert_true(r.confidence < 0.1);
		assert_int_equal(r.nreasons, 1);
		assert_non_null(strstr(r.reason[0], "no growth plate seen"));
		plane_result_free(&r);
	}
}

static void disagreement_names_both_slices(void **s)
{
	struct fake f = bone(642, 10, 640, 260, 0);
	struct plane_result agree, r;

	(void)s;
	decide(&f, PLANE_ALL, 0, &agree);
	f.seen = f.truth = 180; /* CW sees nothing but "before" around there */
	decide(&f, PLANE_ALL, 0, &r);
	near(r.plane, 180, 1);
	assert_true(r.confidence < agree.confidence);
	assert_true(r.confidence >= PLANE_CONFIDENT ? r.nreasons == 0
						    : !!strstr(r.reason[0], "CW sees no change-over"));
	plane_result_free(&r);

	f.truth = 260;
	f.seen = 240;
	f.height = 3;
	decide(&f, PLANE_ALL, 0, &r);
	assert_true(1 - r.confidence > 3 * (1 - agree.confidence)); /* much more doubt, and a reason */
	char both[32];
	int named = 0;
	assert_true(r.plane >= 240 && r.plane < 245); /* that of the views along the bone, hardly moved */
	snprintf(both, sizeof both, "slice %d or 381? SV", 641 - (int)r.plane);
	for (int i = 0; i < r.nreasons; i++)
		named += strstr(r.reason[i], both) != NULL;
	assert_int_equal(named, 1);
	plane_result_free(&r);
	plane_result_free(&agree);
}

static void one_blind_model_leaves_the_others(void **s)
{
	struct plane_result r;

	(void)s;
	for (int blind = 0; blind < 2; blind++)
		for (int along = 0; along < 2; along++) {
			struct fake f = bone(642, 10, 640, 180, 0);
			f.sv = blind == 0 ? zero : sv;
			f.cw = blind == 1 ? zero : cw;
			f.height = along ? 8 : NONE;
			decide(&f, along ? PLANE_ALL : AXIAL, 0, &r);
			near(r.plane, 180, 1);
			if (along && r.confidence >= PLANE_CONFIDENT) { /* two that agree are enough */
				assert_int_equal(r.nreasons, 0);
			} else {
				assert_int_equal(r.nreasons, 1);
				assert_non_null(strstr(r.reason[0], blind ? "CW sees no" : "SV sees no"));
			}
			plane_result_free(&r);
		}
}

static void empty(const struct plane_result *r)
{
	assert_true(!r->sv_score && !r->cw_score && !r->beliefs);
}

static void failures_leave_nothing(void **s)
{
	static const int code[] = { GPPI_E_CANCELLED, GPPI_E_IO };
	struct fake f = bone(642, 0, 641, 180, 0);
	struct plane_result r;
	struct gppi_error err;

	(void)s;
	for (int where = 0; where < 4; where++)
		for (int i = 0; i < 2; i++) {
			f.fail[where] = code[i];
			assert_int_equal(try(&f, PLANE_ALL, 0, &r, &err), code[i]);
			assert_string_equal(err.text, "told to fail");
			empty(&r);
			assert_int_equal(try(&f, PLANE_ALL, 0, &r, NULL), code[i]);
			f.fail[where] = 0;
			f.nan[where] = 1;
			assert_int_equal(try(&f, PLANE_ALL, i, &r, &err), GPPI_E_WEIGHTS);
			empty(&r);
			f.nan[where] = 0;
		}
	static const int wrong[][3] = { { 642, 0, 642 }, { 642, 0, -1 }, { 642, -1, 5 }, { 0, 0, 0 }, { 9, 5, 4 } };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		f.n = wrong[i][0];
		f.first = wrong[i][1];
		f.last = wrong[i][2];
		assert_int_equal(try(&f, PLANE_ALL, 0, &r, &err), GPPI_E_USAGE);
		empty(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coarse_to_fine_equals_exhaustive),
		cmocka_unit_test(views_along_the_bone_lead_the_classifiers),
		cmocka_unit_test(without_them_the_whole_bone_is_searched),
		cmocka_unit_test(a_choice_asks_only_its_own_networks),
		cmocka_unit_test(regressors_are_asked_again_around_their_answer),
		cmocka_unit_test(the_network_for_inner_halves_is_a_model_of_its_own),
		cmocka_unit_test(ends_of_the_volume_hold),
		cmocka_unit_test(tiny_and_random_volumes_hold),
		cmocka_unit_test(no_plate_is_no_plane),
		cmocka_unit_test(disagreement_names_both_slices),
		cmocka_unit_test(one_blind_model_leaves_the_others),
		cmocka_unit_test(failures_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
