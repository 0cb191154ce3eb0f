#include "measure/distance.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/kernels.h"

#define LINE 32      /* values of a line of the cache */
#define TOGETHER 128 /* columns along z that are copied together */
#define PIECE 4096   /* voxels of a slice whose columns are swept together */
#define RAMP 255     /* squares that 16 bits hold */

struct job {
	const struct grid *g;
	const uint8_t *mask;
	bool to_set;
	int reach;
	uint16_t *out;       /* squared distances, */
	uint8_t *balls;      /* or what balls reach: */
	uint8_t *chord;      /* by squared distance within the slice: slices to each side that a ball reaches, plus 1 */
	int limit;           /* their squared radius */
	uint16_t up[RAMP], down[RAMP];
	uint16_t *room;      /* of every worker: `from`, values before an axis, and `to`, those behind it */
	size_t from, to;     /* their sizes */
	size_t stride;       /* from row to row of a slice */
	const struct measure_kernels *kernel;
};

static uint16_t *room_of(const struct job *job, int worker)
{
	return job->room + (job->from + job->to) * (size_t)worker;
}

/* ---- along x ---- */

/* Where the next voxel lies that is 0 (zero), or is not, from x on; n: there is none. Eight are passed at a time. */
static int next(const uint8_t *v, int x, int n, bool zero)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	uint64_t w;

	for (; x + 8 <= n; x += 8) {
		memcpy(&w, v + x, sizeof w);
		w = zero ? (w - ones) & ~w & tops : w;
		if (w && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
			return x + __builtin_ctzll(w) / 8;
		if (w)
			break;
	}
	while (x < n && !v[x] != zero)
		x++;
	return x;
}

/* Voxels first .. end - 1 of a row of n, between two that distances are taken to, or one and an end of the row. */
static void fill_run(const struct job *job, uint16_t *out, int first, int end, int n)
{
	const int all = end - first, half = first == 0 ? 0 : end == n ? all : (all + 1) / 2;
	const int rest = end == n ? 0 : all - half;
	const int a = half < RAMP ? half : RAMP, b = rest < RAMP ? rest : RAMP;

	memcpy(out + first, job->up, (size_t)a * sizeof *out);
	for (int x = first + a; x < end - b; x++)
		out[x] = DISTANCE_FAR;
	memcpy(out + end - b, job->down + RAMP - b, (size_t)b * sizeof *out);
}

/* False where all is far. */
static bool along_x(const struct job *job, const uint8_t *mask, int n, uint16_t *out)
{
	bool any = false;

	for (int x = 0; x < n;) {
		const int first = next(mask, x, n, !job->to_set), end = next(mask, first, n, job->to_set);
		if (first > x)
			fill_run(job, out, x, first, n);
		memset(out + first, 0, (size_t)(end - first) * sizeof *out);
		any = any || end > first;
		x = end;
	}
	return any;
}

/* ---- along y and z ---- */

/* n rows of `width` columns: lowered by the distance along them as well. spare: room for n rows of the kernel's
 * lanes. */
static void along(const struct job *job, const uint16_t *from, size_t stride, int n, int width, uint16_t *out,
		  size_t out_stride, uint16_t *spare)
{
	const int lanes = job->kernel->lanes;

	if (width < lanes) { /* made in full, and copied */
		job->kernel->lower(from, stride, n, job->reach, spare, (size_t)lanes);
		for (int i = 0; i < n; i++)
			memcpy(out + (size_t)i * out_stride, spare + (size_t)i * (size_t)lanes,
			       (size_t)width * sizeof *out);
		return;
	}
	for (int x = 0; x < width; x += lanes) {
		/* The last block has columns that were done before. */
		const int at = width - x < lanes ? width - lanes : x;
		job->kernel->lower(from + at, stride, n, job->reach, out + at, out_stride);
	}
}

/* The slices that balls around each voxel of slice z reach to each side, and one; 0: there is no ball. */
static void chords(const struct job *job, int z, const uint16_t *r2)
{
	const int nx = job->g->n[0];
	uint8_t *out = job->balls + grid_at(job->g, 0, 0, z);

	for (int y = 0; y < job->g->n[1]; y++, r2 += job->stride, out += nx)
		job->kernel->look_up(r2, nx, job->limit, job->chord, out);
}

static int do_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const int nx = job->g->n[0], ny = job->g->n[1];
	const size_t at = grid_at(job->g, 0, 0, z), n = (size_t)nx * (size_t)ny;
	uint16_t *from = room_of(job, worker), *to = from + job->from;
	bool any = false;

	(void)err;
	for (int y = 0; y < ny; y++)
		any |= along_x(job, job->mask + at + (size_t)y * (size_t)nx, nx, from + (size_t)y * job->stride);
	if (job->balls && !any) {
		memset(job->balls + at, 0, n);
	} else if (job->balls) {
		along(job, from, job->stride, ny, (int)job->stride, to, job->stride, NULL);
		chords(job, z, to);
	} else if (any) {
		along(job, from, job->stride, ny, nx, job->out + at, (size_t)nx, to);
	} else {
		memset(job->out + at, 0xff, n * sizeof *job->out);
	}
	return 0;
}

static int do_columns(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = job->g;
	const size_t slice = (size_t)g->n[0] * (size_t)g->n[1];
	const int blocks = (g->n[0] + TOGETHER - 1) / TOGETHER, x = item % blocks * TOGETHER, y = item / blocks;
	const int width = g->n[0] - x < TOGETHER ? g->n[0] - x : TOGETHER;
	uint16_t *from = room_of(job, worker), *out = job->out + grid_at(g, x, y, 0);

	(void)err;
	for (int z = 0; z < g->n[2]; z++)
		memcpy(from + (size_t)z * (TOGETHER + LINE), out + slice * (size_t)z, (size_t)width * sizeof *out);
	along(job, from, TOGETHER + LINE, g->n[2], width, out, slice, from + job->from);
	return 0;
}

static int make_room(struct job *job, int threads, struct gppi_error *err)
{
	const size_t nx = (size_t)job->g->n[0], ny = (size_t)job->g->n[1], nz = (size_t)job->g->n[2];

	job->kernel = measure_kernels();
	const size_t columns = nz * (TOGETHER + LINE), spare = (ny > nz ? ny : nz) * (size_t)job->kernel->lanes;

	/* Rows whose beginnings do not all fall into the same places of the cache: an odd number of its lines. */
	job->stride = ((nx + LINE - 1) / LINE | 1) * LINE;
	job->from = ny * job->stride > columns ? ny * job->stride : columns;
	job->to = job->balls ? ny * job->stride : spare;
	for (int i = 0; i < RAMP; i++)
		job->up[i] = job->down[RAMP - 1 - i] = (uint16_t)((i + 1) * (i + 1));
	job->room = calloc((size_t)threads * (job->from + job->to), sizeof *job->room);
	return job->room ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for distances");
}

int distance_squared(const struct grid *g, const uint8_t *mask, bool to_set, int reach, int threads, uint16_t *out,
		     struct gppi_error *err)
{
	struct job job = { .g = g, .mask = mask, .to_set = to_set, .reach = reach, .out = out };
	int rc = make_room(&job, threads, err);

	if (rc >= 0)
		rc = parallel_for(threads, g->n[2], do_slice, &job, err);
	if (rc >= 0)
		rc = parallel_for(threads, g->n[1] * ((g->n[0] + TOGETHER - 1) / TOGETHER), do_columns, &job, err);
	free(job.room);
	return rc;
}

/* ---- balls ---- */

/* What a ball reaches one slice on. */
static void reach_on(const uint8_t *from, uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t left = (uint8_t)((from[i] > 1 ? from[i] : 1) - 1);
		to[i] = to[i] > left ? to[i] : left;
	}
}

/* A piece of all slices: what the balls of slices above and below reach. */
static int sweep(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const size_t slice = (size_t)job->g->n[0] * (size_t)job->g->n[1], at = (size_t)item * PIECE;
	const size_t n = slice - at < PIECE ? slice - at : PIECE;
	const bool to_set = job->to_set;
	uint8_t *v = job->balls + at, *end = v + slice * (size_t)(job->g->n[2] - 1);

	(void)worker;
	(void)err;
	for (uint8_t *p = v; p < end; p += slice)
		reach_on(p, p + slice, n);
	for (uint8_t *p = end; p >= v; p -= slice) {
		if (p > v)
			reach_on(p, p - slice, n);
		for (size_t i = 0; i < n; i++)
			p[i] = (p[i] != 0) == to_set;
		if (p == v)
			break;
	}
	return 0;
}

int distance_balls(const struct grid *g, const uint8_t *mask, bool to_set, int limit, int threads, uint8_t *out,
		   struct gppi_error *err)
{
	struct job job = { .g = g, .mask = mask, .to_set = to_set, .reach = (int)sqrt(limit), .balls = out,
			   .limit = limit + 1 };
	const size_t slice = (size_t)g->n[0] * (size_t)g->n[1];
	int rc = make_room(&job, threads, err);

	job.chord = calloc((size_t)limit + 2, 1);
	if (!job.chord)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for distances");
	for (int f = 0; f <= limit && rc >= 0; f++)
		job.chord[f] = (uint8_t)((int)sqrt(limit - f) + 1);
	if (rc >= 0)
		rc = parallel_for(threads, g->n[2], do_slice, &job, err);
	if (rc >= 0)
		rc = parallel_for(threads, (int)((slice + PIECE - 1) / PIECE), sweep, &job, err);
	free(job.chord);
	free(job.room);
	return rc;
}
