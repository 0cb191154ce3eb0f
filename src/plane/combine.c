/* One plane from what the models believe. The weights lie half way from those of earlier networks to what tools/train/fit.py
 * gives (greatest likelihood of the true planes of bones for choosing), because models err together on bones unlike those. */
#include "plane/parts.h"

#include <math.h>

#define LONG_WEIGHT 3.20
#define SV_WEIGHT 0.65
#define INNER_WEIGHT 0.25
#define CW_WEIGHT 0.060 /* its slices are neighbours and err together */
/* Without the views along the bone the others carry more. */
#define SV_LEADS 1.0
#define INNER_LEADS 0.8
#define CW_LEADS 0.15

#define RIVAL_P 0.05   /* belief that makes another place worth showing */

void plane_combine(const struct plane_beliefs *m, struct plane_result *r)
{
	/* The model that sees most of the bone is the frame for the others. */
	static const struct plane_belief nothing;
	const struct plane_belief *model[] = { &m->along, &m->sv, &m->inner, &m->cw };
	const double weight[] = { LONG_WEIGHT, m->along.n ? SV_WEIGHT : SV_LEADS,
				  m->along.n ? INNER_WEIGHT : INNER_LEADS,
				  m->along.n || m->sv.n ? CW_WEIGHT : CW_LEADS };
	struct plane_belief all = nothing;

	for (int i = 0; i < 4; i++) {
		if (model[i]->n < 1)
			continue;
		if (all.n < 1) {
			all = *model[i];
			plane_belief_add(&all, weight[i], &nothing, 0);
		} else {
			plane_belief_add(&all, 1, model[i], weight[i]);
		}
	}
	struct plane_verdict v = plane_belief_verdict(&all);
	r->plane = v.plane;
	r->near = v.near;
	r->rival = v.rival_p >= RIVAL_P ? v.rival : NAN;
}
