/* Invented networks for the tests of plane_decide(). */
#ifndef TESTS_PLANE_FAKE_H
#define TESTS_PLANE_FAKE_H

#include "plane_case.h"

struct fake {
	int n, first, last;     /* slices of the volume, of the bone */
	const float *sv, *cw;
	double seen, height;    /* plane and log-odds against "none" of the views along the bone */
	double truth;           /* what the regressors see */
	double bend;            /* they answer bend * distance off the centre */
	double offset[6];       /* and are off by this; the last is the network for inner halves */
	int inner;              /* 1: there is one */
	int centres[8], ncentres, scored[2], lowest[2], highest[2], looked;
	int fail[4], nan[4];    /* error code to give, or no number, in one of: */
};
enum { IN_SV, IN_CW, IN_REGRESS, IN_LONGAXIS }; /* the first two are enum plane_classifier */

static int fake_end(const struct fake *f, int where, float *answer, struct gppi_error *err)
{
	if (f->nan[where])
		*answer = NAN;
	return f->fail[where] ? err_set(err, f->fail[where], "told to fail") : 0;
}

static int fake_classify(void *user, enum plane_classifier which, const int *slice, int n,
			 float *score, struct gppi_error *err)
{
	struct fake *f = user;

	for (int i = 0; i < n; i++) {
		assert_in_range(slice[i], f->first, f->last);
		assert_true(i == 0 || slice[i] > slice[i - 1]);
		assert_true(score[slice[i]] == -1); /* nothing is scored twice */
		score[slice[i]] = (which == PLANE_CLASSIFY_SV ? f->sv : f->cw)[slice[i]];
	}
	f->scored[which] += n;
	f->lowest[which] = slice[0] < f->lowest[which] ? slice[0] : f->lowest[which];
	f->highest[which] = slice[n - 1] > f->highest[which] ? slice[n - 1] : f->highest[which];
	return fake_end(f, (int)which, &score[slice[n / 2]], err);
}

static int fake_regress(void *user, int centre, float *logit, struct gppi_error *err)
{
	struct fake *f = user;

	assert_in_range(centre, 0, f->n - 1);
	assert_in_range(f->ncentres, 0, 2);
	f->centres[f->ncentres++] = centre;
	for (int i = 0; i < (5 + f->inner) * PLANE_STACK; i++) {
		double d = i % PLANE_STACK - PLANE_CENTRE - f->bend * (f->truth - centre) -
			   f->offset[i / PLANE_STACK];
		logit[i] = (float)(-d * d / 4.5);
	}
	return fake_end(f, IN_REGRESS, logit + 7, err);
}

static int fake_longaxis(void *user, int first, float *logit, struct gppi_error *err)
{
	struct fake *f = user;

	assert_int_equal(first, f->first > PLANE_LEAD ? f->first - PLANE_LEAD : 0);
	f->looked++;
	for (int i = 0; i < PLANE_ROWS; i++) {
		double d = first + i - f->seen;
		logit[i] = (float)(f->height - fmin(d * d / 4.5, 20));
	}
	return fake_end(f, IN_LONGAXIS, logit + 300, err);
}

static double file_number(void *user, double canonical)
{
	(void)user;
	return 641 - canonical;
}

static inline int try(struct fake *f, int choice, int exhaustive, struct plane_result *out, struct gppi_error *err)
{
	struct plane_scorer scorer = { .user = f, .classify = fake_classify, .regress = fake_regress,
				       .longaxis = fake_longaxis,
				       .stacked = { [PLANE_NET_SV_REGRESSOR] = 5, [PLANE_NET_SV_INNER] = f->inner } };
	struct plane_context context = { .choice = (enum plane_choice)choice, .nslices = f->n,
					 .bone_first = f->first, .bone_last = f->last,
					 .number = file_number };

	f->ncentres = f->scored[0] = f->scored[1] = f->looked = 0;
	f->highest[0] = f->highest[1] = -1;
	f->lowest[0] = f->lowest[1] = f->n;
	return plane_decide(&scorer, &context, exhaustive, out, err);
}

static inline void decide(struct fake *f, int choice, int exhaustive, struct plane_result *out)
{
	struct gppi_error err = { 0 };

	if (try(f, choice, exhaustive, out, &err) != 0)
		fail_msg("%s", err.text);
}

#define AXIAL (PLANE_SV | PLANE_CW) /* everything but the views along the bone */
#define NONE (-12)                  /* height at which they see no plate */

static float sv[700], cw[700], zero[700];

/* Scores as good networks would give: four blobs for 50 slices up to the plane. */
static inline struct fake bone(int n, int first, int last, double plane, double noise)
{
	for (int k = 0; k < n; k++) {
		double up = 1 / (1 + exp(-(k + 0.5 - plane + 50) / 4));
		double down = 1 / (1 + exp((k - 0.5 - plane) / 1.5));
		sv[k] = (float)fmin(fmax(up * down + uniform(-noise, noise), 0), 1);
		cw[k] = (float)fmin(fmax(1 / (1 + exp(-(k + 0.5 - plane) / 2)) +
					 uniform(-noise, noise), 0), 1);
	}
	return (struct fake){ .n = n, .first = first, .last = last, .sv = sv, .cw = cw, .seen = plane,
			      .height = 8, .truth = plane, .bend = 1 };
}

#endif
