#include "find/overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"
#include "scan/budget.h"
#include "resample/resample.h"

#define COARSE_UM 40.0
#define WORKERS_MAX 64
#define HU_CLIP_LO (-2000.0) /* padding outside the field of view may be far darker than air */

struct worker {
	int16_t *slab;
	void *scratch;
};

struct reader {
	struct scan *scan;
	struct overview *c;
	struct resample bx, by;
	struct resample_range range;
	struct worker worker[WORKERS_MAX];
	float sign; /* of the slope */
};

/* Cells for n voxels of `um`; the parity of n where slices are picked one by one (z). */
static int cells(int n, double um, int most, int keep_parity)
{
	double k = fmax(fmax(COARSE_UM / um, (double)n / most), 1);
	int m = (int)lround(n / k);

	if (m < 1)
		m = 1;
	if (keep_parity && (m & 1) != (n & 1) && m > 1)
		m--;
	return m;
}

static int16_t clip_raw(double raw)
{
	return (int16_t)lround(fmin(fmax(raw, INT16_MIN), INT16_MAX));
}

static int read_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct reader *r = arg;
	struct overview *c = r->c;
	struct worker *w = &r->worker[worker];
	const int16_t *slab;
	size_t n = (size_t)c->nx * (size_t)c->ny;
	float *out = c->value + (size_t)item * n;
	int rc = scan_slab(r->scan, c->z[item], 1, w->slab, &slab, err);

	if (rc < 0)
		return rc;
	resample_reduce(&r->bx, &r->by, slab, scan_info(r->scan)->nx, r->range, w->scratch, out);
	for (size_t i = 0; i < n && r->sign < 0; i++)
		out[i] = -out[i];
	return 0;
}

static int alloc_volume(const struct scan_info *info, int across, struct overview *c)
{
	size_t n;

	c->nz = cells(info->nz, info->spacing_um[2], OVERVIEW_MAX, 1);
	across = (int)fmin(across, sqrt((double)budget_copy(info->file_bytes) / sizeof *c->value / c->nz));
	c->nx = cells(info->nx, info->spacing_um[0], across, 0);
	c->ny = cells(info->ny, info->spacing_um[1], across, 0);
	c->native_nz = info->nz;
	c->step[0] = (double)info->nx / c->nx;
	c->step[1] = (double)info->ny / c->ny;
	c->step[2] = (double)info->nz / c->nz;
	for (int a = 0; a < 3; a++)
		c->um[a] = c->step[a] * info->spacing_um[a];
	if (!size_mul(overview_count(c), sizeof *c->value, &n))
		return -1;
	c->value = malloc(n);
	c->z = malloc(sizeof *c->z * (size_t)c->nz);
	if (!c->value || !c->z)
		return -1;
	for (int i = 0; i < (c->nz + 1) / 2; i++) {
		c->z[i] = (int)floor((i + 0.5) * c->step[2]);
		c->z[c->nz - 1 - i] = info->nz - 1 - c->z[i];
	}
	return 0;
}

static int read_all(struct scan *scan, int threads, int across, struct overview *c, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct reader r = { .scan = scan, .c = c, .sign = info->slope < 0 ? -1 : 1 };
	void *mx = NULL, *my = NULL;
	size_t voxels, bytes;
	int rc = GPPI_E_NOMEM;

	memset(c, 0, sizeof *c);
	c->slope = fabs(info->slope);
	c->intercept = info->intercept;
	c->threads = threads < 1 ? 1 : threads > WORKERS_MAX ? WORKERS_MAX : threads;
	threads = scan_threads(scan, c->threads);
	r.range.lo = INT16_MIN;
	r.range.hi = INT16_MAX;
	/* A pending unit becomes HU, or nothing lies as low as the clip. */
	if (info->unit == SCAN_UNIT_HU || (info->unit == SCAN_UNIT_PENDING && scan_steps_of_hu(info))) {
		int16_t *end = info->slope > 0 ? &r.range.lo : &r.range.hi;
		*end = clip_raw((HU_CLIP_LO - info->intercept) / info->slope);
	}
	if (alloc_volume(info, across, c) < 0 || !size_mul((size_t)info->nx, (size_t)info->ny, &voxels) ||
	    !size_mul(voxels, sizeof(int16_t), &bytes))
		goto nomem;
	mx = malloc(resample_bytes(info->nx, c->nx));
	my = malloc(resample_bytes(info->ny, c->ny));
	if (!mx || !my)
		goto nomem;
	resample_init(&r.bx, mx, info->nx, 0, info->nx, c->nx);
	resample_init(&r.by, my, info->ny, 0, info->ny, c->ny);
	for (int i = 0; i < threads; i++) {
		r.worker[i].slab = malloc(bytes);
		r.worker[i].scratch = malloc(resample_scratch(info->nx, c->nx));
		if (!r.worker[i].slab || !r.worker[i].scratch)
			goto nomem;
	}
	rc = parallel_for(threads, c->nz, read_one, &r, err);
	if (rc == 0)
		rc = scan_settle(scan, err);
	goto out;
nomem:
	err_set(err, GPPI_E_NOMEM, "%s: not enough memory to look for the bone", info->path);
out:
	for (int i = 0; i < threads; i++) {
		free(r.worker[i].slab);
		free(r.worker[i].scratch);
	}
	free(mx);
	free(my);
	if (rc < 0)
		overview_free(c);
	return rc < 0 ? rc : 0;
}

int overview_read(struct scan *scan, int threads, struct overview *c, struct gppi_error *err)
{
	return read_all(scan, threads, OVERVIEW_MAX, c, err);
}

int overview_read_field(struct scan *scan, int threads, struct overview *c, struct gppi_error *err)
{
	return read_all(scan, threads, INT16_MAX, c, err);
}

void overview_free(struct overview *c)
{
	free(c->value);
	free(c->z);
	c->value = NULL;
	c->z = NULL;
}
