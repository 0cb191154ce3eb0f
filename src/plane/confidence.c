/* Confidence: a logistic function of a few features, and the reasons for a person to look. */
#include "plane/parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

enum feature {
	F_WIDE,      /* belief away from the plane, 1 - near, as log-odds */
	F_SV_APART,  /* |SV - plane|, slices; with that of its network for inner halves, their mean; 0: not asked */
	F_CW_APART,  /* |CW - plane|, slices; 0 where it was not asked */
	F_BLUNT,     /* 1 - sharpness of CW's change-over */
	F_FAINT,     /* 1 - highest P(four blobs) */
	F_END,       /* 0 at END_SLICES or more from the ends of the bone, 1 at an end */
	F_ALONE,     /* 1 where only one model was asked */
	F_MISSED,    /* 1 where a model was asked and found nothing; CW, which weighs little, counts half */
	F_UNLIKE,    /* distance from the training's bones beyond FAMILIAR; 0: not known */
	NFEATURES
};

/* confidence = 1 / (1 + exp(-(BIAS + sum coefficient * min(feature, cap)))). Fitted by tools/train/fit.py on synthetic
 * bones for choosing, and lower than the fit on purpose: real bones differ from those. FAINT, MISSED, END, ALONE and
 * UNLIKE hardly occur there and are set by hand. */
#define BIAS (-0.03)
static const struct {
	double coefficient, cap;
} table[NFEATURES] = {
	[F_WIDE] = { -0.792, 6 },
	[F_SV_APART] = { -0.150, 8 },
	[F_CW_APART] = { -0.05, 20 },
	[F_BLUNT] = { -1.341, 1 },
	[F_FAINT] = { -0.30, 1 },
	[F_END] = { -3.5, 1 },
	[F_ALONE] = { -0.7, 1 },
	[F_MISSED] = { -1.5, 1 },
	[F_UNLIKE] = { -3.0, 1 }, /* by hand: bones for choosing are familiar */
};

#define NONE_CONFIDENCE 0.02 /* where no growth plate is seen */
#define END_SLICES 40.0      /* no plate is nearer to the end of a whole bone */
#define AGREE 8.0            /* slices: farther apart, a person should look */
#define SPREAD_REVIEW 4.0
#define FAINT_REVIEW 0.7
#define FAMILIAR 0.8         /* of the limit of the training's bones */

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

static double apart(double model, double plane)
{
	return isnan(model) ? 0 : fabs(model - plane);
}

static void measure(const struct plane_result *r, const struct plane_context *c,
		    double f[NFEATURES])
{
	int sv = !isnan(r->sv_plane), cw = !isnan(r->cw_likelihood_plane), alone;
	double to_end = fmin(r->plane - c->bone_first, c->bone_last - r->plane);
	double near = fmin(fmax(r->near, 1e-4), 1 - 1e-4);

	alone = c->choice == PLANE_SV || c->choice == PLANE_CW || c->choice == PLANE_LONGAXIS;
	f[F_WIDE] = log((1 - near) / near);
	f[F_SV_APART] = isnan(r->inner_plane) ? apart(r->sv_plane, r->plane)
					      : (apart(r->sv_plane, r->plane) + apart(r->inner_plane, r->plane)) / 2;
	f[F_CW_APART] = apart(r->cw_likelihood_plane, r->plane);
	f[F_BLUNT] = cw ? 1.0 - r->cw_sharpness : 0;
	f[F_FAINT] = sv ? 1.0 - r->sv_peak : 0;
	f[F_END] = fmax(0, 1.0 - fmax(0, to_end) / END_SLICES);
	f[F_ALONE] = alone;
	f[F_UNLIKE] = r->unlike > FAMILIAR ? r->unlike - FAMILIAR : 0; /* false with NAN */
	if (((c->choice & PLANE_LONGAXIS) && isnan(r->longaxis_plane)) || (c->choice == PLANE_ALL && !sv))
		f[F_MISSED] = 1;
	else
		f[F_MISSED] = c->choice == PLANE_ALL && !cw ? 0.5 : 0;
}

/* Names each model that places the plane elsewhere, with the slice to look at. CW weighs little, so its plane is told
 * only where there is doubt; likewise SV's, unless its network for inner halves agrees with it. Two models farther
 * apart than PLANE_APART are always told. */
static void explain_apart(struct plane_result *r, const struct plane_context *c, bool doubt)
{
	static const char *const name[] = { "the views along the bone", "SV", "CW", "CW" };
	const double plane[] = { r->longaxis_plane, r->sv_plane, r->cw_likelihood_plane, r->cw_plane };
	int low = -1, high = -1, before = r->nreasons;

	for (int i = 0; i < 4; i++) {
		if (isnan(plane[i]))
			continue;
		low = low < 0 || plane[i] < plane[low] ? i : low;
		high = high < 0 || plane[i] > plane[high] ? i : high;
	}
	bool far = low >= 0 && plane[high] - plane[low] > PLANE_APART;
	bool sv = doubt || far || isnan(r->inner_plane) || apart(r->inner_plane, r->plane) > AGREE;
	const bool heard[] = { true, sv, doubt || far };

	for (int i = 0; i < 3; i++)
		if (heard[i] && apart(plane[i], r->plane) > AGREE)
			reason(r, "slice %d or %d? %s: %d; look at both", shown(c, r->plane),
			       shown(c, plane[i]), name[i], shown(c, plane[i]));
	if (far && r->nreasons == before)
		reason(r, "models %.0f slices apart: %s %d, %s %d; look at both", fmin(plane[high] - plane[low], 9999),
		       name[low], shown(c, plane[low]), name[high], shown(c, plane[high]));
}

static void explain(struct plane_result *r, const struct plane_context *c,
		    const double f[NFEATURES])
{
	bool doubt = r->confidence < PLANE_CONFIDENT || c->choice != PLANE_ALL;

	if ((c->choice & PLANE_LONGAXIS) && isnan(r->longaxis_plane))
		reason(r, "the views along the bone show no growth plate: is this the knee end of a femur?");
	if ((c->choice & PLANE_SV) && r->sv_rough < 0 && doubt)
		reason(r, "SV sees no slice with four mounds: check the plane by eye");
	if ((c->choice & PLANE_CW) && isnan(r->cw_likelihood_plane) && doubt)
		reason(r, "CW sees no change-over: check the plane by eye");
	explain_apart(r, c, doubt);
	if (r->sv_spread > SPREAD_REVIEW && doubt) /* false with NAN */
		reason(r, "the SV networks differ by several slices (s.d. %.0f): check the plane by eye",
		       fmin(r->sv_spread, 9999));
	if (f[F_FAINT] > FAINT_REVIEW && r->sv_rough >= 0 && doubt)
		reason(r, "the four mounds are hardly visible: blurred or noisy scan? check the plane");
	if (!isnan(r->rival))
		reason(r, "slice %d also looks like the end of the growth plate: check the plane by eye",
		       shown(c, r->rival));
	if (f[F_END] > 0)
		reason(r, "plane lies near an end of the bone: is the whole knee end in the scan?");
	if (r->unlike > 1) /* false with NAN */
		reason(r, "the bone looks unlike those the networks were trained on: check the plane by eye");
	if (r->confidence < PLANE_CONFIDENT && r->nreasons == 0)
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
