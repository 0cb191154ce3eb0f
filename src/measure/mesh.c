#include "measure/mesh.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"

#define SIGMA 1.0
#define FULL 16384       /* a voxel of the mask */
#define LEVEL (FULL / 2.0) /* of the surface */

struct job {
	const struct grey *g;
	const uint8_t *where;
	int first;
	struct surface (*half)[2]; /* by layer of cubes: what it adds to the slice below and above */
};

struct corner {
	double at[3], normal[3], v; /* mm; not of length 1; above the level: within */
};

int mesh_smooth(const struct grid *g, const uint8_t *mask, int threads, struct grey *out, struct gppi_error *err)
{
	*out = (struct grey){ .grid = *g, .slope = 1 };
	out->v = grid_alloc(g, sizeof *out->v, err);
	if (!out->v)
		return GPPI_E_NOMEM;
	for (size_t i = 0, n = grid_voxels(g); i < n; i++)
		out->v[i] = mask[i] ? FULL : 0;
	return grey_smooth(out, SIGMA, threads, err);
}

static int clamp(int v, int n)
{
	return v < 0 ? 0 : v < n ? v : n - 1;
}

static double value(const struct grey *g, const int at[3])
{
	const int *n = g->grid.n;

	return g->v[grid_at(&g->grid, clamp(at[0], n[0]), clamp(at[1], n[1]), clamp(at[2], n[2]))];
}

static struct corner corner_at(const struct grey *g, const int at[3])
{
	struct corner c = { .v = value(g, at) - LEVEL };

	for (int i = 0; i < 3; i++) {
		int before[3] = { at[0], at[1], at[2] }, behind[3] = { at[0], at[1], at[2] };
		before[i]--;
		behind[i]++;
		c.at[i] = at[i] * g->grid.mm[i];
		c.normal[i] = (value(g, before) - value(g, behind)) / g->grid.mm[i]; /* outwards: values fall */
	}
	return c;
}

static void cross(const double a[3], const double b[3], double out[3])
{
	out[0] = a[1] * b[2] - a[2] * b[1];
	out[1] = a[2] * b[0] - a[0] * b[2];
	out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Where the surface meets the edge from a corner within to one that is not. */
static struct corner between(const struct corner *in, const struct corner *out)
{
	const double t = in->v / (in->v - out->v);
	struct corner c = { .v = 0 };
	double length;

	for (int i = 0; i < 3; i++) {
		c.at[i] = in->at[i] + t * (out->at[i] - in->at[i]);
		c.normal[i] = in->normal[i] + t * (out->normal[i] - in->normal[i]);
	}
	length = sqrt(dot(c.normal, c.normal));
	for (int i = 0; i < 3 && length > 0; i++)
		c.normal[i] /= length;
	return c;
}

/* Area, and its derivative where the corners move along their normals. */
static void add_triangle(const struct corner *a, const struct corner *b, const struct corner *c, struct surface *sum)
{
	double e[3], f[3], de[3], df[3], n[3], p[3], q[3];

	for (int i = 0; i < 3; i++) {
		e[i] = b->at[i] - a->at[i];
		f[i] = c->at[i] - a->at[i];
		de[i] = b->normal[i] - a->normal[i];
		df[i] = c->normal[i] - a->normal[i];
	}
	cross(e, f, n);
	cross(de, f, p);
	cross(e, df, q);
	const double twice = sqrt(dot(n, n));
	if (!(twice > 0))
		return;
	sum->area += twice / 2;
	sum->growth += (dot(n, p) + dot(n, q)) / (2 * twice);
}

static double volume(const struct corner *a, const struct corner *b, const struct corner *c, const struct corner *d)
{
	double e[3], f[3], g[3], n[3];

	for (int i = 0; i < 3; i++) {
		e[i] = b->at[i] - a->at[i];
		f[i] = c->at[i] - a->at[i];
		g[i] = d->at[i] - a->at[i];
	}
	cross(e, f, n);
	return fabs(dot(n, g)) / 6;
}

/* in: the corners within come first. */
static void add_tetrahedron(const struct corner *const c[4], int within, struct surface *sum)
{
	if (within == 4) {
		sum->volume += volume(c[0], c[1], c[2], c[3]);
	} else if (within == 2) {
		const struct corner p = between(c[0], c[2]), q = between(c[0], c[3]), r = between(c[1], c[2]),
				    s = between(c[1], c[3]);
		add_triangle(&p, &q, &s, sum);
		add_triangle(&p, &s, &r, sum);
		sum->volume += volume(c[0], &p, &q, &s) + volume(c[0], &p, &r, &s) + volume(c[0], c[1], &r, &s);
	} else if (within) { /* one corner apart from the others */
		const struct corner *lone = within == 1 ? c[0] : c[3], *const *other = within == 1 ? c + 1 : c;
		struct corner cut[3];
		for (int i = 0; i < 3; i++)
			cut[i] = within == 1 ? between(lone, other[i]) : between(other[i], lone);
		const double part = volume(lone, &cut[0], &cut[1], &cut[2]);
		add_triangle(&cut[0], &cut[1], &cut[2], sum);
		sum->volume += within == 1 ? part : volume(c[0], c[1], c[2], c[3]) - part;
	}
}

/* Six tetrahedra about a diagonal: one for each order in which x, y and z are stepped along. The mean of all four
 * diagonals, so that turned and mirrored copies have the same surface. */
static struct surface cube(const struct corner corner[8])
{
	static const int order[6][2] = { { 1, 3 }, { 1, 5 }, { 2, 3 }, { 2, 6 }, { 4, 5 }, { 4, 6 } },
			 begin[4] = { 0, 1, 2, 4 };
	struct surface sum = { 0, 0, 0 };

	for (int i = 0; i < 24; i++) {
		const int d = begin[i / 6], *step = order[i % 6];
		const struct corner *all[4] = { &corner[d], &corner[d ^ step[0]], &corner[d ^ step[1]],
						&corner[d ^ 7] },
				    *sorted[4];
		int n = 0, within;
		for (int k = 0; k < 4; k++)
			if (all[k]->v >= 0)
				sorted[n++] = all[k];
		within = n;
		for (int k = 0; k < 4; k++)
			if (all[k]->v < 0)
				sorted[n++] = all[k];
		add_tetrahedron(sorted, within, &sum);
	}
	return (struct surface){ sum.area / 4, sum.growth / 4, sum.volume / 4 };
}

/* The cube whose last corner is (x, y, z). */
static void do_cube(const struct job *job, int x, int y, int z, struct surface half[2])
{
	const struct grid *g = &job->g->grid;
	int share[2] = { 0, 0 }, within = 0;
	struct corner corner[8];
	struct surface s;

	for (int k = 0; k < 8; k++) {
		const int at[3] = { x - 1 + (k & 1), y - 1 + (k >> 1 & 1), z - 1 + (k >> 2) };
		const bool there =
			at[0] >= 0 && at[1] >= 0 && at[2] >= 0 && at[0] < g->n[0] && at[1] < g->n[1] && at[2] < g->n[2];
		share[k >> 2] += there && (!job->where || job->where[grid_at(g, at[0], at[1], at[2])]);
		within += value(job->g, at) >= LEVEL;
	}
	if (!within || share[0] + share[1] == 0)
		return;
	if (within == 8) {
		s = (struct surface){ 0, 0, grid_mm3(g) };
	} else {
		for (int k = 0; k < 8; k++)
			corner[k] = corner_at(
				job->g, (const int[3]){ x - 1 + (k & 1), y - 1 + (k >> 1 & 1), z - 1 + (k >> 2) });
		s = cube(corner);
	}
	for (int i = 0; i < 2; i++) {
		half[i].area += share[i] / 8.0 * s.area;
		half[i].growth += share[i] / 8.0 * s.growth;
		half[i].volume += share[i] / 8.0 * s.volume;
	}
}

/* The cubes between slices k - 1 and k. */
static int do_layer(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct grid *g = &job->g->grid;

	(void)worker;
	(void)err;
	for (int y = 0; y <= g->n[1]; y++)
		for (int x = 0; x <= g->n[0]; x++)
			do_cube(job, x, y, job->first + item, job->half[item]);
	return 0;
}

int mesh_measure(const struct grey *smooth, const uint8_t *where, int first, int last, int threads, struct surface *out,
		 struct gppi_error *err)
{
	struct job job = { .g = smooth, .where = where, .first = first };
	const int layers = last - first + 2;

	job.half = calloc((size_t)layers, sizeof *job.half);
	int rc = job.half ? parallel_for(threads, layers, do_layer, &job, err)
			  : err_set(err, GPPI_E_NOMEM, "out of memory for a surface");
	for (int z = first; z <= last && rc >= 0; z++) {
		out[z] = job.half[z - first][1];
		mesh_add(&out[z], &job.half[z - first + 1][0]);
	}
	free(job.half);
	return rc;
}

void mesh_add(struct surface *sum, const struct surface *more)
{
	sum->area += more->area;
	sum->growth += more->growth;
	sum->volume += more->volume;
}

double mesh_smi(const struct surface *s)
{
	return s->area > 0 ? 6 * s->volume * s->growth / (s->area * s->area) : NAN;
}
