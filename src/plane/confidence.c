/* Confidence: a logistic function of a few features, and the reasons for a person to look. */
#include "plane/parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum feature {
	F_SPREAD,    /* standard deviation of the SV folds, slices */
	F_APART,     /* |SV - CW|, slices; 0 where only one model was asked */
	F_BLUNT,     /* 1 - sharpness of CW's change-over */
	F_FAINT,     /* 1 - highest P(four blobs) */
	F_RIVALS,    /* places competing for the rough estimate, beyond the first */
	F_END,       /* 0 at END_SLICES or more from the ends of the bone, 1 at an end */
	F_ALONE,     /* 1 where only one model was asked */
	F_MISSED,    /* 1 where a model was asked and found nothing */
	NFEATURES
};

/* confidence = 1 / (1 + exp(-(BIAS + sum coefficient * min(feature, cap)))).
 * Coefficients by hand, BIAS so that the mean meets what 80 synthetic bones showed (of those that
 * looked best, three in four were within 3 planes); to be replaced by a fit. All coefficients <= 0. */
#define BIAS 2.1
static const struct {
	double coefficient, cap;
} table[NFEATURES] = {
	[F_SPREAD] = { -0.35, 10 },
	[F_APART] = { -0.25, 20 },
	[F_BLUNT] = { -2.0, 1 },
	[F_FAINT] = { -2.0, 1 },
	[F_RIVALS] = { -0.6, 2 },
	[F_END] = { -3.5, 1 },
	[F_ALONE] = { -0.7, 1 },
	[F_MISSED] = { -3.0, 1 },
};

#define NONE_CONFIDENCE 0.02 /* where no growth plate is seen */
#define END_SLICES 40.0      /* no plate is nearer to the end of a whole bone */
#define SPREAD_REVIEW 4.0
#define FAINT_REVIEW 0.5
#define SHARP_REVIEW 0.5
#define CONFIDENCE_REVIEW 0.5

__attribute__((format(printf, 2, 3)))
static void reason(struct plane_result *r, const char *fmt, ...)
{
	if (r->nreasons >= PLANE_REASONS_MAX)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(r->reason[r->nreasons++], sizeof r->reason[0], fmt, ap);
	va_end(ap);
}

static int shown(const struct plane_context *c, double canonical)
{
	return (int)lround(c->number ? c->number(c->user, canonical) : canonical);
}

static void measure(const struct plane_result *r, const struct plane_context *c,
		    double f[NFEATURES])
{
	int sv = !isnan(r->sv_plane), cw = !isnan(r->cw_likelihood_plane);
	double to_end = fmin(r->plane - c->bone_first, c->bone_last - r->plane);

	f[F_SPREAD] = sv ? r->sv_spread : 0;
	f[F_APART] = sv && cw ? fabs(r->sv_plane - r->cw_likelihood_plane) : 0;
	f[F_BLUNT] = cw ? 1.0 - r->cw_sharpness : 0;
	f[F_FAINT] = sv ? 1.0 - r->sv_peak : 0;
	f[F_RIVALS] = sv ? fmax(0, r->sv_runs - 1) : 0;
	f[F_END] = fmax(0, 1.0 - fmax(0, to_end) / END_SLICES);
	f[F_ALONE] = c->choice != PLANE_ALL;
	f[F_MISSED] = c->choice == PLANE_ALL && (r->sv_rough < 0 || !cw);
}

static void explain(struct plane_result *r, const struct plane_context *c,
		    const double f[NFEATURES])
{
	int cw = !isnan(r->cw_likelihood_plane), blind = (c->choice & PLANE_SV) && r->sv_rough < 0;

	if (blind)
		reason(r, "SV sees no slice with four mounds: plane found by CW, check it by eye");
	if ((c->choice & PLANE_CW) && !cw)
		reason(r, "CW sees no change-over: plane by SV alone, check it by eye");
	if (plane_disagree(r))
		reason(r, "SV and CW disagree: slice %d or %d; look at both",
		       shown(c, r->sv_plane), shown(c, r->cw_likelihood_plane));
	if (f[F_SPREAD] > SPREAD_REVIEW)
		reason(r, "the SV networks differ by several slices (s.d. %.0f): check the plane by eye",
		       fmin(r->sv_spread, 9999));
	if (f[F_FAINT] > FAINT_REVIEW && !blind)
		reason(r, "the four mounds are hardly visible: blurred or noisy scan? check the plane");
	if (f[F_RIVALS] > 0)
		reason(r, "more than one place looks like a growth plate: check the plane by eye");
	if (cw && r->cw_sharpness < SHARP_REVIEW)
		reason(r, "CW's change-over is not sharp: check the plane by eye");
	if (f[F_END] > 0)
		reason(r, "plane lies near an end of the bone: is the whole knee end in the scan?");
	if (r->confidence < CONFIDENCE_REVIEW && r->nreasons == 0)
		reason(r, "low confidence: check the plane on the picture");
}

void plane_confidence(struct plane_result *r, const struct plane_context *c)
{
	double f[NFEATURES], sum = BIAS;

	if (isnan(r->plane)) {
		r->confidence = NONE_CONFIDENCE;
		reason(r, "no growth plate seen: is the knee end of the femur in the scan?");
		return;
	}
	measure(r, c, f);
	for (int i = 0; i < NFEATURES; i++)
		sum += table[i].coefficient * fmin(f[i], table[i].cap);
	r->confidence = 1.0 / (1.0 + exp(-sum));
	explain(r, c, f);
}
