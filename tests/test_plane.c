/* Decision logic of the plane room, on synthetic scores: no networks needed. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plane/parts.h"
#include "slices/slices.h"
#include "tiny_net.h"

#define SEED 20240917u

static uint32_t state = SEED;

static uint32_t random_bits(void)
{
	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

static double uniform(double low, double high)
{
	return low + (high - low) * random_bits() / (double)(1u << 24);
}

static void near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%g is not within %g of %g", a, tolerance, b);
}

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

static void block(float *p, int from, int to, double value)
{
	for (int k = from; k <= to; k++)
		p[k] = (float)value;
}

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

static void sv_mean_leaves_out_a_lost_fold(void **s)
{
	const double good[5] = { 180, 181, 182, 181, 181 }, lost[5] = { 180, 181, 182, 181, 230 };
	double mean, spread;

	(void)s;
	plane_sv_mean(good, 5, &mean, &spread);
	near(mean, 181, 1e-9);
	near(spread, sqrt(2.0 / 5), 1e-9);
	plane_sv_mean(lost, 5, &mean, &spread);
	near(mean, 181, 1e-9);
	assert_true(spread > 10); /* it is not forgotten */
	plane_sv_mean(lost, 1, &mean, &spread);
	near(mean, 180, 0);
	near(spread, 0, 0);
	plane_sv_mean((const double[]){ 100, 200 }, 2, &mean, &spread);
	near(mean, 150, 1e-9);
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
	for (double plane = 150; plane < 152; plane += 0.1) {
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

/* ---- views ---- */

static void views_are_the_eight_symmetries(void **s)
{
	static uint8_t in[2 * SLICE_BYTES], out[PLANE_VIEWS][2 * SLICE_BYTES], back[2 * SLICE_BYTES];
	static const int inverse[PLANE_VIEWS] = { 0, 1, 2, 3, 4, 6, 5, 7 };

	(void)s;
	for (int i = 0; i < 2 * SLICE_BYTES; i++)
		in[i] = random_bits() & 127;
	for (int v = 0; v < PLANE_VIEWS; v++) {
		plane_view(in, 2, v, out[v]);
		for (int u = 0; u < v; u++)
			assert_memory_not_equal(out[u], out[v], sizeof in);
		plane_view(out[v], 2, inverse[v], back);
		assert_memory_equal(back, in, sizeof in);
	}
	assert_memory_equal(out[0], in, sizeof in);
	assert_int_equal(out[1][5 * SLICE_PX + 7], in[5 * SLICE_PX + SLICE_PX - 8]);
	assert_int_equal(out[4][5 * SLICE_PX + 7], in[7 * SLICE_PX + 5]);
	/* Planes of a turned bone are the same set: 4 then 1 is a quarter turn. */
	plane_view(out[4], 2, 1, back);
	int found = 0;
	for (int v = 0; v < PLANE_VIEWS; v++)
		found += memcmp(back, out[v], sizeof in) == 0;
	assert_int_equal(found, 1);
}

/* ---- the whole decision, with invented networks ---- */

struct fake {
	int n;
	const float *sv, *cw;
	double truth;        /* what the regressors see */
	double bend;         /* they answer bend * distance off the centre */
	double offset[5];    /* and are off by this */
	int centres[8], ncentres, scored[2];
	int fail;            /* error code to give */
};

static int fake_classify(void *user, enum plane_classifier which, const int *slice, int n,
			 float *score, struct err *err)
{
	struct fake *f = user;

	for (int i = 0; i < n; i++) {
		assert_in_range(slice[i], 0, f->n - 1);
		assert_true(i == 0 || slice[i] > slice[i - 1]);
		assert_true(score[slice[i]] == -1); /* nothing is scored twice */
		score[slice[i]] = (which == PLANE_CLASSIFY_SV ? f->sv : f->cw)[slice[i]];
	}
	f->scored[which] += n;
	return f->fail ? err_set(err, f->fail, "told to fail") : 0;
}

static int fake_regress(void *user, int centre, int nfolds, double *position, struct err *err)
{
	struct fake *f = user;

	(void)err;
	assert_in_range(f->ncentres, 0, 2);
	f->centres[f->ncentres++] = centre;
	for (int i = 0; i < nfolds; i++)
		position[i] = PLANE_CENTRE + f->bend * (f->truth - centre) + f->offset[i];
	return 0;
}

static void decide(struct fake *f, enum plane_choice choice, int exhaustive, int first, int last,
		   struct plane_result *out)
{
	struct plane_scorer scorer = { f, fake_classify, fake_regress, 5 };
	struct plane_context context = { .choice = choice, .nslices = f->n, .bone_first = first,
					 .bone_last = last };
	struct err err = { 0 };

	f->ncentres = f->scored[0] = f->scored[1] = 0;
	if (plane_decide(&scorer, &context, exhaustive, out, &err) != 0)
		fail_msg("%s", err.text);
}

/* Scores as good networks would give: four blobs for 50 slices up to the plane. */
static void bone(float *sv, float *cw, int n, double plane, double noise)
{
	for (int k = 0; k < n; k++) {
		double up = 1 / (1 + exp(-(k + 0.5 - plane + 50) / 4));
		double down = 1 / (1 + exp((k - 0.5 - plane) / 1.5));
		sv[k] = (float)fmin(fmax(up * down + uniform(-noise, noise), 0), 1);
		cw[k] = (float)fmin(fmax(1 / (1 + exp(-(k + 0.5 - plane) / 2)) +
					 uniform(-noise, noise), 0), 1);
	}
}

static void coarse_to_fine_equals_exhaustive(void **s)
{
	static float sv[700], cw[700];
	struct fake f = { .n = 642, .sv = sv, .cw = cw, .bend = 1 };
	int saved = 0;

	(void)s;
	for (int trial = 0; trial < 120; trial++) {
		struct plane_result a, b;
		int first = (int)uniform(5, 70), last = (int)uniform(500, 641);
		f.truth = uniform(first + 60, 300);
		bone(sv, cw, f.n, f.truth, trial % 3 * 0.1);
		decide(&f, PLANE_ALL, 1, first, last, &a);
		assert_int_equal(f.scored[0], last - first + 1);
		decide(&f, PLANE_ALL, 0, first, last, &b);
		saved += f.scored[1] < (last - first + 1) / 2;
		assert_int_equal(a.sv_rough, b.sv_rough);
		assert_true(a.cw_plane == b.cw_plane);
		assert_true(a.cw_likelihood_plane == b.cw_likelihood_plane);
		near(a.plane, b.plane, 0);
		near(a.confidence, b.confidence, 0.02);
		near(b.plane, f.truth, 1);
		assert_int_equal(b.nreasons, 0);
		assert_true(b.sv_score[0] == -1); /* below the bone */
		plane_result_free(&a);
		plane_result_free(&b);
	}
	assert_true(saved > 110); /* coarse to fine is worth it */
}

static void regressors_are_asked_again_around_their_answer(void **s)
{
	static float sv[642], cw[642];
	struct fake f = { .n = 642, .sv = sv, .cw = cw, .truth = 180, .bend = 1 };
	struct plane_result r;

	(void)s;
	bone(sv, cw, 642, 178, 0);
	decide(&f, PLANE_SV, 0, 20, 640, &r); /* two slices off: once is enough */
	assert_int_equal(f.ncentres, 1);
	near(r.plane, 180, 1e-9);
	plane_result_free(&r);

	bone(sv, cw, 642, 165, 0);
	f.bend = 0.8; /* far off, answers fall short */
	decide(&f, PLANE_SV, 0, 20, 640, &r);
	assert_int_equal(f.ncentres, 2);
	assert_int_equal(f.centres[1], 177);
	near(r.plane, 179.4, 1e-9);
	plane_result_free(&r);

	f.bend = 2.2; /* swings ever wider: three passes at most, the most central one counts */
	decide(&f, PLANE_SV, 0, 20, 640, &r);
	assert_int_equal(f.ncentres, 3);
	near(r.plane, 165 + 2.2 * 15, 1e-9);
	plane_result_free(&r);
}

static void ends_of_the_volume_hold(void **s)
{
	static float sv[642], cw[642];
	struct fake f = { .n = 642, .sv = sv, .cw = cw, .bend = 1 };
	struct plane_result r;

	(void)s;
	f.truth = -30; /* regressors point out of the volume */
	bone(sv, cw, 642, 6, 0);
	decide(&f, PLANE_SV, 0, 0, 641, &r);
	near(r.plane, 0, 0);
	for (int i = 0; i < 5; i++)
		near(r.sv_fold[i], 0, 0);
	assert_true(r.nreasons > 0);
	plane_result_free(&r);

	f.truth = 700;
	bone(sv, cw, 642, 640, 0);
	decide(&f, PLANE_SV, 0, 0, 641, &r);
	near(r.plane, 641, 0);
	assert_true(r.confidence < 0.6);
	plane_result_free(&r);

	static const float one[1] = { 0.9f };
	struct fake tiny = { .n = 1, .sv = one, .cw = one, .truth = 0, .bend = 1 };
	decide(&tiny, PLANE_ALL, 0, 0, 0, &r);
	near(r.plane, 0, 0);
	assert_true(r.nreasons > 0);
	plane_result_free(&r);
}

static void no_plate_is_no_plane(void **s)
{
	static float sv[642], cw[642];
	struct fake f = { .n = 642, .sv = sv, .cw = cw, .truth = 100, .bend = 1 };
	struct plane_result r;

	(void)s;
	block(sv, 0, 641, 0.01);
	block(cw, 0, 641, 0.99);
	decide(&f, PLANE_ALL, 0, 0, 641, &r);
	assert_true(isnan(r.plane) && isnan(r.sv_plane) && isnan(r.cw_plane));
	assert_int_equal(r.sv_rough, -1);
	assert_int_equal(f.ncentres, 0);
	assert_true(r.confidence < 0.1);
	assert_int_equal(r.nreasons, 1);
	assert_non_null(strstr(r.reason[0], "no growth plate seen"));
	plane_result_free(&r);
}

static double file_number(void *user, double canonical)
{
	(void)user;
	return 641 - canonical;
}

static void disagreement_names_both_slices(void **s)
{
	static float sv[642], cw[642], other[642];
	struct fake f = { .n = 642, .sv = sv, .cw = cw, .truth = 180, .bend = 1 };
	struct plane_scorer scorer = { &f, fake_classify, fake_regress, 5 };
	struct plane_context context = { .choice = PLANE_ALL, .nslices = 642, .bone_first = 10,
					 .bone_last = 640, .number = file_number };
	struct plane_result r;

	(void)s;
	bone(sv, other, 642, 180, 0);
	bone(other, cw, 642, 260, 0);
	assert_int_equal(plane_decide(&scorer, &context, 0, &r, NULL), 0);
	near(r.plane, 180, 0.5); /* both are sure: SV has the greater weight */
	assert_true(r.confidence < 0.2);
	assert_string_equal(r.reason[0], "SV and CW disagree: slice 461 or 381; look at both");
	plane_result_free(&r);

	for (int i = 0; i < 5; i++)
		f.offset[i] = 10 * (i - 2); /* SV does not agree with itself */
	f.ncentres = 0;
	assert_int_equal(plane_decide(&scorer, &context, 0, &r, NULL), 0);
	near(r.plane, 260, 0.5);
	assert_true(r.nreasons >= 2);
	plane_result_free(&r);
}

static void one_blind_model_leaves_the_other(void **s)
{
	static float sv[642], cw[642], none[642];
	struct fake f = { .n = 642, .sv = none, .cw = cw, .truth = 180, .bend = 1 };
	struct plane_result r;

	(void)s;
	bone(sv, cw, 642, 180, 0);
	decide(&f, PLANE_ALL, 0, 10, 640, &r);
	near(r.plane, 180, 0.5);
	assert_int_equal(r.nreasons, 1);
	assert_true(r.confidence <= 0.5);
	plane_result_free(&r);

	f.sv = sv;
	f.cw = none;
	decide(&f, PLANE_ALL, 0, 10, 640, &r);
	near(r.plane, 180, 0.5);
	assert_int_equal(r.nreasons, 1);
	plane_result_free(&r);

	decide(&f, PLANE_SV, 0, 10, 640, &r); /* not asked is not missed */
	assert_int_equal(r.nreasons, 0);
	assert_int_equal(f.scored[1], 0);
	assert_true(isnan(r.cw_plane));
	plane_result_free(&r);
}

static void failures_leave_nothing(void **s)
{
	static float sv[642], cw[642];
	struct fake f = { .n = 642, .sv = sv, .cw = cw, .truth = 180, .bend = 1 };
	struct plane_scorer scorer = { &f, fake_classify, fake_regress, 5 };
	struct plane_context context = { .choice = PLANE_ALL, .nslices = 642, .bone_last = 641 };
	struct plane_result r;
	struct err err;

	(void)s;
	bone(sv, cw, 642, 180, 0);
	f.fail = GPPI_E_CANCELLED;
	assert_int_equal(plane_decide(&scorer, &context, 0, &r, &err), GPPI_E_CANCELLED);
	assert_null(r.sv_score);
	f.fail = 0;
	f.truth = NAN;
	assert_int_equal(plane_decide(&scorer, &context, 0, &r, &err), GPPI_E_WEIGHTS);
	assert_null(r.cw_score);
	context.bone_last = 642;
	assert_int_equal(plane_decide(&scorer, &context, 0, &r, &err), GPPI_E_USAGE);
	context.bone_last = -1;
	assert_int_equal(plane_decide(&scorer, &context, 0, &r, &err), GPPI_E_USAGE);
}

/* ---- networks: slices that are dark up to the plane and bright from it on ---- */

struct stack {
	int plane, calls, lowest, highest, fail_at, cancel_after, ticks, workers;
	double done;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int stack_get(void *user, int worker, int k0, int n, uint8_t *out, struct err *err)
{
	struct stack *t = user;

	assert_int_equal(n, 1);
	assert_true(worker < t->workers);
	pthread_mutex_lock(&lock);
	t->calls++;
	t->lowest = k0 < t->lowest ? k0 : t->lowest;
	t->highest = k0 > t->highest ? k0 : t->highest;
	pthread_mutex_unlock(&lock);
	memset(out, k0 >= t->plane ? 127 : 0, SLICE_BYTES);
	return k0 == t->fail_at ? err_set(err, GPPI_E_IO, "scan.nii: cut short") : 0;
}

static int stack_progress(void *user, double done)
{
	struct stack *t = user;

	assert_true(done >= t->done && done <= 1);
	t->done = done;
	return ++t->ticks == t->cancel_after ? -1 : 0;
}

#define NETS 4

static struct net *nets[NETS];
static void *images[NETS];

/* What the regressor's last channel adds to its answer: the same for every stack. */
static float centre_map_mean(void)
{
	uint8_t map[SLICE_BYTES];
	float sum = 0;

	plane_centre_map(map);
	for (int i = 0; i < SLICE_BYTES; i++)
		sum += map[i];
	return sum / SLICE_BYTES;
}

static void centre_map_is_symmetric(void **s)
{
	uint8_t map[SLICE_BYTES], view[SLICE_BYTES];

	(void)s;
	plane_centre_map(map);
	for (int v = 0; v < PLANE_VIEWS; v++) {
		plane_view(map, 1, v, view);
		assert_memory_equal(map, view, SLICE_BYTES);
	}
	int mid = SLICE_PX / 2 * SLICE_PX + SLICE_PX / 2;
	assert_int_equal(map[mid], 127);
	assert_int_equal(map[0], 0);
	assert_int_equal(map[mid + 15], 127 - 127 * (31 * 31 + 1) / 3600);
}

static int nets_open(void **s)
{
	static const int up[2] = { 0, 1 }, down[2] = { 0, -1 }, minus[1] = { -1 };
	static const float up_bias[2] = { 0, -6 }, down_bias[2] = { 0, 6 };
	size_t size[NETS];

	(void)s;
	/* SV stand-in: dark slices show four blobs. CW: bright slices are after. Regressors: the
	 * number of dark slices in the stack, a slice apart from each other. */
	images[0] = tiny_net("sv-classifier", "sv", 1, SLICE_PX, 2, down, 12 / 127.f, down_bias, &size[0]);
	images[1] = tiny_net("cw-classifier", "cw", 1, SLICE_PX, 2, up, 12 / 127.f, up_bias, &size[1]);
	float all = PLANE_STACK + centre_map_mean() / 127;
	images[2] = tiny_net("sv-regressor", "r1", PLANE_CHANNELS, SLICE_PX, 1, minus, 1 / 127.f,
			     (const float[]){ all }, &size[2]);
	images[3] = tiny_net("sv-regressor", "r2", PLANE_CHANNELS, SLICE_PX, 1, minus, 1 / 127.f,
			     (const float[]){ all + 1 }, &size[3]);
	for (int i = 0; i < NETS; i++) {
		struct err err;
		if (net_load(images[i], size[i], "tiny", &nets[i], &err) < 0) {
			printf("%s\n", err.text);
			return -1;
		}
	}
	return 0;
}

static int nets_close(void **s)
{
	(void)s;
	for (int i = 0; i < NETS; i++) {
		net_free(nets[i]);
		free(images[i]);
	}
	return 0;
}

static int detect(struct stack *t, const struct plane_options *options, struct plane_result *r,
		  struct err *err)
{
	const struct plane_models models = { .sv_classifier = nets[0], .cw_classifier = nets[1],
					     .sv_regressor = { nets[2], nets[3] }, .nfolds = 2 };
	const struct plane_source source = { .user = t, .nslices = 400, .bone_first = 30,
					     .bone_last = 390, .get = stack_get };

	t->calls = t->ticks = 0;
	t->done = 0;
	t->lowest = 400;
	t->highest = 0;
	t->workers = plane_workers(options->threads);
	return plane_detect(&models, &source, options, r, err);
}

static void networks_find_the_plane(void **s)
{
	(void)s;
	for (int engine = NET_INT8; engine <= NET_FP32; engine++)
		for (int threads = 1; threads <= 3; threads += 2) {
			struct stack t = { .plane = 171, .fail_at = -1 };
			struct plane_options o = { .choice = PLANE_ALL, .threads = threads,
						   .engine = (enum net_engine)engine,
						   .progress = threads == 1 ? stack_progress : NULL,
						   .progress_user = &t };
			struct plane_result r;
			struct err err;
			if (detect(&t, &o, &r, &err) != 0)
				fail_msg("%s", err.text);
			assert_int_equal(r.sv_rough, 170);
			near(r.sv_fold[0], 171, 1e-3);
			near(r.sv_fold[1], 172, 1e-3);
			near(r.cw_plane, 171, 0);
			near(r.cw_likelihood_plane, 171, 1e-3);
			near(r.plane, 0.5 * 171.5 + 0.5 * 171, 2e-3);
			near(r.sv_score[30], 1 / (1 + exp(-6)), 1e-4);
			near(r.cw_score[30], 1 / (1 + exp(6)), 1e-4);
			near(r.sv_score[29], -1, 0);
			assert_int_equal(t.lowest, 30);
			assert_int_equal(t.highest, 390);
			if (threads == 1) {
				assert_true(t.calls < 200); /* each slice at most once, few at all */
				near(t.done, 1, 0);
			}
			plane_result_free(&r);
		}
}

static void networks_pass_failures_on(void **s)
{
	struct stack t = { .plane = 171, .fail_at = 166 };
	struct plane_options o = { .choice = PLANE_ALL, .threads = 2, .progress_user = &t };
	struct plane_result r;
	struct err err;

	(void)s;
	assert_int_equal(detect(&t, &o, &r, &err), GPPI_E_IO);
	assert_string_equal(err.text, "scan.nii: cut short");
	assert_null(r.sv_score);

	t.fail_at = -1;
	t.workers = o.threads = 1;
	o.progress = stack_progress;
	for (t.cancel_after = 1; t.cancel_after < 400; t.cancel_after += 37) {
		int rc = detect(&t, &o, &r, &err);
		if (rc == 0) { /* it was over before */
			assert_true(t.ticks < t.cancel_after);
			plane_result_free(&r);
			break;
		}
		assert_int_equal(rc, GPPI_E_CANCELLED);
		assert_int_equal(t.ticks, t.cancel_after);
	}
	assert_true(t.cancel_after > 100 && t.cancel_after < 400);
}

static void unsuitable_networks_are_refused(void **s)
{
	const struct plane_source source = { .nslices = 10, .bone_last = 9 };
	struct plane_options o = { .choice = PLANE_ALL, .threads = 1 };
	struct plane_models m = { .sv_classifier = nets[0] };
	struct plane_result r;
	struct err err;

	(void)s;
	assert_int_equal(plane_detect(&m, &source, &o, &r, &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "no SV regressor"));
	m.sv_regressor[0] = nets[0]; /* one channel */
	m.nfolds = 1;
	assert_int_equal(plane_detect(&m, &source, &o, &r, &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "1x96x96 in, 2 out"));
	o.choice = PLANE_CW;
	assert_int_equal(plane_detect(&m, &source, &o, &r, &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "no CW classifier"));
}

/* ---- combine, confidence ---- */

static const struct plane_context all = { .choice = PLANE_ALL, .nslices = 642, .bone_first = 20,
					  .bone_last = 640 };

static struct plane_result agreed(void)
{
	return (struct plane_result){ .sv_plane = 180, .sv_spread = 0.5, .sv_peak = 1,
				      .sv_strength = 25, .sv_runs = 1, .sv_rough = 178,
				      .cw_plane = 180, .cw_likelihood_plane = 180,
				      .cw_sharpness = 0.95 };
}

static double confidence(struct plane_result r)
{
	plane_combine(&r);
	plane_confidence(&r, &all);
	return r.confidence;
}

static void planes_are_averaged_only_when_near(void **s)
{
	struct plane_result r = agreed();
	double last = 0;

	(void)s;
	for (double cw = 174; cw <= 186; cw += 0.5) {
		r.cw_likelihood_plane = r.cw_plane = cw;
		plane_combine(&r);
		assert_false(plane_disagree(&r));
		near(r.plane, (cw + 180) / 2, 1e-9);
		assert_true(r.plane > last);
		last = r.plane;
	}
	for (double cw = 150; cw <= 210; cw += 0.01) { /* never a jump, never outside the two */
		r.cw_likelihood_plane = r.cw_plane = cw;
		plane_combine(&r);
		assert_true(cw == 150 || fabs(r.plane - last) < 0.02);
		assert_true(r.plane >= fmin(cw, 180) - 1e-9 && r.plane <= fmax(cw, 180) + 1e-9);
		last = r.plane;
	}
	r.cw_likelihood_plane = r.cw_plane = 200;
	plane_combine(&r);
	assert_true(plane_disagree(&r));
	assert_true(r.plane == 180);
	r.sv_spread = 14; /* the folds contradict each other */
	plane_combine(&r);
	assert_true(r.plane == 200);
	r.cw_sharpness = 0;
	plane_combine(&r);
	assert_true(r.plane == 180);
}

static void confidence_falls_with_every_doubt(void **s)
{
	struct plane_result r = agreed();
	double best = confidence(r), last;

	(void)s;
	assert_true(best > 0.8 && best < 0.9); /* no more than the test bones bear out */
#define FALLS(field, from, to, step) \
	do { \
		last = 1; \
		r = agreed(); \
		for (double v = from; fabs(v - (from)) <= fabs((double)(to) - (from)) + 1e-9; v += step) { \
			r.field = v; \
			double c = confidence(r); \
			assert_true(c < last && c > 0); \
			last = c; \
		} \
		assert_true(last < best); \
	} while (0)
	FALLS(sv_spread, 0.5, 9.5, 1);
	FALLS(cw_likelihood_plane, 180, 196, 2); /* beyond AGREE too */
	FALLS(cw_likelihood_plane, 180, 164, -2);
	FALLS(cw_sharpness, 0.9, 0.1, -0.1);
	FALLS(sv_peak, 1, 0.1, -0.1);
	FALLS(sv_runs, 1, 3, 1);
#undef FALLS
	r = agreed();
	r.sv_plane = r.cw_plane = r.cw_likelihood_plane = 30;
	assert_true(confidence(r) < 0.6);
	r = agreed();
	r.cw_plane = r.cw_likelihood_plane = NAN;
	assert_true(confidence(r) < 0.6);
}

static void doubt_has_a_reason(void **s)
{
	static const struct {
		double spread, peak, sharp, apart;
		int runs;
		const char *word;
	} doubt[] = {
		{ 6, 1, 0.9, 0, 1, "differ" },
		{ 1, 0.3, 0.9, 0, 1, "hardly visible" },
		{ 1, 1, 0.3, 0, 1, "not sharp" },
		{ 1, 1, 0.9, 9, 1, "disagree" },
		{ 1, 1, 0.9, 0, 2, "more than one" },
		{ 3.9, 0.55, 0.55, 7.5, 1, "low confidence" },
	};

	(void)s;
	struct plane_result r = agreed();
	plane_combine(&r);
	plane_confidence(&r, &all);
	assert_int_equal(r.nreasons, 0);
	for (size_t i = 0; i < sizeof doubt / sizeof *doubt; i++) {
		r = agreed();
		r.sv_spread = doubt[i].spread;
		r.sv_peak = doubt[i].peak;
		r.cw_sharpness = doubt[i].sharp;
		r.cw_likelihood_plane = r.cw_plane = 180 + doubt[i].apart;
		r.sv_runs = doubt[i].runs;
		plane_combine(&r);
		plane_confidence(&r, &all);
		assert_int_equal(r.nreasons, 1);
		assert_non_null(strstr(r.reason[0], doubt[i].word));
		assert_true(strlen(r.reason[0]) < sizeof r.reason[0] - 1); /* not cut */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(centre_map_is_symmetric),
		cmocka_unit_test(score_is_the_published_table),
		cmocka_unit_test(published_errors_give_the_published_means),
		cmocka_unit_test(closing_equals_brute_force),
		cmocka_unit_test(closing_fills_gaps_up_to_its_width),
		cmocka_unit_test(sv_takes_the_last_slice_of_the_strongest_run),
		cmocka_unit_test(sv_ignores_slices_outside_the_bone),
		cmocka_unit_test(sv_lowers_the_threshold_in_steps),
		cmocka_unit_test(sv_mean_leaves_out_a_lost_fold),
		cmocka_unit_test(cw_finds_a_clean_step),
		cmocka_unit_test(cw_finds_parts_of_a_slice),
		cmocka_unit_test(cw_holds_in_noise),
		cmocka_unit_test(cw_stray_labels_do_not_move_it),
		cmocka_unit_test(cw_without_change_over_says_so),
		cmocka_unit_test(views_are_the_eight_symmetries),
		cmocka_unit_test(coarse_to_fine_equals_exhaustive),
		cmocka_unit_test(regressors_are_asked_again_around_their_answer),
		cmocka_unit_test(ends_of_the_volume_hold),
		cmocka_unit_test(no_plate_is_no_plane),
		cmocka_unit_test(disagreement_names_both_slices),
		cmocka_unit_test(one_blind_model_leaves_the_other),
		cmocka_unit_test(failures_leave_nothing),
		cmocka_unit_test(networks_find_the_plane),
		cmocka_unit_test(networks_pass_failures_on),
		cmocka_unit_test(unsuitable_networks_are_refused),
		cmocka_unit_test(planes_are_averaged_only_when_near),
		cmocka_unit_test(confidence_falls_with_every_doubt),
		cmocka_unit_test(doubt_has_a_reason),
	};

	printf("seed %u\n", SEED);
	return cmocka_run_group_tests(tests, nets_open, nets_close);
}
