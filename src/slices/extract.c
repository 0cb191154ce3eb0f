/* slices_extract(): canonical slices, area-resampled and windowed. */
#include "slices/slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "resample/resample.h"

#define PLANE_BYTES ((size_t)SLICE_BYTES * sizeof(float))

/* Parts of the memory of an extraction. */
struct work {
	int16_t *slab;
	void *scratch;
	void *box_x, *box_y;
	float *plane[2]; /* two file slices at 96x96; consecutive slices share one of them */
	float *sum;
};

/* What the caller's scratch begins with, behind alignment. */
struct extractor {
	struct scan *scan;
	const struct scan_info *info;
	struct frame frame;
	struct work w;
	struct resample bx, by;
	struct resample_range range;
	int cached[2]; /* file slices in w.plane, -1 none */
	int oldest;
};

static size_t align(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static char *aligned(void *scratch)
{
	return (char *)scratch + (64 - (uintptr_t)scratch % 64) % 64;
}

/* Lays out the parts from `base` (NULL: only counts) and returns the bytes they take. */
static size_t layout(const struct scan_info *info, const struct frame *f, char *base, struct work *w)
{
	size_t at = align(sizeof(struct extractor)), part[7] = {
		align((size_t)info->nx * (size_t)info->ny * sizeof(int16_t)),
		align(resample_scratch(info->nx, SLICE_PX)),
		align(resample_bytes(f->side_x, SLICE_PX)),
		align(resample_bytes(f->side_y, SLICE_PX)),
		align(PLANE_BYTES),
		align(PLANE_BYTES),
		align(PLANE_BYTES),
	};
	char *p[7];

	for (int i = 0; i < 7; i++) {
		p[i] = base ? base + at : NULL;
		at += part[i];
	}
	*w = (struct work){ (int16_t *)(void *)p[0], p[1], p[2], p[3],
			    { (float *)(void *)p[4], (float *)(void *)p[5] }, (float *)(void *)p[6] };
	return at;
}

size_t slices_scratch(const struct scan *scan, const struct frame *frame)
{
	struct work w;
	return layout(scan_info(scan), frame, NULL, &w) + 64;
}

static double clamp_raw(double v)
{
	return fmin(fmax(v, INT16_MIN), INT16_MAX);
}

void slices_begin(struct scan *scan, const struct frame *frame, void *scratch)
{
	struct extractor *e = (void *)aligned(scratch);
	const struct frame *f = &e->frame;

	*e = (struct extractor){ .scan = scan, .info = scan_info(scan), .frame = *frame };
	double lo = fmin(f->raw_lo, f->raw_hi), hi = fmax(f->raw_lo, f->raw_hi);
	layout(e->info, f, (char *)e, &e->w);
	resample_init(&e->bx, e->w.box_x, e->info->nx, f->cx - f->side_x / 2, f->side_x, SLICE_PX);
	resample_init(&e->by, e->w.box_y, e->info->ny, f->cy - f->side_y / 2, f->side_y, SLICE_PX);
	/* Clipping voxels, not averages: metal must not outshine its neighbours. */
	e->range.lo = (int16_t)clamp_raw(floor(lo));
	e->range.hi = (int16_t)clamp_raw(ceil(hi));
	e->range.fill = (float)((f->medium_value - e->info->intercept) / e->info->slope);
	e->cached[0] = e->cached[1] = -1;
	e->oldest = 0;
}

/* The square of file slice z (distal first when flipped: u counts from the distal end). */
static int fetch(struct extractor *e, int u, const float **out, struct gppi_error *err)
{
	int z = e->frame.flags & FRAME_FLIPPED_Z ? e->info->nz - 1 - u : u;
	const int16_t *slab;

	for (int i = 0; i < 2; i++)
		if (e->cached[i] == z) {
			e->oldest = 1 - i;
			*out = e->w.plane[i];
			return 0;
		}
	int rc = scan_rows(e->scan, z, e->by.begin, e->by.end - e->by.begin, e->w.slab, &slab, err);
	if (rc < 0)
		return rc;
	int slot = e->oldest;
	resample_reduce(&e->bx, &e->by, slab, e->info->nx, e->range, e->w.scratch, e->w.plane[slot]);
	e->cached[slot] = z;
	e->oldest = 1 - slot;
	*out = e->w.plane[slot];
	return 0;
}

static int clamp_int(double v, int hi)
{
	return v < 0 ? 0 : v > hi ? hi : (int)v;
}

/* Adds file slice u with a weight to the sum. */
static int add(struct extractor *e, int u, double weight, struct gppi_error *err)
{
	const float *p;
	int rc = fetch(e, u, &p, err);

	if (rc < 0)
		return rc;
	float w = (float)weight;
	for (int i = 0; i < SLICE_BYTES; i++)
		e->w.sum[i] += w * p[i];
	return 0;
}

/* Canonical slice k covers k*per .. (k+1)*per file slices: their average where the file is
 * finer, else linear interpolation at the middle. */
static int blend(struct extractor *e, int k, struct gppi_error *err)
{
	double per = e->frame.native_per_slice;
	int last = e->info->nz - 1, rc = 0;

	memset(e->w.sum, 0, PLANE_BYTES);
	if (per <= 1) {
		double at = fmin(fmax((k + 0.5) * per - 0.5, 0), last);
		int u = clamp_int(floor(at), last);
		double t = at - u;
		rc = add(e, u, 1 - t, err);
		return rc < 0 || t <= 0 ? rc : add(e, u + 1, t, err);
	}
	double lo = fmin(k * per, last), hi = fmin((k + 1) * per, last + 1.0);
	for (int u = clamp_int(floor(lo), last); u < hi && rc == 0; u++)
		rc = add(e, u, (fmin(hi, u + 1) - fmax(lo, u)) / (hi - lo), err);
	return rc;
}

static void window(const struct frame *f, const float *v, uint8_t *out)
{
	float scale = (float)(127 / (f->raw_hi - f->raw_lo));
	float offset = (float)(-f->raw_lo * (127 / (f->raw_hi - f->raw_lo)) + 0.5);

	resample_kernels()->bytes(v, SLICE_BYTES, scale, offset, out);
}

int slices_extract(void *scratch, int k0, int n, uint8_t *out, struct gppi_error *err)
{
	struct extractor *e = (void *)aligned(scratch);
	const struct frame *frame = &e->frame;

	for (int i = 0; i < n; i++) {
		int k = clamp_int((double)k0 + i, frame->nslices - 1), rc;
		const float *v = e->w.sum;

		if (frame->native_per_slice == 1)
			rc = fetch(e, k, &v, err);
		else
			rc = blend(e, k, err);
		if (rc < 0)
			return rc;
		window(frame, v, out + (size_t)i * (size_t)SLICE_BYTES);
	}
	return 0;
}

#define WORKERS_MAX 64
#define BATCH 8 /* slices an item covers: neighbours share file slices at other pitches */

struct batches {
	int k0, n;
	uint8_t *out;
	void *scratch[WORKERS_MAX];
};

static int extract_batch(void *arg, int item, int worker, struct gppi_error *err)
{
	struct batches *b = arg;
	int at = item * BATCH, n = b->n - at < BATCH ? b->n - at : BATCH;

	return slices_extract(b->scratch[worker], b->k0 + at, n, b->out + (size_t)at * (size_t)SLICE_BYTES, err);
}

int slices_extract_all(struct scan *scan, const struct frame *frame, int k0, int n, int threads,
		       uint8_t *out, struct gppi_error *err)
{
	struct batches b = { .k0 = k0, .n = n, .out = out };
	size_t size = slices_scratch(scan, frame);
	int rc = 0, workers = scan_threads(scan, threads < WORKERS_MAX ? threads : WORKERS_MAX);

	for (int i = 0; i < workers; i++) {
		b.scratch[i] = malloc(size);
		if (b.scratch[i])
			slices_begin(scan, frame, b.scratch[i]);
		else
			rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for slices",
				     scan_info(scan)->path);
	}
	if (rc == 0)
		rc = parallel_for(workers, (n + BATCH - 1) / BATCH, extract_batch, &b, err);
	for (int i = 0; i < workers; i++)
		free(b.scratch[i]);
	return rc;
}

int slices_open(struct slices *s, const char *path, struct gppi_error *err)
{
	s->u7 = NULL;
	if (s->n < 1 || s->n > SLICES_MAX)
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: what could be the bone is %.0f mm long; check the voxel size "
			       "(--voxel-um)",
			       path, s->n * SLICE_PITCH_UM / 1000);
	s->u7 = malloc((size_t)s->n * (size_t)SLICE_BYTES);
	return s->u7 ? 0 : err_set(err, GPPI_E_NOMEM, "%s: not enough memory for slices", path);
}

void slices_free(struct slices *s)
{
	free(s->u7);
	*s = (struct slices){ .u7 = NULL };
}
