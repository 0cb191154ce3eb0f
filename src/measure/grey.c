#include "measure/grey.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"

/* ---- reading ---- */

struct reading {
	struct scan *scan;
	struct grey *out;
	int16_t *scratch; /* a slice of every worker */
	size_t slice;
	bool falls;       /* values fall where raw ones rise */
};

/* Greater is denser from here on: ~v falls where v rises, and no raw value is lost. */
static void turn_over(int16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (int16_t)~v[i];
}

static int read_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct reading *r = arg;
	const struct grey *g = r->out;
	const int nx = scan_info(r->scan)->nx, y0 = g->first[1], ny = g->grid.n[1];
	const int16_t *v;
	int rc = scan_rows(r->scan, g->first[2] + z, y0, ny, r->scratch + r->slice * (size_t)worker, &v, err);

	for (int y = 0; y < ny && rc >= 0; y++)
		memcpy(g->v + grid_at(&g->grid, 0, y, z), v + (size_t)y * (size_t)nx + g->first[0],
		       (size_t)g->grid.n[0] * sizeof *g->v);
	if (r->falls && rc >= 0)
		turn_over(g->v + grid_at(&g->grid, 0, 0, z), (size_t)g->grid.n[0] * (size_t)ny);
	return rc;
}

int grey_read(struct scan *scan, const int first[3], const int n[3], int threads, struct grey *out,
	      struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct reading r = { .scan = scan, .out = out, .slice = (size_t)info->nx * (size_t)info->ny,
			     .falls = info->slope < 0 };
	size_t bytes;
	int rc;

	*out = (struct grey){ .slope = fabs(info->slope),
			      .intercept = r.falls ? info->intercept - info->slope : info->intercept };
	for (int i = 0; i < 3; i++) {
		out->first[i] = first[i];
		out->grid.n[i] = n[i];
		out->grid.mm[i] = info->spacing_um[i] / 1000;
	}
	threads = scan_threads(scan, threads);
	out->v = grid_alloc(&out->grid, sizeof *out->v, err);
	if (!out->v)
		return GPPI_E_NOMEM;
	if (size_mul(r.slice, (size_t)threads, &bytes))
		r.scratch = size_realloc(NULL, bytes, sizeof *r.scratch);
	rc = r.scratch ? parallel_for(threads, n[2], read_slice, &r, err)
		       : err_set(err, GPPI_E_NOMEM, "%s: out of memory for slices", info->path);
	free(r.scratch);
	if (rc < 0)
		grey_free(out);
	return rc;
}

void grey_free(struct grey *g)
{
	free(g->v);
	g->v = NULL;
}

int grey_cut(struct grey *g, const int lo[3], const int hi[3], struct gppi_error *err)
{
	struct grey part = *g;

	for (int i = 0; i < 3; i++) {
		part.first[i] += lo[i];
		part.grid.n[i] = hi[i] - lo[i] + 1;
	}
	part.v = grid_alloc(&part.grid, sizeof *part.v, err);
	if (!part.v)
		return GPPI_E_NOMEM;
	for (int z = 0; z < part.grid.n[2]; z++)
		for (int y = 0; y < part.grid.n[1]; y++)
			memcpy(part.v + grid_at(&part.grid, 0, y, z),
			       g->v + grid_at(&g->grid, lo[0], lo[1] + y, lo[2] + z),
			       (size_t)part.grid.n[0] * sizeof *part.v);
	grey_free(g);
	*g = part;
	return 0;
}

int grey_copy(const struct grey *g, struct grey *out, struct gppi_error *err)
{
	*out = *g;
	out->v = grid_alloc(&g->grid, sizeof *out->v, err);
	if (!out->v)
		return GPPI_E_NOMEM;
	memcpy(out->v, g->v, grid_voxels(&g->grid) * sizeof *out->v);
	return 0;
}

double grey_raw(const struct grey *g, double value)
{
	return (value - g->intercept) / g->slope;
}

int grey_least(const struct grey *g, double value)
{
	return (int)fmin(fmax(ceil(grey_raw(g, value)), INT16_MIN), INT16_MAX + 1);
}

/* ---- smoothing ---- */

#define TAPS_MAX (2 * 6 + 1) /* 2 GREY_SIGMA_MAX to each side */

struct smoothing {
	const struct grey *g;
	int16_t *out;
	int side;
	float tap[TAPS_MAX / 2 + 1]; /* middle first */
	float *row;                  /* of every worker: two slices, a row with its ends, and one without */
	size_t room;
};

static int clamp(int v, int n)
{
	return v < 0 ? 0 : v < n ? v : n - 1;
}

/* Along z into `to`, from raw values. */
static void along_z(const struct smoothing *s, int z, float *to)
{
	const struct grid *g = &s->g->grid;
	const size_t n = (size_t)g->n[0] * (size_t)g->n[1];

	for (int k = 0; k <= s->side; k++) {
		const int16_t *a = s->g->v + n * (size_t)clamp(z - k, g->n[2]),
			      *b = s->g->v + n * (size_t)clamp(z + k, g->n[2]);
		const float w = s->tap[k];
		for (size_t i = 0; i < n; i++)
			to[i] = k ? to[i] + w * ((float)a[i] + (float)b[i]) : w * (float)a[i];
	}
}

static void along_y(const struct smoothing *s, const float *from, float *to)
{
	const struct grid *g = &s->g->grid;
	const size_t nx = (size_t)g->n[0];

	for (int y = 0; y < g->n[1]; y++, to += nx)
		for (int k = 0; k <= s->side; k++) {
			const float *a = from + nx * (size_t)clamp(y - k, g->n[1]),
				    *b = from + nx * (size_t)clamp(y + k, g->n[1]);
			const float w = s->tap[k];
			for (size_t x = 0; x < nx; x++)
				to[x] = k ? to[x] + w * (a[x] + b[x]) : w * a[x];
		}
}

static int16_t rounded(float v)
{
	const float r = v + 0.5f < INT16_MIN ? INT16_MIN : v + 0.5f > INT16_MAX ? INT16_MAX : v + 0.5f;
	const int i = (int)r;

	return (int16_t)(i - ((float)i > r)); /* rounded down */
}

static int smooth_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct smoothing *s = arg;
	const struct grid *g = &s->g->grid;
	const int nx = g->n[0];
	float *a = s->row + s->room * (size_t)worker, *b = a + (size_t)nx * (size_t)g->n[1],
	      *row = b + (size_t)nx * (size_t)g->n[1], *sum = row + nx + TAPS_MAX;
	int16_t *out = s->out + grid_at(g, 0, 0, z);

	(void)err;
	along_z(s, z, a);
	along_y(s, a, b);
	for (int y = 0; y < g->n[1]; y++, b += nx, out += nx) {
		for (int x = -s->side; x < nx + s->side; x++)
			row[x + s->side] = b[clamp(x, nx)];
		const float *mid = row + s->side;
		for (int k = 0; k <= s->side; k++) {
			const float w = s->tap[k];
			for (int x = 0; x < nx; x++)
				sum[x] = k ? sum[x] + w * (mid[x - k] + mid[x + k]) : w * mid[x];
		}
		for (int x = 0; x < nx; x++)
			out[x] = rounded(sum[x]);
	}
	return 0;
}

int grey_smooth(struct grey *g, double sigma, int threads, struct gppi_error *err)
{
	struct smoothing s = { .g = g, .side = (int)ceil(2 * sigma) };
	size_t slice = (size_t)g->grid.n[0] * (size_t)g->grid.n[1], all;
	double sum = 0;
	int rc;

	if (sigma <= 0)
		return 0;
	for (int k = -s.side; k <= s.side; k++)
		sum += exp(-0.5 * k * k / (sigma * sigma));
	for (int k = 0; k <= s.side; k++)
		s.tap[k] = (float)(exp(-0.5 * k * k / (sigma * sigma)) / sum);
	s.room = 2 * (slice + (size_t)g->grid.n[0]) + TAPS_MAX;
	s.out = grid_alloc(&g->grid, sizeof *s.out, err);
	if (!s.out)
		return GPPI_E_NOMEM;
	if (size_mul(s.room, (size_t)threads, &all))
		s.row = size_realloc(NULL, all, sizeof *s.row);
	rc = s.row ? parallel_for(threads, g->grid.n[2], smooth_slice, &s, err)
		   : err_set(err, GPPI_E_NOMEM, "out of memory for smoothing");
	free(s.row);
	if (rc < 0) {
		free(s.out);
		return rc;
	}
	free(g->v);
	g->v = s.out;
	return 0;
}
