/* Where the layer begins and ends: at half the contrast between it and the bone on either side, in a block whose
 * columns are moved so that the layer lies flat, and which is smoothed along it. */
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

/* One slice of the flat block: share of bone `off` slices from the middle; NaN outside of the block. */
static void flat_slice(const struct knee *k, const float *middle, int off, float *out)
{
	const struct grid *g = &k->grid;

	for (int y = 0; y < g->n[1]; y++)
		for (int x = 0; x < g->n[0]; x++) {
			float at = middle[y * g->n[0] + x] + (float)off;
			int z = (int)floorf(at);
			float f = at - (float)z;
			bool known = z >= 0 && z + 1 < g->n[2];
			*out++ = known ? ((1 - f) * k->share[grid_at(g, x, y, z)] + f * k->share[grid_at(g, x, y, z + 1)]) / KNEE_ALL : NAN;
		}
}

/* The darkest of the slices that may be the middle of a layer. */
static int darkest(const float *v, size_t stride, int middle, int near)
{
	int m = middle;

	for (int i = middle - near; i <= middle + near; i++)
		m = v[(size_t)i * stride] < v[(size_t)m * stride] ? i : m;
	return m;
}

/* From the darkest slice m towards one side: where half the way up from the layer's level, `usual` at most, to the
 * brightest within reach is passed; NaN: there is no such bone, or bone fills the layer by half, as bridges do. */
static double edge(const float *v, int n, size_t stride, int m, int side, int reach, double usual)
{
	const double dark = (double)v[(size_t)m * stride];
	double bright = dark;

	for (int i = m; i >= 0 && i < n && abs(i - m) <= reach; i += side)
		bright = fmax(bright, (double)v[(size_t)i * stride]);
	if (!(bright - dark >= CONTRAST))
		return NAN;
	const double half = (bright + fmin(dark, usual)) / 2;
	for (int i = m + side; i >= 0 && i < n; i += side) {
		double a = (double)v[(size_t)(i - side) * stride], b = (double)v[(size_t)i * stride];
		if (a < half && b >= half)
			return i - side + side * (half - a) / (b - a);
	}
	return NAN;
}

/* Is the column within the cortex around the layer, and some way to both sides of it? */
static bool within(const struct knee *k, size_t column, float middle, int before, int behind)
{
	const size_t columns = (size_t)k->grid.n[0] * (size_t)k->grid.n[1];
	const int z = (int)lrintf(middle);

	return z - before >= 0 && z + behind < k->grid.n[2] && k->inside[columns * (size_t)(z - before) + column] &&
	       k->inside[columns * (size_t)z + column] && k->inside[columns * (size_t)(z + behind) + column];
}

static int by_size(const void *a, const void *b)
{
	float d = *(const float *)a - *(const float *)b;
	return (d > 0) - (d < 0);
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

/* The flat block: `side` slices before and behind the middle, smoothed along the layer. */
static int make_flat(const struct knee *k, const float *middle, int side, float *flat, struct gppi_error *err)
{
	const size_t columns = (size_t)k->grid.n[0] * (size_t)k->grid.n[1];
	int rc = 0;

	for (int i = 0; i <= 2 * side && rc >= 0; i++) {
		flat_slice(k, middle, i - side, flat + columns * (size_t)i);
		rc = plate_smooth(k->grid.n[0], k->grid.n[1], NULL, flat + columns * (size_t)i, SIGMA, err);
	}
	return rc;
}

/* Share of bone of the layer: median of the columns that are in the map. Where it is thin, or not quite flat, blur
 * fills it, and half of what contrast is left would lie too far out. */
static int usual_dark(const struct plate *p, const uint8_t *in, const float *flat, int side, int near, double *out,
		      struct gppi_error *err)
{
	const size_t columns = (size_t)p->nx * (size_t)p->ny;
	float *v = size_realloc(NULL, columns, sizeof *v);
	size_t n = 0;

	if (!v)
		return err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");
	for (size_t c = 0; c < columns; c++)
		if (in[c])
			v[n++] = flat[columns * (size_t)darkest(flat + c, columns, side, near) + c];
	qsort(v, n, sizeof *v, by_size);
	*out = n ? (double)v[n / 2] : 1;
	free(v);
	return 0;
}

/* Both ends in every column of the map; in[]: that map. */
static void find_ends(const struct knee *k, const float *middle, const float *flat, int side, double usual,
		      const uint8_t *in, struct plate *out)
{
	const int near = knee_slices(k, NEAR_MM), reach = knee_slices(k, BONE_MM), n = 2 * side + 1;
	const size_t columns = (size_t)out->nx * (size_t)out->ny;

	for (size_t c = 0; c < columns; c++) {
		const float *v = flat + c;
		const int m = darkest(v, columns, side, near);
		double upper = edge(v, n, columns, m, -1, reach, usual), lower = edge(v, n, columns, m, 1, reach, usual);
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
	double usual = 1;
	int rc = flat && in ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");

	if (rc >= 0)
		rc = make_flat(k, middle, side, flat, err);
	for (size_t c = 0; c < columns && rc >= 0; c++)
		in[c] = within(k, c, middle[c], knee_slices(k, BEFORE_MM), knee_slices(k, BEHIND_MM));
	if (rc >= 0)
		rc = usual_dark(out, in, flat, side, near, &usual, err);
	if (rc >= 0)
		find_ends(k, middle, flat, side, usual, in, out);
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
