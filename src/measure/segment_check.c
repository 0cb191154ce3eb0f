/* What a segmentation itself tells of its faults: bones change little from slice to slice. */
#include <math.h>

#include "measure/segment.h"

#define APART_MM 0.05     /* between slices that are compared */
#define OUTLINE_MOST 0.08 /* change of the area within the periosteum, and */
#define CORTEX_MOST 0.28  /* of the cortex: chosen on 24 synthetic bones, whose good ones stay below 0.074, 0.252 */

static size_t count(const struct segment *s, int z, bool cortex_only)
{
	const struct grid *g = &s->grey.grid;
	const size_t n = (size_t)g->n[0] * (size_t)g->n[1], at = n * (size_t)z;
	size_t sum = 0;

	for (size_t i = at; i < at + n; i++)
		sum += s->cortex[i] || (!cortex_only && s->tv[i]);
	return sum;
}

static bool apart(size_t a, size_t b, double most)
{
	return fabs((double)a - (double)b) > most * (double)(a > b ? b : a);
}

void segment_check(struct segment *s)
{
	const int step = (int)fmax(lrint(APART_MM / s->grey.grid.mm[2]), 1);
	bool outline = false, cortex = false;

	for (int z = s->first; z + step <= s->last; z++) {
		outline |= apart(count(s, z, false), count(s, z + step, false), OUTLINE_MOST);
		cortex |= apart(count(s, z, true), count(s, z + step, true), CORTEX_MOST);
	}
	if (outline)
		segment_doubt(s, "the outline changes abruptly along the VOI: another bone may be part of it, or a piece be missing");
	if (cortex)
		segment_doubt(s, "the cortex changes abruptly along the VOI: spongiosa or another bone may count as "
				 "cortex, or it leaks");
}
