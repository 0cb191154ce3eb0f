/* One plane from what the models believe, with the weights of plane_table[]. */
#include "plane/parts.h"

#include <math.h>

#include "plane/table.h"

#define RIVAL_P 0.05   /* belief that makes another place worth showing */

void plane_combine(const struct plane_beliefs *m, struct plane_result *r)
{
	/* The range of the model that sees most of the bone is that of the sum. */
	static const struct plane_belief nothing;
	struct plane_belief all = nothing;
	unsigned heard = 0; /* choices */

	for (int k = 0; k < PLANE_KINDS; k++) {
		const struct plane_entry *e = &plane_table[k];
		if (m->of[k].n < 1)
			continue;
		double weight = heard & ~(unsigned)e->choice ? e->weight : e->leads;
		if (all.n < 1) {
			all = m->of[k];
			plane_belief_add(&all, weight, &nothing, 0);
		} else {
			plane_belief_add(&all, 1, &m->of[k], weight);
		}
		heard |= (unsigned)e->choice;
	}
	struct plane_verdict v = plane_belief_verdict(&all);
	r->plane = v.plane;
	r->near = v.near;
	r->rival = v.rival_p >= RIVAL_P ? v.rival : NAN;
}
