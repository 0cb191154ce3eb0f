#include "measure/plate.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/linear.h"
#include "measure/plate_parts.h"

#define SEEN_LEAST 0.6 /* share of the area where both sides must be seen: with less, thickness often was wrong */
#define BRIDGES_LEAST 0.65 /* the same for bridges: with less, bone of a misplaced layer counts as bridges */
#define COLUMNS_LEAST 50
#define CENTRE_SIGMA 1.0 /* bins, of the middle between the ends found */
#define SLOPE_SIGMA 2.0  /* bins, once more for its inclination: noise would make that steeper, and the layer thinner */

/* Cosine of the inclination of the middle. */
static double cosine(const struct plate *p, const struct grid *g, const float *middle, int x, int y)
{
	const int l = x > 0 ? x - 1 : x, r = x + 1 < p->nx ? x + 1 : x, u = y > 0 ? y - 1 : y,
		  d = y + 1 < p->ny ? y + 1 : y;
	double a = (double)(middle[y * p->nx + r] - middle[y * p->nx + l]) / (r - l ? r - l : 1) * g->mm[2] / g->mm[0];
	double b = (double)(middle[d * p->nx + x] - middle[u * p->nx + x]) / (d - u ? d - u : 1) * g->mm[2] / g->mm[1];

	return 1 / sqrt(1 + a * a + b * b);
}

static int ascending(const void *a, const void *b)
{
	float d = *(const float *)a - *(const float *)b;
	return (d > 0) - (d < 0);
}

static double share_of(float *v, int n, double share)
{
	qsort(v, (size_t)n, sizeof *v, ascending);
	return (double)v[(int)(share * (n - 1))];
}

/* Where the layer's end lies within a slice or two of the plane: the place nearest to the middle of the map. */
static void find_touch(const struct plate_of *of, struct plate *p, double cx, double cy)
{
	double best = INFINITY;

	p->touch[0] = p->touch[1] = NAN;
	for (int y = 0; y < p->ny; y++)
		for (int x = 0; x < p->nx; x++) {
			double off = fabs((double)p->lower[y * p->nx + x] - of->plane), away = hypot(x - cx, y - cy);
			if (off < 2 && away < best) {
				best = away;
				p->touch[0] = (x + 0.5) * p->bin - 0.5;
				p->touch[1] = (y + 0.5) * p->bin - 0.5;
			}
		}
}

static int sum_up(const struct plate_of *of, const float *middle, struct plate *p,
		  struct gppi_error *err)
{
	const struct grid *g = &of->knee->grid;
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	double z1 = 0, z2 = 0, row[3][4] = { { 0 } }, fit[3], cx = 0, cy = 0;
	float *first = size_realloc(NULL, columns, sizeof *first), *last = size_realloc(NULL, columns, sizeof *last),
	      *thick = size_realloc(NULL, columns, sizeof *thick);
	int n = 0, measured = 0, passed = 0;

	if (!first || !last || !thick) {
		free(first);
		free(last);
		free(thick);
		return err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	}
	for (int y = 0; y < p->ny; y++)
		for (int x = 0; x < p->nx; x++) {
			const int i = y * p->nx + x;
			p->across[i] = NAN;
			if (isnan(p->lower[i]))
				continue;
			double at[4] = { 1, x * g->mm[0], y * g->mm[1],
					 ((double)(p->lower[i] + p->upper[i]) / 2 - of->plane) * g->mm[2] };
			first[n] = p->upper[i];
			last[n++] = p->lower[i];
			z1 += at[3];
			z2 += at[3] * at[3];
			cx += x;
			cy += y;
			passed += (double)p->lower[i] <= of->plane;
			for (int a = 0; a < 3; a++)
				for (int b = 0; b < 4; b++)
					row[a][b] += at[a] * at[b];
			p->across[i] = (p->lower[i] - p->upper[i]) * (float)(g->mm[2] * cosine(p, g, middle, x, y));
			if (p->known[i])
				thick[measured++] = p->across[i];
		}
	p->area_mm2 = n * g->mm[0] * g->mm[1];
	p->seen = n ? (double)measured / n : 0;
	if (n < COLUMNS_LEAST || p->seen < SEEN_LEAST) {
		p->why = "both sides of a dark layer near the plane are seen in less than 60 % of its area";
	} else {
		p->thick = share_of(thick, measured, 0.5);
		p->thick_sd = (share_of(thick, measured, 0.84) - share_of(thick, measured, 0.16)) / 2;
		p->level = z1 / n;
		p->level_sd = sqrt(fmax(z2 / n - p->level * p->level, 0));
		p->tilt_deg = linear_solve3(row, fit) ? atan(hypot(fit[1], fit[2])) * 180 / 3.14159265358979 : 0;
		p->first = share_of(first, n, 0.01);
		p->last = share_of(last, n, 0.99);
		p->passed = (double)passed / n;
		find_touch(of, p, cx / n, cy / n);
	}
	free(first);
	free(last);
	free(thick);
	return 0;
}

/* The middle between both ends, where they are; elsewhere it stays. */
static int centre(const struct plate *p, float *middle, struct gppi_error *err)
{
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	float *found = size_realloc(NULL, columns, sizeof *found);
	int rc = found ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");

	for (size_t c = 0; c < columns && rc >= 0; c++)
		found[c] = (p->upper[c] + p->lower[c]) / 2;
	if (rc >= 0)
		rc = plate_smooth(p->nx, p->ny, p->known, found, CENTRE_SIGMA, err);
	for (size_t c = 0; c < columns && rc >= 0; c++)
		if (!isnan(p->upper[c]))
			middle[c] = found[c];
	free(found);
	return rc;
}

int plate_find(const struct plate_of *of, struct plate *out, struct gppi_error *err)
{
	const struct grid *g = &of->knee->grid;
	const size_t columns = (size_t)g->n[0] * (size_t)g->n[1];
	float *middle = size_realloc(NULL, columns, sizeof *middle);
	int rc = 0;

	*out = (struct plate){ .nx = g->n[0], .ny = g->n[1], .bin = of->knee->bin };
	out->upper = calloc(columns, sizeof *out->upper);
	out->lower = calloc(columns, sizeof *out->lower);
	out->across = calloc(columns, sizeof *out->across);
	out->known = calloc(columns, 1);
	if (!middle || !out->known || !out->upper || !out->lower || !out->across)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	if (rc >= 0 && (of->plane < 0 || of->plane > g->n[2] - 1))
		out->why = "the plane lies outside of the scan";
	if (rc >= 0 && !out->why)
		rc = plate_middle(of, middle, err);
	if (rc >= 0 && !out->why)
		rc = plate_edges(of, middle, out, err);
	/* Once more around the layer that was found: the first middle is too smooth for its waves, and a block that is
	 * not flat is smoothed across the layer, which widens it. */
	if (rc >= 0 && !out->why)
		rc = centre(out, middle, err);
	if (rc >= 0 && !out->why)
		rc = plate_edges(of, middle, out, err);
	if (rc >= 0 && !out->why)
		rc = plate_smooth(out->nx, out->ny, NULL, middle, SLOPE_SIGMA, err);
	if (rc >= 0 && !out->why)
		rc = sum_up(of, middle, out, err);
	out->why_bridges = out->why;
	if (!out->why && out->seen < BRIDGES_LEAST)
		out->why_bridges = "both sides of the growth plate are seen in less than two thirds of its area";
	if (rc >= 0 && !out->why_bridges)
		rc = plate_find_bridges(of, out, err);
	free(middle);
	return rc;
}

void plate_free(struct plate *p)
{
	free(p->upper);
	free(p->lower);
	free(p->across);
	free(p->known);
	*p = (struct plate){ .why = p->why };
}

bool plate_ends(const struct plate *p, int x, int y, float ends[2])
{
	const int i = x / p->bin, j = y / p->bin;

	if (p->why || i < 0 || j < 0 || i >= p->nx || j >= p->ny || isnan(p->lower[j * p->nx + i]))
		return false;
	ends[0] = p->upper[j * p->nx + i];
	ends[1] = p->lower[j * p->nx + i];
	return true;
}

void plate_put(struct plate_place *place, const struct plate *p)
{
	place->plate = p;
	place->lo = INT_MAX;
	place->hi = INT_MIN;
	for (int i = 0; !p->why && i < p->nx * p->ny; i++) {
		if (isnan(p->lower[i]))
			continue;
		int a = place->origin + place->step * (int)floorf(p->upper[i]),
			b = place->origin + place->step * (int)ceilf(p->lower[i]);
		place->lo = a < place->lo ? a : b < place->lo ? b : place->lo;
		place->hi = a > place->hi ? a : b > place->hi ? b : place->hi;
	}
}

bool plate_holds(const struct plate_place *place, int x, int y, int z)
{
	const float at = (float)((z - place->origin) * place->step);
	float ends[2];

	return x >= place->first[0] && y >= place->first[1] && z >= place->lo && z <= place->hi &&
	       plate_ends(place->plate, x - place->first[0], y - place->first[1], ends) &&
	       at >= ends[0] && at <= ends[1];
}
