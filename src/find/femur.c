#include "find/femur.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "find/components.h"
#include "find/kernels.h"

#define VOLUME_MIN 100      /* coarse voxels of the smallest component considered */
#define FEMUR_VOLUME_MIN 400
#define FEMUR_SLICES_MIN 10
/* The growth plate may separate the epiphysis from the shaft. It is added again where it has this
 * share of the shaft's volume at least, lies in its outline and within this gap of its end. */
#define EPIPHYSIS_SHARE 0.12
#define EPIPHYSIS_GAP_UM 300.0
#define HUGGING_MAX 0.4     /* share of slices at a side face above which it is cut there */
#define CUT_SHARE 0.33      /* what must remain of a slice, as part of what is taken away */

struct part {
	int lo[3], hi[3];   /* bounding box of its bone voxels */
	size_t volume;
	double sum[3];
	int side_slices, side_last; /* slices that touch a side face; the last of them */
};

struct field {
	const struct overview *c;
	int n[3];           /* voxels per axis */
	uint8_t *mask;      /* 1 bone, 2 only reached by closing */
	struct components runs;
	int32_t *kept;      /* [runs.parts] number of a component among the parts, or -1: small */
	struct part *part;
	int nparts;
};

struct mark {
	struct field *f;
	float limit;
};

static int threshold_slice(void *arg, int z, int worker, struct gppi_error *err)
{
	const struct mark *job = arg;
	size_t plane = (size_t)job->f->n[0] * (size_t)job->f->n[1];
	const float *value = job->f->c->value + (size_t)z * plane;
	uint8_t *mask = job->f->mask + (size_t)z * plane;

	(void)worker, (void)err;
	find_kernels()->mark(value, plane, job->limit, mask);
	return 0;
}

static void threshold_mask(struct field *f, double threshold)
{
	struct mark job = { f, (float)threshold };

	parallel_for(f->c->threads, f->n[2], threshold_slice, &job, NULL);
}

/* Along z only: there lies the gap of the growth plate, sideways lie other bones. */
static void close_along_z(struct field *f)
{
	size_t plane = (size_t)f->c->nx * (size_t)f->c->ny;

	for (int z = 0; z < f->c->nz; z++) {
		uint8_t *m = f->mask + (size_t)z * plane;
		const uint8_t *before = z > 0 ? m - plane : m;
		const uint8_t *behind = z + 1 < f->c->nz ? m + plane : m;

		/* 1 stays, 0 becomes 2 beside a 1; a 2 of the slice before counts as 0. */
		for (size_t i = 0; i < plane; i++)
			m[i] = (uint8_t)(m[i] | (((before[i] | behind[i]) & ~m[i] & 1) << 1));
	}
}

/* Does the run consist of bone, without a voxel that was only reached by closing? Most do. */
static bool is_whole(const uint8_t *m, const struct run *r)
{
	return !memchr(m + r->first, 2, (size_t)(r->end - r->first));
}

/* A run's bone voxels, in row y of slice z. Rows come in ascending order. */
static void part_add(const struct field *f, struct part *p, const struct run *r, int y, int z)
{
	const uint8_t *m = f->mask + ((size_t)z * (size_t)f->n[1] + (size_t)y) * (size_t)f->n[0];
	int lo = -1, hi = -1, count = 0;
	long sum = 0;
	const bool whole = is_whole(m, r);

	if (whole) {
		lo = r->first;
		hi = r->end - 1;
		count = r->end - r->first;
		sum = ((long)lo + hi) * count / 2;
	}
	for (int x = r->first; x < r->end && !whole; x++)
		if (m[x] == 1) {
			lo = count ? lo : x;
			hi = x;
			sum += x;
			count++;
		}
	if (!count)
		return;
	if (!p->volume)
		*p = (struct part){ .lo = { lo, y, z }, .hi = { hi, y, z }, .side_last = -1 };
	p->lo[0] = lo < p->lo[0] ? lo : p->lo[0];
	p->hi[0] = hi > p->hi[0] ? hi : p->hi[0];
	p->lo[1] = y < p->lo[1] ? y : p->lo[1];
	p->hi[1] = y > p->hi[1] ? y : p->hi[1];
	p->hi[2] = z;
	p->volume += (size_t)count;
	p->sum[0] += (double)sum;
	p->sum[1] += (double)count * y;
	p->sum[2] += (double)count * z;
	if ((lo == 0 || hi == f->n[0] - 1 || y == 0 || y == f->n[1] - 1) && p->side_last != z) {
		p->side_last = z;
		p->side_slices++;
	}
}

static int ones(const uint8_t *m, const struct run *r)
{
	int count = 0;

	if (is_whole(m, r))
		return r->end - r->first;
	for (int x = r->first; x < r->end; x++)
		count += m[x] == 1;
	return count;
}

/* Numbers the components of enough bone voxels; their number. */
static int keep_large(struct field *f)
{
	int n = 0;

	for (int row = 0; row < f->n[1] * f->n[2]; row++)
		for (int32_t i = f->runs.row[row]; i < f->runs.row[row + 1]; i++)
			f->kept[f->runs.run[i].part] += ones(f->mask + (size_t)row * (size_t)f->n[0], &f->runs.run[i]);
	for (int32_t i = 0; i < f->runs.parts; i++)
		f->kept[i] = f->kept[i] < VOLUME_MIN ? -1 : n++;
	return n;
}

static int find_parts(struct field *f)
{
	if (components_find(f->mask, f->n, 1, JOINED_BY_FACES, &f->runs) < 0 || !f->runs.row ||
	    !(f->kept = calloc((size_t)f->runs.parts + 1, sizeof *f->kept)))
		return GPPI_E_NOMEM;
	f->nparts = keep_large(f);
	if (!(f->part = calloc((size_t)f->nparts + 1, sizeof *f->part)))
		return GPPI_E_NOMEM;
	for (int row = 0; row < f->n[1] * f->n[2]; row++)
		for (int32_t i = f->runs.row[row]; i < f->runs.row[row + 1]; i++) {
			const struct run *r = &f->runs.run[i];
			if (f->kept[r->part] >= 0)
				part_add(f, &f->part[f->kept[r->part]], r, row % f->n[1], row / f->n[1]);
		}
	return 0;
}

/* Rows first..end-1, those of a slice: takes away its components that touch a side (sizes below 0) if the
 * largest of the others is large enough beside them. */
static void cut_slice(struct field *f, const int32_t *size, int first, int end)
{
	int32_t largest = 0;

	for (int32_t i = f->runs.row[first]; i < f->runs.row[end]; i++)
		if (size[f->runs.run[i].part] > largest)
			largest = size[f->runs.run[i].part];
	for (int row = first; row < end; row++)
		for (int32_t i = f->runs.row[row]; i < f->runs.row[row + 1]; i++) {
			const struct run *r = &f->runs.run[i];
			if (size[r->part] < 0 && largest > -CUT_SHARE * size[r->part])
				memset(f->mask + (size_t)row * (size_t)f->n[0] + r->first, 0,
				       (size_t)(r->end - r->first));
		}
}

/* Takes away what touches a side face, in every slice that also shows something as large that
 * does not: parts a neighbouring bone that touches the femur in a few slices. */
static int cut_sides(struct field *f)
{
	int ny = f->n[1], rc = components_find(f->mask, f->n, 1, JOINED_IN_SLICES, &f->runs);
	int32_t *size = rc == 0 ? calloc(2 * (size_t)f->runs.parts + 1, sizeof *size) : NULL;

	rc = size ? 0 : GPPI_E_NOMEM;
	if (rc == 0) {
		int32_t *side = size + f->runs.parts;
		for (int row = 0; row < ny * f->n[2]; row++)
			for (int32_t i = f->runs.row[row]; i < f->runs.row[row + 1]; i++) {
				const struct run *r = &f->runs.run[i];
				size[r->part] += r->end - r->first;
				side[r->part] |=
					r->first == 0 || r->end == f->n[0] || row % ny == 0 || row % ny == ny - 1;
			}
		for (int32_t i = 0; i < f->runs.parts; i++)
			size[i] = side[i] ? -size[i] : size[i];
		for (int z = 0; z < f->n[2]; z++)
			cut_slice(f, size, z * ny, (z + 1) * ny);
	}
	free(size);
	components_free(&f->runs);
	return rc;
}

static double length_um(const struct overview *c, const struct part *p, int axis)
{
	return (p->hi[axis] - p->lo[axis] + 1) * c->um[axis];
}

/* How much a part looks like the femur: its volume, lowered for what is short, hugs the side
 * faces (a neighbour's bone, the holder) or is wider than long. */
static double femur_score(const struct overview *c, const struct part *p)
{
	int slices = p->hi[2] - p->lo[2] + 1;
	double longest = fmin(1, length_um(c, p, 2) / 3000);
	double hugging = (double)p->side_slices / slices;
	double wide = fmax(length_um(c, p, 0), length_um(c, p, 1)) / length_um(c, p, 2);
	double offx = fabs(p->sum[0] / (double)p->volume / c->nx - 0.5);
	double offy = fabs(p->sum[1] / (double)p->volume / c->ny - 0.5);

	return (double)p->volume * longest * (1 - 0.9 * hugging) * fmin(1, 1.5 / wide) *
	       (1 - fmax(offx, offy));
}

/* Whether q is the other side of the growth plate of main part p. */
static bool is_epiphysis(const struct overview *c, const struct part *p, const struct part *q)
{
	double volume = (double)q->volume;
	double gap = fmax(q->lo[2] - p->hi[2], p->lo[2] - q->hi[2]) * c->um[2];
	double depth = fmin(q->hi[2] - p->lo[2], p->hi[2] - q->lo[2]) * c->um[2];

	if (volume < EPIPHYSIS_SHARE * (double)p->volume || gap > EPIPHYSIS_GAP_UM)
		return false;
	if (depth > 0.6 * length_um(c, q, 2))
		return false;
	for (int a = 0; a < 2; a++) {
		double centre = q->sum[a] / volume;
		if (centre < p->lo[a] || centre > p->hi[a])
			return false;
	}
	return true;
}

static void keep(struct field *f, const uint8_t *chosen, struct femur *out)
{
	out->z0 = f->n[2];
	out->z1 = -1;
	out->volume = 0;
	for (int row = 0; row < f->n[1] * f->n[2]; row++)
		for (int32_t i = f->runs.row[row]; i < f->runs.row[row + 1]; i++) {
			const struct run *r = &f->runs.run[i];
			uint8_t *m = f->mask + (size_t)row * (size_t)f->n[0];
			int z = row / f->n[1], part = f->kept[r->part];
			int count = part >= 0 && chosen[part] ? ones(m, r) : 0;
			if (!count)
				memset(m + r->first, 0, (size_t)(r->end - r->first));
			for (int x = r->first; x < r->end && count && count < r->end - r->first; x++)
				m[x] = m[x] == 1;
			if (!count)
				continue;
			out->volume += (size_t)count;
			out->z0 = z < out->z0 ? z : out->z0;
			out->z1 = z;
		}
}

static int choose(struct field *f, struct femur *out)
{
	uint8_t *chosen = calloc((size_t)f->nparts + 1, 1);
	int best = -1;
	double best_score = 0;

	if (!chosen)
		return GPPI_E_NOMEM;
	for (int i = 0; i < f->nparts; i++) {
		const struct part *p = &f->part[i];
		double score = femur_score(f->c, p);
		if (p->volume >= FEMUR_VOLUME_MIN && p->hi[2] - p->lo[2] + 1 >= FEMUR_SLICES_MIN &&
		    score > best_score) {
			best_score = score;
			best = i;
		}
	}
	if (best < 0) {
		free(chosen);
		return 0;
	}
	const struct part *main_part = &f->part[best];
	chosen[best] = 1;
	out->side_slices = main_part->side_slices;
	for (int i = 0; i < f->nparts; i++)
		if (i != best && is_epiphysis(f->c, main_part, &f->part[i])) {
			chosen[i] = 1;
			out->side_slices += f->part[i].side_slices;
		}
	keep(f, chosen, out);
	out->side_share = (double)out->side_slices / (out->z1 - out->z0 + 1);
	free(chosen);
	return 1;
}

static int find_and_choose(struct field *f, double threshold, bool cut, struct femur *out)
{
	int rc;

	threshold_mask(f, threshold);
	rc = cut ? cut_sides(f) : 0;
	if (rc == 0) {
		close_along_z(f);
		rc = find_parts(f);
	}
	if (rc == 0)
		rc = choose(f, out);
	components_free(&f->runs);
	free(f->kept);
	free(f->part);
	f->kept = NULL;
	f->part = NULL;
	return rc;
}

int femur_find(const struct overview *c, double threshold, struct femur *out)
{
	struct field f = { .c = c, .n = { c->nx, c->ny, c->nz } };
	int rc = GPPI_E_NOMEM;

	memset(out, 0, sizeof *out);
	f.mask = calloc(overview_count(c), 1);
	if (f.mask)
		rc = find_and_choose(&f, threshold, false, out);
	if (rc > 0 && out->side_share > HUGGING_MAX) {
		rc = find_and_choose(&f, threshold, true, out);
		if (rc == 0)
			rc = find_and_choose(&f, threshold, false, out);
	}
	if (rc > 0)
		out->mask = f.mask;
	else
		free(f.mask);
	return rc;
}
