#include "measure/landmarks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CORE_MM 0.12   /* deeper than knee.inside: trabeculae only */
#define RANGE_MM 1.3   /* from the plane on that is looked at, */
#define LEAST_MM 0.9   /* or as much as there is, but no less */
#define NEAR_MM 0.08   /* from the plane on where the course is highest */
#define BEHIND_MM 0.7  /* from it on the secondary spongiosa has begun */
#define SHARE 0.2      /* of the way from its level to the top above which it has not */
#define FALL 1.3       /* top by level, at least */
#define SURE_MM 0.1    /* between 3/2 and 2/3 of that share where the confidence is halved */

/* Bone fraction, and how much it differs between neighbours, of the core of slice z; NaN where there is none. */
static double course_of(const struct knee *k, int z, int deep, double *texture)
{
	const struct grid *g = &k->grid;
	const size_t at = (size_t)g->n[0] * (size_t)g->n[1] * (size_t)z;
	const uint8_t *in = k->inside + at, *share = k->share + at;
	double bone = 0, change = 0, n = 0;

	for (int y = deep; y < g->n[1] - deep; y++)
		for (int x = deep; x < g->n[0] - deep; x++) {
			const int i = y * g->n[0] + x, up = deep * g->n[0];
			if (!in[i] || !in[i - deep] || !in[i + deep] || !in[i - up] || !in[i + up])
				continue;
			n++;
			bone += share[i] > KNEE_ALL ? KNEE_ALL : share[i];
			change += abs(share[i] - share[i - 1]) + abs(share[i] - share[i - g->n[0]]);
		}
	*texture = n > 0 ? change / n : NAN;
	return n > 0 ? bone / n : NAN;
}

/* The last of n slices in which the course is more than a share of the way up from its level behind to its top. */
static int last_above(const double *v, int n, double level, double top, double share)
{
	int last = 0;

	for (int i = 1; i + 1 < n; i++)
		if ((v[i - 1] + v[i] + v[i + 1]) / 3 > level + share * (top - level))
			last = i;
	return last;
}

static int ascending(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;
	return (d > 0) - (d < 0);
}

/* n: at least 1. */
static double median(const double *v, int n, double *sorted)
{
	memcpy(sorted, v, (size_t)n * sizeof *v);
	qsort(sorted, (size_t)n, sizeof *sorted, ascending);
	return sorted[n / 2];
}

/* v: the course from the plane on; sorted: room for as much. */
static void tell(const struct knee *k, double *v, int n, double *sorted, struct landmark *out)
{
	const int near = knee_slices(k, NEAR_MM), behind = knee_slices(k, BEHIND_MM);
	double top = 0;

	if (n <= behind) {
		out->why = "the slices are too far apart";
		return;
	}
	const double level = median(v + behind, n - behind, sorted);
	for (int i = 0; i < near && i < n; i++)
		top = fmax(top, v[i]);
	if (!(top > FALL * level)) {
		out->why = "bone fraction and texture do not fall behind the plane";
		return;
	}
	int early = last_above(v, behind, level, top, 1.5 * SHARE),
	    late = last_above(v, behind, level, top, SHARE / 1.5);
	out->slice += last_above(v, behind, level, top, SHARE) + 1;
	out->confidence = (1 - level / top) / (1 + (late - early) / (double)knee_slices(k, SURE_MM));
	out->why = NULL;
}

int landmark_secondary(const struct knee *k, double plane, struct landmark *out, struct gppi_error *err)
{
	const int first = (int)lrint(plane), deep = knee_bins(k, CORE_MM), least = knee_slices(k, LEAST_MM);
	int n = knee_slices(k, RANGE_MM), known = 0;
	double *v = size_realloc(NULL, 2 * (size_t)n, sizeof *v);

	*out = (struct landmark){ first, 0, "the scan ends too near to the plane" };
	if (!v)
		return err_set(err, GPPI_E_NOMEM, "out of memory for landmarks");
	n = first + n < k->grid.n[2] ? n : k->grid.n[2] - first;
	for (double texture; first >= 0 && known < n; known++) {
		double bone = course_of(k, first + known, deep, &texture);
		if (isnan(bone))
			break;
		v[known] = bone + texture;
	}
	if (known >= least)
		tell(k, v, known, v + n, out);
	else if (known < n)
		out->why = "there is no marrow cavity behind the plane";
	if (out->why)
		out->slice = NAN;
	free(v);
	return 0;
}
