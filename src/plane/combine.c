/* One plane from two. SV_WEIGHT was chosen on synthetic bones apart from training and test bones. */
#include "plane/parts.h"

#include <math.h>

#define SV_WEIGHT 0.5        /* of SV where both agree; the rest is CW's likelihood plane */
#define SV_PRIOR 0.8         /* of SV where one must be chosen: five regressors against one change-over */
#define AGREE 8.0            /* slices: farther apart, a person should look */
#define MEAN_FULL 6.0        /* up to here the two are averaged, */
#define MEAN_NONE 12.0       /* from here one is chosen; in between it goes over smoothly, so that a
			      * small change of either plane never makes the answer jump */
#define SPREAD_SCALE 8.0     /* slices of fold spread that cut the trust in SV to 1/e */

int plane_disagree(const struct plane_result *r)
{
	return fabs(r->sv_plane - r->cw_likelihood_plane) > AGREE; /* false with NAN */
}

/* How much each model agrees with itself, 0..1. */
static double sv_trust(const struct plane_result *r)
{
	return exp(-r->sv_spread / SPREAD_SCALE);
}

static double cw_trust(const struct plane_result *r)
{
	/* Closing and likelihood read the same scores: far apart means a ragged change-over. */
	double apart = isnan(r->cw_plane) ? AGREE : fabs(r->cw_plane - r->cw_likelihood_plane);

	return r->cw_sharpness * exp(-apart / AGREE);
}

void plane_combine(struct plane_result *r)
{
	double sv = r->sv_plane, cw = r->cw_likelihood_plane;

	if (isnan(sv) || isnan(cw)) {
		r->plane = isnan(sv) ? cw : sv; /* NAN where neither found one */
		return;
	}
	double one = SV_PRIOR * sv_trust(r) >= (1.0 - SV_PRIOR) * cw_trust(r) ? sv : cw;
	double both = SV_WEIGHT * sv + (1.0 - SV_WEIGHT) * cw;
	double share = fmin(fmax((MEAN_NONE - fabs(sv - cw)) / (MEAN_NONE - MEAN_FULL), 0), 1);
	r->plane = share * both + (1.0 - share) * one;
}
