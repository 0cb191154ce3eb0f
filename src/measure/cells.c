#include "measure/cells.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "measure/linear.h"

/* ---- patterns ---- */

static bool set(int pattern, int x, int y, int z)
{
	return pattern >> (4 * x + 2 * z + y) & 1;
}

/* Eight times the corner's share: the corner itself, 6 edges that 2 corners share, 12 faces of 4, 8 voxels of 8. An
 * edge or face belongs to the body where one of its voxels does. */
static int euler_share(int p)
{
	int edges = 0, faces = 0;

	for (int a = 0; a < 2; a++) { /* edges along x, y, z: the four voxels on one side of the corner */
		edges += set(p, a, 0, 0) || set(p, a, 0, 1) || set(p, a, 1, 0) || set(p, a, 1, 1);
		edges += set(p, 0, a, 0) || set(p, 0, a, 1) || set(p, 1, a, 0) || set(p, 1, a, 1);
		edges += set(p, 0, 0, a) || set(p, 0, 1, a) || set(p, 1, 0, a) || set(p, 1, 1, a);
		for (int b = 0; b < 2; b++) { /* faces: two voxels side by side */
			faces += set(p, 0, a, b) || set(p, 1, a, b);
			faces += set(p, a, 0, b) || set(p, a, 1, b);
			faces += set(p, a, b, 0) || set(p, a, b, 1);
		}
	}
	return 8 * (p != 0) - 4 * edges + 2 * faces - __builtin_popcount((unsigned)p);
}

static const int direction[CELLS_DIRECTIONS][3] = {
	{ 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 },
	{ 1, 1, 0 }, { 1, -1, 0 }, { 1, 0, 1 }, { 1, 0, -1 }, { 0, 1, 1 }, { 0, 1, -1 },
	{ 1, 1, 1 }, { 1, 1, -1 }, { 1, -1, 1 }, { -1, 1, 1 },
};

/* Of the pairs of voxels along a direction: how many there are in a pattern, and how many are not alike. */
static int pairs(int p, const int d[3], int *unlike)
{
	int n = 0;

	*unlike = 0;
	for (int x = 0; x < 2; x++)
		for (int y = 0; y < 2; y++)
			for (int z = 0; z < 2; z++) {
				int a = x + d[0], b = y + d[1], c = z + d[2];
				if (a < 0 || a > 1 || b < 0 || b > 1 || c < 0 || c > 1)
					continue;
				n++;
				*unlike += set(p, x, y, z) != set(p, a, b, c);
			}
	return n;
}

/* ---- counting ---- */

/* Corners between two slices by pattern, and by how many of their voxels in the lower and in the upper slice are in the
 * part. */
typedef uint64_t layer_count[256][5][5];

struct weights { /* what a pattern counts, for every voxel of its corner */
	int euler, changes[CELLS_DIRECTIONS];
};

struct job {
	const struct grid *g;
	const uint8_t *mask, *where;
	bool closed;
	int first, last;
	struct weights weights[256];
	layer_count *layer; /* of every worker */
	uint8_t *row;       /* of every worker: patterns and voxels of the part, three rows of columns */
	struct cells (*half)[2]; /* by layer: what it adds to the slice below and above */
};

static int clamp(int v, int n)
{
	return v < 0 ? 0 : v < n ? v : n - 1;
}

/* Adds the voxels of one row to the columns of a row of corners, as bit `bit`. Column x + 1 stands for the voxels at
 * x. */
static void add_row(const struct job *job, int y, int z, int bit, uint8_t *pattern, uint8_t *in)
{
	const struct grid *g = job->g;
	const int n = g->n[0], outside = y < 0 || z < 0 || y >= g->n[1] || z >= g->n[2];
	const size_t at = grid_at(g, 0, clamp(y, g->n[1]), clamp(z, g->n[2]));
	const uint8_t *v = job->mask + at;

	if (!outside || !job->closed) {
		for (int x = 0; x < n; x++)
			pattern[x + 1] |= (uint8_t)((v[x] != 0) << bit);
		if (!job->closed) {
			pattern[0] |= (uint8_t)((v[0] != 0) << bit);
			pattern[n + 1] |= (uint8_t)((v[n - 1] != 0) << bit);
		}
	}
	for (int x = -1; x <= n && job->closed; x++)
		in[x + 1]++;
	for (int x = 0; x < n && !outside && !job->closed; x++)
		in[x + 1] = (uint8_t)(in[x + 1] + (!job->where || job->where[at + (size_t)x]));
}

static void reduce(const struct job *job, const layer_count count, struct cells half[2])
{
	for (int p = 0; p < 256; p++) {
		uint64_t n[2] = { 0, 0 };
		for (int lower = 0; lower < 5; lower++)
			for (int upper = 0; upper < 5; upper++) {
				n[0] += count[p][lower][upper] * (uint64_t)lower;
				n[1] += count[p][lower][upper] * (uint64_t)upper;
			}
		for (int side = 0; side < 2 && n[0] + n[1]; side++) {
			half[side].voxels += n[side];
			half[side].euler += (int64_t)n[side] * job->weights[p].euler;
			for (int d = 0; d < CELLS_DIRECTIONS; d++)
				half[side].changes[d] += n[side] * (uint64_t)job->weights[p].changes[d];
		}
	}
}

/* The corners between slices k - 1 and k. */
static int do_layer(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const int k = job->first + item;
	const size_t room = (size_t)job->g->n[0] + 2;
	uint8_t *pattern = job->row + 3 * room * (size_t)worker, *lower = pattern + room, *upper = lower + room;
	layer_count *count = job->layer + worker;

	(void)err;
	memset(count, 0, sizeof *count);
	for (int j = 0; j <= job->g->n[1]; j++) {
		memset(pattern, 0, 3 * room);
		for (int dz = 0; dz < 2; dz++)
			for (int dy = 0; dy < 2; dy++)
				add_row(job, j - 1 + dy, k - 1 + dz, 2 * dz + dy, pattern, dz ? upper : lower);
		for (size_t i = 0; i + 1 < room; i++)
			(*count)[pattern[i] | pattern[i + 1] << 4][lower[i] + lower[i + 1]][upper[i] + upper[i + 1]]++;
	}
	reduce(job, *count, job->half[item]);
	return 0;
}

static void fill_weights(struct weights weights[256])
{
	for (int p = 0; p < 256; p++) {
		weights[p].euler = euler_share(p);
		for (int d = 0; d < CELLS_DIRECTIONS; d++) {
			int unlike, n = pairs(p, direction[d], &unlike);
			weights[p].changes[d] = unlike * 4 / n; /* n: 4, 2 or 1 */
		}
	}
}

static int count_layers(struct job *job, int threads, struct gppi_error *err)
{
	const int layers = job->last - job->first + 2;

	fill_weights(job->weights);
	job->layer = calloc((size_t)threads, sizeof *job->layer);
	job->row = calloc((size_t)threads, 3 * ((size_t)job->g->n[0] + 2));
	job->half = calloc((size_t)layers, sizeof *job->half);
	int rc = job->layer && job->row && job->half ? parallel_for(threads, layers, do_layer, job, err)
						     : err_set(err, GPPI_E_NOMEM,
							       "out of memory for patterns of voxels");
	free(job->layer);
	free(job->row);
	return rc;
}

int cells_count(const struct grid *g, const uint8_t *mask, const uint8_t *where, int first, int last, int threads,
		struct cells *out, struct gppi_error *err)
{
	struct job job = { .g = g, .mask = mask, .where = where, .first = first, .last = last };
	int rc = count_layers(&job, threads, err);

	for (int z = first; z <= last && rc >= 0; z++) {
		out[z] = job.half[z - first][1];
		cells_add(&out[z], &job.half[z - first + 1][0]);
		out[z].voxels /= 8; /* each voxel has eight corners */
	}
	free(job.half);
	return rc;
}

int cells_count_closed(const struct grid *g, const uint8_t *mask, int threads, struct cells *out,
		       struct gppi_error *err)
{
	struct job job = { .g = g, .mask = mask, .closed = true, .last = g->n[2] - 1 };
	int rc = count_layers(&job, threads, err);

	*out = (struct cells){ .voxels = 0 };
	for (int k = 0; k <= g->n[2] && rc >= 0; k++)
		for (int side = 0; side < 2; side++)
			cells_add(out, &job.half[k][side]);
	out->voxels /= 8;
	free(job.half);
	return rc;
}

void cells_add(struct cells *sum, const struct cells *more)
{
	sum->voxels += more->voxels;
	sum->euler += more->euler;
	for (int d = 0; d < CELLS_DIRECTIONS; d++)
		sum->changes[d] += more->changes[d];
}

double cells_euler(const struct cells *cells)
{
	return (double)cells->euler / 64;
}

/* Changes of phase per mm along each direction. */
static void changes(const struct cells *cells, const struct grid *g, double rate[CELLS_DIRECTIONS])
{
	for (int k = 0; k < CELLS_DIRECTIONS; k++) {
		const int *d = direction[k];
		double step = sqrt(d[0] * d[0] * g->mm[0] * g->mm[0] + d[1] * d[1] * g->mm[1] * g->mm[1] +
				   d[2] * d[2] * g->mm[2] * g->mm[2]);
		rate[k] = cells->voxels ? (double)cells->changes[k] / 32 / ((double)cells->voxels * step) : 0;
	}
}

/* ---- measures ---- */

/* Steps along the axes, sorted: equal but for rounding. */
static bool alike(const double a[3], const double b[3])
{
	for (int i = 0; i < 3; i++)
		if (fabs(a[i] - b[i]) > 1e-9 * a[2])
			return false;
	return true;
}

/* Directions of the same steps along the axes, in whatever order, have the same part: the points do not lie alike
 * around each axis, and turned copies would differ. */
static void even_out(const struct grid *g, double part[CELLS_DIRECTIONS])
{
	double of[CELLS_DIRECTIONS], kind[CELLS_DIRECTIONS][3], mean[CELLS_DIRECTIONS];

	for (int k = 0; k < CELLS_DIRECTIONS; k++) {
		double a = fabs(direction[k][0] * g->mm[0]), b = fabs(direction[k][1] * g->mm[1]),
		       c = fabs(direction[k][2] * g->mm[2]);
		kind[k][0] = fmin(a, fmin(b, c));
		kind[k][1] = fmax(fmin(a, b), fmin(fmax(a, b), c));
		kind[k][2] = fmax(a, fmax(b, c));
	}
	for (int k = 0; k < CELLS_DIRECTIONS; k++) {
		of[k] = mean[k] = 0;
		for (int j = 0; j < CELLS_DIRECTIONS; j++)
			if (alike(kind[k], kind[j])) {
				of[k]++;
				mean[k] += part[j];
			}
	}
	for (int k = 0; k < CELLS_DIRECTIONS; k++)
		part[k] = mean[k] / of[k];
}

/* The part of the sphere that is nearest to each direction, by points spread evenly over it. */
static void spheres(const struct grid *g, double part[CELLS_DIRECTIONS])
{
	enum { POINTS = 20000 };
	double unit[CELLS_DIRECTIONS][3];

	for (int k = 0; k < CELLS_DIRECTIONS; k++) {
		double length = 0;
		for (int i = 0; i < 3; i++) {
			unit[k][i] = direction[k][i] * g->mm[i];
			length += unit[k][i] * unit[k][i];
		}
		for (int i = 0; i < 3; i++)
			unit[k][i] /= sqrt(length);
		part[k] = 0;
	}
	for (int i = 0; i < POINTS; i++) {
		double z = 1 - (i + 0.5) / POINTS, r = sqrt(1 - z * z),
		       turn = i * 2.399963229728653; /* golden angle; half a sphere */
		double v[3] = { r * cos(turn), r * sin(turn), z }, most = -1;
		int nearest = 0;
		for (int k = 0; k < CELLS_DIRECTIONS; k++) {
			double c = fabs(v[0] * unit[k][0] + v[1] * unit[k][1] + v[2] * unit[k][2]);
			if (c > most) {
				most = c;
				nearest = k;
			}
		}
		part[nearest] += 1.0 / POINTS;
	}
	even_out(g, part);
}

double cells_surface(const struct cells *cells, const struct grid *g)
{
	double rate[CELLS_DIRECTIONS], part[CELLS_DIRECTIONS], mean = 0;

	changes(cells, g, rate);
	spheres(g, part);
	for (int k = 0; k < CELLS_DIRECTIONS; k++)
		mean += part[k] * rate[k];
	return 2 * mean * (double)cells->voxels * grid_mm3(g); /* S = 2 V x crossings per length */
}

bool cells_intercepts(const struct cells *cells, const struct grid *g, double axis[3])
{
	double rate[CELLS_DIRECTIONS], normal[6][7] = { { 0 } }, fit[6], value[3];

	changes(cells, g, rate);
	for (int k = 0; k < CELLS_DIRECTIONS; k++) {
		double n[3], length = 0;
		for (int i = 0; i < 3; i++) {
			n[i] = direction[k][i] * g->mm[i];
			length += n[i] * n[i];
		}
		for (int i = 0; i < 3; i++)
			n[i] /= sqrt(length);
		const double term[7] = { n[0] * n[0], n[1] * n[1], n[2] * n[2], 2 * n[0] * n[1], 2 * n[0] * n[2],
					 2 * n[1] * n[2], rate[k] * rate[k] };
		for (int i = 0; i < 6; i++)
			for (int j = 0; j < 7; j++)
				normal[i][j] += term[i] * term[j];
	}
	if (!linear_solve6(normal, fit))
		return false;
	linear_eigenvalues(fit, value);
	if (!(value[0] > 0))
		return false;
	for (int i = 0; i < 3; i++)
		axis[i] = 2 / sqrt(value[2 - i]);
	return true;
}
