#include "phantom/plate.h"

#include <math.h>
#include <stdlib.h>

#include "measure/linear.h"
#include "phantom/tissue.h"

#define SPAN 140  /* slices to each side of the floor where the plate is looked for */
#define STEP 0.5f /* slices */
#define COARSE 4
#define LEAST 2   /* voxels between the plate's columns */

struct column {
	float level, first, last, thick, x, y, rim;
	int bridged;
};

/* Cosine of the inclination of the layer's middle in the bone's frame. */
static float inclination(const struct shape *s, float u, float v)
{
	const float far = 3 / s->p->size;
	float h[4], unused, ignored;

	shape_plate(s, u / s->p->size - far, v / s->p->size, &h[0], &unused, &ignored);
	shape_plate(s, u / s->p->size + far, v / s->p->size, &h[1], &unused, &ignored);
	shape_plate(s, u / s->p->size, v / s->p->size - far, &h[2], &unused, &ignored);
	shape_plate(s, u / s->p->size, v / s->p->size + far, &h[3], &unused, &ignored);
	float a = (h[1] - h[0]) * s->p->stretch / 6, b = (h[3] - h[2]) * s->p->stretch / 6;
	return 1 / sqrtf(1 + a * a + b * b);
}

/* Of the layer at a point: signed distance from its middle, half its thickness as it is drawn, and its thickness
 * across. Is the point within the cortex? */
static int layer_at(const struct shape *s, float dx, float dy, float dz, float *signed_half, float *half,
		    float *across)
{
	const struct phantom_params *p = s->p;
	float u = s->rot[0][0] * dx + s->rot[0][1] * dy + s->rot[0][2] * dz;
	float v = s->rot[1][0] * dx + s->rot[1][1] * dy + s->rot[1][2] * dz;
	float w = s->rot[2][0] * dx + s->rot[2][1] * dy + s->rot[2][2] * dz, h, cosine, thick;

	shape_plate(s, u / p->size, v / p->size, &h, &cosine, &thick);
	*signed_half = (w - h * p->stretch) * cosine;
	*half = 0.5f * p->cartilage * thick;
	*across = 2 * *half / cosine * inclination(s, u, v);
	float depth = shape_depth(s, u / p->size, v / p->size, w / p->stretch) * p->size;
	return depth > shape_cortex(s, w / p->stretch) * p->size;
}

static int bridged(const struct shape *s, float dx, float dy, float dz)
{
	const struct phantom_params *p = s->p;
	float u = s->rot[0][0] * dx + s->rot[0][1] * dy + s->rot[0][2] * dz;
	float v = s->rot[1][0] * dx + s->rot[1][1] * dy + s->rot[1][2] * dz;

	for (int i = 0; i < p->nbridges; i++)
		if (hypotf(u - p->bridge_at[i][0], v - p->bridge_at[i][1]) < p->bridge_at[i][2])
			return i + 1;
	return 0;
}

float phantom_plate_middle(const struct shape *s, float dx, float dy)
{
	float at, unused, ignored, before = -SPAN, behind = SPAN;
	int inside = 0;

	for (int i = 0; i <= 2 * SPAN / COARSE; i++) { /* it may be crossed more than once */
		behind = (float)(i * COARSE - SPAN);
		layer_at(s, dx, dy, behind, &at, &unused, &ignored);
		if (at >= 0)
			break;
		before = behind;
	}
	while (behind - before > STEP / 4) {
		const float middle = (before + behind) / 2;
		inside = layer_at(s, dx, dy, middle, &at, &unused, &ignored);
		before = at < 0 ? middle : before;
		behind = at < 0 ? behind : middle;
	}
	return inside ? behind : NAN;
}

/* Where a column along z crosses the layer, within the cortex. */
static int column_at(const struct shape *s, float dx, float dy, struct column *c)
{
	int found = 0;

	c->first = c->last = NAN;
	for (int i = 0; i < (int)(2 * SPAN / STEP); i++) {
		const float dz = (float)i * STEP - SPAN;
		float at, half, across;
		int inside = layer_at(s, dx, dy, dz, &at, &half, &across);
		if (fabsf(at) < half) {
			c->first = isnan(c->first) ? dz : c->first;
			c->last = dz;
		}
		if (at < half + s->p->rim + s->p->rim_fade)
			c->rim = dz;
		if (!found && at >= 0) {
			*c = (struct column){ dz, c->first, dz, across, dx, dy, dz, bridged(s, dx, dy, dz) };
			if (!inside)
				return 0;
			found = 1;
		}
	}
	return found && !isnan(c->first);
}

static int ascending(const void *a, const void *b)
{
	float d = *(const float *)a - *(const float *)b;
	return (d > 0) - (d < 0);
}

static double share_of(float *v, int n, double share)
{
	qsort(v, (size_t)n, sizeof *v, ascending);
	return v[(int)(share * (n - 1))];
}

static void sum_up(const struct phantom_params *p, const struct column *c, int n, float *sorted,
		   struct phantom_plate *out)
{
	double th = 0, th2 = 0, z = 0, z2 = 0, sum[3][4] = { { 0 } }, fit[3];
	unsigned seen = 0;
	int over = 0;

	for (int i = 0; i < n; i++) {
		const double row[4] = { 1, c[i].x, c[i].y, c[i].level };
		th += c[i].thick;
		th2 += c[i].thick * c[i].thick;
		z += c[i].level;
		z2 += c[i].level * c[i].level;
		over += c[i].bridged != 0;
		seen |= c[i].bridged ? 1u << c[i].bridged : 0;
		for (int a = 0; a < 3; a++)
			for (int b = 0; b < 4; b++)
				sum[a][b] += row[a] * row[b];
	}
	out->thick = th / n;
	out->thick_sd = sqrt(fmax(th2 / n - out->thick * out->thick, 0));
	out->level = p->floor_z + z / n;
	out->level_sd = sqrt(fmax(z2 / n - z / n * (z / n), 0));
	out->tilt_deg = linear_solve3(sum, fit) ? atan(hypot(fit[1], fit[2])) * 180 / 3.14159265358979 : NAN;
	out->bridges = __builtin_popcount(seen);
	out->bridge_share = (double)over / n;
	for (int i = 0; i < n; i++)
		sorted[i] = c[i].first;
	out->first = p->floor_z + share_of(sorted, n, 0.01);
	for (int i = 0; i < n; i++)
		sorted[i] = c[i].last;
	out->last = p->floor_z + share_of(sorted, n, 0.99);
	for (int i = 0; i < n; i++)
		sorted[i] = c[i].rim;
	/* columns and flank are counted from the layer's middle, and fade towards their end */
	double beyond = share_of(sorted, n, 0.9);
	for (int i = 0; i < n; i++)
		sorted[i] = c[i].level;
	double middle = share_of(sorted, n, 0.5);
	out->primary =
		p->floor_z + fmax(beyond, middle + 0.8 * (double)fmaxf(p->columns_reach,
								       p->flank_bv > 0 ? p->flank_reach : 0));
}

int phantom_plate(const struct phantom_params *p, struct phantom_plate *out, struct gppi_error *err)
{
	struct shape *s = malloc(sizeof *s);
	const int reach = 140, side = 2 * reach / LEAST + 1;
	struct column *c = malloc((size_t)(side * side) * sizeof *c);
	float *sorted = malloc((size_t)(side * side) * sizeof *sorted);
	int n = 0, rc = 0;

	*out = (struct phantom_plate){ .thick = NAN };
	if (s && c && sorted) {
		shape_init(s, p);
		out->plane = s->truth;
		for (int j = -reach; j <= reach; j += LEAST)
			for (int i = -reach; i <= reach; i += LEAST)
				n += column_at(s, (float)i, (float)j, &c[n]);
		if (n)
			sum_up(p, c, n, sorted, out);
	} else {
		rc = err_set(err, GPPI_E_NOMEM, "phantom: not enough memory for its plate");
	}
	free(s);
	free(c);
	free(sorted);
	return rc;
}
