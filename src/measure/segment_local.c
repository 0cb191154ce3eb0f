/* Thresholds that follow the bone: a share of the way from the least to the greatest value around each voxel (after
 * Bernsen 1986, who takes the middle). */
#include "measure/segment_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"

/* The greatest value of 2 half + 1 voxels along an axis, slice by slice of the result. */
struct filter {
	const struct grid *g;
	const int16_t *in;
	int16_t *out;
	int half, axis;
};

static void raise_row(int16_t *out, const int16_t *in, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = in[i] > out[i] ? in[i] : out[i];
}

/* The row at (y, z), raised by rows or voxels that lie `by` along the axis. */
static void raise(const struct filter *f, int y, int z, int by, int16_t *out)
{
	const struct grid *g = f->g;
	const int n = g->n[0], row = y + (f->axis == 1 ? by : 0), slice = z + (f->axis == 2 ? by : 0);

	if (row < 0 || row >= g->n[1] || slice < 0 || slice >= g->n[2] || (f->axis == 0 && abs(by) >= n))
		return;
	const int16_t *in = f->in + grid_at(g, 0, row, slice);
	if (f->axis != 0)
		raise_row(out, in, n);
	else if (by < 0)
		raise_row(out - by, in, n + by);
	else
		raise_row(out, in + by, n - by);
}

static int do_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct filter *f = arg;
	const size_t slice = (size_t)f->g->n[0] * (size_t)f->g->n[1];

	(void)worker;
	(void)err;
	memcpy(f->out + slice * (size_t)z, f->in + slice * (size_t)z, slice * sizeof *f->out);
	for (int y = 0; y < f->g->n[1]; y++)
		for (int by = -f->half; by <= f->half; by++)
			raise(f, y, z, by, f->out + grid_at(f->g, 0, y, z));
	return 0;
}

/* The greatest value of the cube around each voxel, in place; room: as large. */
static int greatest(const struct grid *g, int16_t *v, int16_t *room, int half, int threads, struct gppi_error *err)
{
	const size_t bytes = grid_voxels(g) * sizeof *v;
	int rc = 0;

	for (int axis = 0; axis < 3 && rc >= 0; axis++) {
		struct filter f = { .g = g, .in = axis == 1 ? room : v, .out = axis == 1 ? v : room, .half = half,
				    .axis = axis };
		rc = parallel_for(threads, g->n[2], do_slice, &f, err);
	}
	memcpy(v, room, bytes);
	return rc;
}

int segment_local(struct segment_job *job, int16_t **threshold, struct gppi_error *err)
{
	struct segment *s = job->out;
	const struct grid *g = &s->grey.grid;
	const size_t n = grid_voxels(g), slice = (size_t)g->n[0] * (size_t)g->n[1];
	const double marrow = grey_raw(&s->grey, s->marrow), compact = grey_raw(&s->grey, s->compact);
	const double low = grey_raw(&s->grey, s->marrow + SEGMENT_LOCAL_LEAST * (s->compact - s->marrow));
	int16_t *most = grid_alloc(g, sizeof *most, err), *least = grid_alloc(g, sizeof *least, err);
	int16_t *room = grid_alloc(g, sizeof *room, err);
	double sum = 0, count = 0;
	int rc = most && least && room ? 0 : GPPI_E_NOMEM;

	for (size_t i = 0; i < n && rc >= 0; i++) { /* only what lies within the endosteum; ~v falls where v rises */
		most[i] = job->marrow[i] ? s->grey.v[i] : INT16_MIN;
		least[i] = job->marrow[i] ? (int16_t)~s->grey.v[i] : INT16_MIN;
	}
	if (rc >= 0)
		rc = greatest(g, most, room, s->window / 2, job->o->threads, err);
	if (rc >= 0)
		rc = greatest(g, least, room, s->window / 2, job->o->threads, err);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		const double top = fmin(most[i], compact), bottom = fmax((int16_t)~least[i], marrow);
		const double t = fmax(bottom + job->o->share[0] * (top - bottom), low);
		most[i] = (int16_t)fmin(ceil(t), INT16_MAX);
		if (job->marrow[i] && i >= slice * (size_t)s->first && i < slice * (size_t)(s->last + 1)) {
			sum += t;
			count++;
		}
	}
	if (rc >= 0 && count > 0)
		s->trabecular = sum / count * s->grey.slope + s->grey.intercept;
	free(least);
	free(room);
	if (rc < 0)
		free(most);
	*threshold = rc < 0 ? NULL : most;
	return rc;
}
