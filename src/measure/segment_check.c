/* What a segmentation itself tells of its faults: bones change little from slice to slice, struts are about alike. */
#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "measure/segment.h"

#define APART_MM 0.05     /* between slices that are compared */
#define OUTLINE_MOST 0.08 /* change of the area within the periosteum, and */
#define CORTEX_MOST 0.28  /* of the cortex: chosen on 24 synthetic bones, whose good ones stay below 0.074, 0.252 */

#define STRUTS_MOST 0.6   /* s.d. of Tb.Th by its mean: 38 of 40 synthetic bones have 0.33 to 0.57 */

struct areas {
	const struct segment *s;
	unsigned (*of)[2]; /* of every slice: voxels within the periosteum, and of the cortex */
};

static int count(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct areas *a = arg;
	const struct grid *g = &a->s->grey.grid;
	const size_t n = (size_t)g->n[0] * (size_t)g->n[1], at = n * (size_t)z;
	const uint8_t *cortex = a->s->cortex + at, *tv = a->s->tv + at;
	unsigned within = 0, of_cortex = 0; /* a slice has less than 2^32 voxels */

	(void)worker;
	(void)err;
	for (size_t i = 0; i < n; i++) {
		within += (cortex[i] | tv[i]) != 0;
		of_cortex += cortex[i] != 0;
	}
	a->of[z][0] = within;
	a->of[z][1] = of_cortex;
	return 0;
}

static bool apart(unsigned a, unsigned b, double most)
{
	return fabs((double)a - (double)b) > most * (double)(a > b ? b : a);
}

int segment_check(struct segment *s, int threads, struct gppi_error *err)
{
	struct areas a = { s, calloc((size_t)s->grey.grid.n[2], sizeof *a.of) };
	const int step = (int)fmax(lrint(APART_MM / s->grey.grid.mm[2]), 1);
	bool outline = false, cortex = false;

	int rc = a.of ? parallel_for(threads, s->grey.grid.n[2], count, &a, err)
		      : err_set(err, GPPI_E_NOMEM, "out of memory for areas");

	for (int z = s->first; z + step <= s->last && rc >= 0; z++) {
		outline |= apart(a.of[z][0], a.of[z + step][0], OUTLINE_MOST);
		cortex |= apart(a.of[z][1], a.of[z + step][1], CORTEX_MOST);
	}
	free(a.of);
	if (outline)
		segment_doubt(s, "the outline changes abruptly along the VOI: another bone may be part of it, or a "
				 "piece be missing");
	if (cortex)
		segment_doubt(s, "the cortex changes abruptly along the VOI: spongiosa or another bone may count as "
				 "cortex, or it leaks");
	return rc;
}

void segment_check_thickness(struct segment *s, double mean, double deviation)
{
	if (deviation > STRUTS_MOST * mean)
		segment_doubt(s, "Tb.Th varies more than struts do (s.d. above 0.6 of the mean): thick pieces in TV "
				 "rule it");
}
