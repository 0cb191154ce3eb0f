#include "measure/plate_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"

/* A map along x or y: bin i and the next one, and how far a voxel lies on the way between their middles. */
struct between {
	int i, next;
	float way;
};

static struct between between(int voxel, int bin, int n)
{
	const float at = fmaxf(((float)voxel + 0.5f) / (float)bin - 0.5f, 0);
	const int i = at < (float)(n - 1) ? (int)at : n - 1;

	return (struct between){ i, i + 1 < n ? i + 1 : i, at - (float)i };
}

/* A map of bins by voxel of the block. */
static void by_voxel(const struct knee *k, const float *map, float *out)
{
	const int nx = k->grid.n[0], ny = k->grid.n[1];

	for (int y = 0; y < ny * k->bin; y++) {
		const struct between v = between(y, k->bin, ny);
		for (int x = 0; x < nx * k->bin; x++) {
			const struct between u = between(x, k->bin, nx);
			const float *a = map + (ptrdiff_t)v.i * nx, *b = map + (ptrdiff_t)v.next * nx;
			*out++ = (1 - v.way) * ((1 - u.way) * a[u.i] + u.way * a[u.next]) +
				 v.way * ((1 - u.way) * b[u.i] + u.way * b[u.next]);
		}
	}
}

struct job {
	const struct plate_of *of;
	const float *middle; /* by voxel */
	int side;
	double sigma;
	float *out;
};

/* Raw value of a column of the block between two slices; NaN outside of it. */
static float value_at(const struct grey *g, int x, int y, float at)
{
	const int z = (int)floorf(at);
	const float way = at - (float)z;

	if (z < 0 || z + 1 >= g->grid.n[2])
		return NAN;
	return (1 - way) * (float)g->v[grid_at(&g->grid, x, y, z)] + way * (float)g->v[grid_at(&g->grid, x, y, z + 1)];
}

static int move_slice(void *arg, int i, int worker, struct gppi_error *err)
{
	const struct job *job = arg;
	const struct knee *k = job->of->knee;
	const int nx = k->grid.n[0], ny = k->grid.n[1], bin = k->bin;
	const float marrow = (float)k->marrow, range = (float)(k->bone - k->marrow);
	float *out = job->out + (size_t)nx * (size_t)ny * (size_t)i, *to = out;

	(void)worker;
	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++) {
			float sum = 0;
			for (int v = y * bin; v < (y + 1) * bin; v++)
				for (int u = x * bin; u < (x + 1) * bin; u++) {
					const float middle = job->middle[(ptrdiff_t)v * nx * bin + u];
					const float at = middle + (float)(i - job->side);
					sum += value_at(job->of->grey, u, v, at) - marrow;
				}
			*to++ = range > 0 ? sum / (range * (float)(bin * bin)) : 0;
		}
	return plate_smooth(nx, ny, NULL, out, job->sigma, err);
}

int plate_moved(const struct plate_of *of, const float *middle, int side, double sigma, float *out,
		struct gppi_error *err)
{
	const struct knee *k = of->knee;
	struct job job = { .of = of, .side = side, .sigma = sigma, .out = out };
	const size_t columns = (size_t)k->grid.n[0] * (size_t)k->grid.n[1];
	float *fine = size_realloc(NULL, columns * (size_t)(k->bin * k->bin), sizeof *fine);
	int rc = fine ? 0 : err_set(err, GPPI_E_NOMEM, "out of memory for the growth plate");

	if (rc >= 0) {
		by_voxel(k, middle, fine);
		job.middle = fine;
		rc = parallel_for(of->threads, 2 * side + 1, move_slice, &job, err);
	}
	free(fine);
	return rc;
}
