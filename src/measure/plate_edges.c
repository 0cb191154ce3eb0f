/* Where the layer begins and ends: where the share of bone rises most on either side, in a block whose columns are
 * moved so that the layer lies flat, and which is smoothed along it. */
#include "measure/plate_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/shape.h"

#define SIGMA 2.0        /* bins along the layer */
#define FILL_SIGMA 3.0   /* bins from which ends that are not seen are taken */
#define NEAR_MM 0.05     /* how far the darkest slice may lie from the middle found */
#define BONE_MM 0.2      /* from it to the bone on either side, at most */
#define BEFORE_MM 0.1    /* within the cortex so far from the middle towards the epiphysis, and */
#define BEHIND_MM 0.06   /* towards the shaft */
#define AROUND 3         /* bins to each side whose ends should be alike, */
#define ODD_MM 0.03      /* within this */
#define CONTRAST 0.07    /* share of bone by which that exceeds the layer, at least */

static void add_row(const float *v, float tap, int n, float *restrict out)
{
	for (int x = 0; x < n; x++)
		out[x] += tap * v[x];
}

int plate_smooth(int nx, int ny, const uint8_t *known, float *map, double sigma, struct gppi_error *err)
{
	const int reach = (int)ceil(3 * sigma), across = reach < nx ? reach : nx - 1;
	const size_t n = (size_t)nx * (size_t)ny;
	float *value = calloc(2 * n + 1, sizeof *value), *weight = calloc(2 * n + 1, sizeof *weight); /* and along x */
	float *tap = calloc((size_t)reach + 1, sizeof *tap);

	if (!value || !weight || !tap) {
		free(value);
		free(weight);
		free(tap);
		return err_set(err, GPPI_E_NOMEM, "out of memory for a map");
	}
	for (int k = 0; k <= reach; k++)
		tap[k] = (float)exp(-0.5 * k * k / (sigma * sigma));
	for (size_t i = 0; i < n; i++) {
		weight[i] = !known || known[i] ? 1 : 1e-6f;
		value[i] = isnan(map[i]) ? 0 : map[i] * weight[i];
		weight[i] = isnan(map[i]) ? 0 : weight[i];
	}
	const ptrdiff_t row = nx;
	for (int y = 0; y < ny; y++)
		for (int k = -across; k <= across; k++) {
			const ptrdiff_t from = y * row + (k < 0 ? -k : 0);
			const int count = nx - abs(k);
			add_row(value + from + k, tap[abs(k)], count, value + n + from);
			add_row(weight + from + k, tap[abs(k)], count, weight + n + from);
		}
	memset(value, 0, n * sizeof *value);
	memset(weight, 0, n * sizeof *weight);
	for (int y = 0; y < ny; y++)
		for (int k = y < reach ? -y : -reach; k <= reach && y + k < ny; k++) {
			add_row(value + n + (y + k) * row, tap[abs(k)], nx, value + y * row);
			add_row(weight + n + (y + k) * row, tap[abs(k)], nx, weight + y * row);
		}
	for (size_t i = 0; i < n; i++)
		map[i] = weight[i] > 0 ? value[i] / weight[i] : NAN;
	free(value);
	free(weight);
	free(tap);
	return 0;
}

/* The darkest of the slices that may be the middle of a layer. */
static int darkest(const float *v, size_t stride, int middle, int near)
{
	int m = middle;

	for (int i = middle - near; i <= middle + near; i++)
		m = v[(size_t)i * stride] < v[(size_t)m * stride] ? i : m;
	return m;
}

/* A column of the flat block. */
struct line {
	const float *v;
	size_t stride;
	int n;
};

static double share_at(const struct line *l, int i)
{
	return (double)l->v[(size_t)i * l->stride];
}

/* By how much slice i is brighter than the one before it, going towards `side`; 0 beyond the block. */
static double rise(const struct line *l, int i, int side)
{
	return i < 0 || i >= l->n || i - side < 0 || i - side >= l->n ? 0 : share_at(l, i) - share_at(l, i - side);
}

/* From the darkest slice m towards one side: where the share of bone rises most on its way to the brightest within
 * reach. Blur moves this place less than one of a given level, however thin the layer and the bone beside it are.
 * NaN: there is no such bone, or bone fills the layer, as bridges do. */
static double edge(const struct line *l, int m, int side, int reach)
{
	const double dark = share_at(l, m);
	double bright = dark;
	int best = m + side, end = m;

	for (int i = m; i >= 0 && i < l->n && abs(i - m) <= reach; i += side)
		if (share_at(l, i) > bright) {
			bright = share_at(l, i);
			end = i;
		}
	if (!(bright - dark >= CONTRAST))
		return NAN;
	for (int i = best; i != end + side; i += side)
		best = rise(l, i, side) > rise(l, best, side) ? i : best;
	const double before = rise(l, best - side, side), at = rise(l, best, side), behind = rise(l, best + side, side);
	const double bend = before - 2 * at + behind; /* a parabola through the three */
	return best + side * ((bend < 0 ? (before - behind) / 2 / bend : 0) - 0.5);
}

/* Is the column within the cortex around the layer, and some way to both sides of it? */
static bool within(const struct knee *k, size_t column, float middle, int before, int behind)
{
	const size_t columns = (size_t)k->grid.n[0] * (size_t)k->grid.n[1];
	const int z = (int)lrintf(middle);

	return z - before >= 0 && z + behind < k->grid.n[2] && k->inside[columns * (size_t)(z - before) + column] &&
	       k->inside[columns * (size_t)z + column] && k->inside[columns * (size_t)(z + behind) + column];
}

/* Does an end lie within `far` of the median of those seen around it? It does unless so many lie farther off on one
 * side that the median is among them. */
static bool is_usual(const struct plate *p, const float *end, const uint8_t *seen, int x, int y, float far)
{
	const float here = end[y * p->nx + x];
	const int x0 = x > AROUND ? x - AROUND : 0, x1 = x + AROUND < p->nx ? x + AROUND : p->nx - 1;
	const int y0 = y > AROUND ? y - AROUND : 0, y1 = y + AROUND < p->ny ? y + AROUND : p->ny - 1;
	int n = 0, above = 0, below = 0;

	for (int b = y0; b <= y1; b++)
		for (int i = b * p->nx + x0; i <= b * p->nx + x1; i++) {
			const float off = end[i] - here;
			n += seen[i] != 0;
			above += seen[i] && off > far;
			below += seen[i] && off < -far;
		}
	return n >= AROUND * AROUND && above < n - n / 2 && below <= n / 2;
}

/* Ends that lie apart from most of those around are not seen. */
static int drop_odd(const struct plate *p, float far, uint8_t *seen, struct gppi_error *err)
{
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	uint8_t *keep = malloc(columns > 0 ? columns : 1);

	if (!keep)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	for (int y = 0; y < p->ny; y++)
		for (int x = 0; x < p->nx; x++)
			keep[y * p->nx + x] = seen[y * p->nx + x] && is_usual(p, p->upper, seen, x, y, far) &&
					      is_usual(p, p->lower, seen, x, y, far);
	memcpy(seen, keep, columns);
	free(keep);
	return 0;
}

/* Of the map its largest piece: others are of bones beside. */
static int keep_largest(struct plate *p, struct gppi_error *err)
{
	const struct grid g = { .n = { p->nx, p->ny, 1 }, .mm = { 1, 1, 1 } };
	const size_t columns = grid_voxels(&g);
	uint8_t *mask = grid_alloc(&g, 1, err);
	double kept;

	if (!mask)
		return GPPI_E_NOMEM;
	for (size_t c = 0; c < columns; c++)
		mask[c] = !isnan(p->upper[c]);
	int rc = shape_largest(&g, mask, JOINED_BY_FACES, &kept, err);
	for (size_t c = 0; c < columns && rc >= 0; c++)
		if (!mask[c]) {
			p->upper[c] = p->lower[c] = NAN;
			p->known[c] = 0;
		}
	free(mask);
	return rc;
}

static int fill_in(struct plate *p, const uint8_t *seen, float *map, struct gppi_error *err)
{
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	float *filled = calloc(columns > 0 ? columns : 1, sizeof *filled);

	if (!filled)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	memcpy(filled, map, columns * sizeof *filled);
	int rc = plate_smooth(p->nx, p->ny, seen, filled, FILL_SIGMA, err);
	for (size_t c = 0; c < columns && rc >= 0; c++)
		map[c] = seen[c] || isnan(map[c]) ? map[c] : filled[c];
	free(filled);
	return rc;
}

/* Both ends in every column of the map; in[]: that map. */
static void find_ends(const struct knee *k, const float *middle, const float *flat, int side, const uint8_t *in,
		      struct plate *out)
{
	const int near = knee_slices(k, NEAR_MM), reach = knee_slices(k, BONE_MM);
	const size_t columns = (size_t)out->nx * (size_t)out->ny;

	for (size_t c = 0; c < columns; c++) {
		const struct line line = { flat + c, columns, 2 * side + 1 };
		const int m = darkest(flat + c, columns, side, near);
		const double upper = edge(&line, m, -1, reach), lower = edge(&line, m, 1, reach);
		out->known[c] = in[c] && isfinite(upper) && isfinite(lower);
		out->upper[c] = out->known[c] ? middle[c] + (float)(upper - side) : in[c] ? 0 : NAN;
		out->lower[c] = out->known[c] ? middle[c] + (float)(lower - side) : in[c] ? 0 : NAN;
	}
}

int plate_edges(const struct plate_of *of, const float *middle, struct plate *out, struct gppi_error *err)
{
	const struct knee *k = of->knee;
	const int near = knee_slices(k, NEAR_MM), side = near + knee_slices(k, BONE_MM) + 1;
	const size_t columns = (size_t)out->nx * (size_t)out->ny;
	const struct grid block = { .n = { out->nx, out->ny, 2 * side + 1 }, .mm = { 1, 1, 1 } };
	float *flat = grid_alloc(&block, sizeof *flat, err);
	uint8_t *in = calloc(columns > 0 ? columns : 1, 1);
	int rc = flat && in ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");

	if (rc >= 0)
		rc = plate_moved(of, middle, side, SIGMA, flat, err);
	for (size_t c = 0; c < columns && rc >= 0; c++)
		in[c] = within(k, c, middle[c], knee_slices(k, BEFORE_MM), knee_slices(k, BEHIND_MM));
	if (rc >= 0)
		find_ends(k, middle, flat, side, in, out);
	free(flat);
	free(in);
	if (rc >= 0)
		rc = keep_largest(out, err);
	if (rc >= 0)
		rc = drop_odd(out, (float)(ODD_MM / k->grid.mm[2]), out->known, err);
	if (rc >= 0)
		rc = fill_in(out, out->known, out->upper, err);
	return rc < 0 ? rc : fill_in(out, out->known, out->lower, err);
}
