#include "slices/bone.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VOLUME_MIN 100      /* coarse voxels of a component worth a look */
#define FEMUR_VOLUME_MIN 400
#define FEMUR_SLICES_MIN 10
/* The growth plate may part the epiphysis from the shaft: it is joined again when it is this
 * large compared with the shaft and sits within its outline, end to end. */
#define EPIPHYSIS_SHARE 0.12
#define EPIPHYSIS_GAP_UM 300.0
#define HUGGING_MAX 0.4     /* part of the slices at a side face that asks for a cut there */
#define CUT_SHARE 0.33      /* what must remain of a slice, as part of what is taken away */

struct part {
	int lo[3], hi[3];   /* bounding box of its bone voxels */
	size_t volume;
	double sum[3];
	int side_slices;
};

struct field {
	const struct coarse *c;
	uint8_t *mask;      /* 1 bone, 2 only reached by closing */
	int32_t *label;     /* 0 none, 1.. parts, -1 small */
	int32_t *stack;
	uint8_t *touch;     /* [nz] slice touches a side face; of the current part */
	struct part *part;
	int nparts;
};

static void threshold_mask(struct field *f, double threshold)
{
	size_t n = coarse_count(f->c);
	const float *value = f->c->value;
	uint8_t *mask = f->mask;
	float limit = (float)threshold;

	for (size_t i = 0; i < n; i++)
		mask[i] = value[i] >= limit;
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

/* The next voxel that is not 0 at or behind i, or n: most of a volume is empty. */
static size_t next_set(const uint8_t *mask, size_t i, size_t n)
{
	uint64_t word;

	while (i < n && !mask[i]) {
		i++;
		for (; i + sizeof word <= n; i += sizeof word) {
			memcpy(&word, mask + i, sizeof word);
			if (word)
				break;
		}
	}
	return i;
}

static void part_add(struct field *f, struct part *p, const int at[3])
{
	for (int a = 0; a < 3; a++) {
		if (at[a] < p->lo[a])
			p->lo[a] = at[a];
		if (at[a] > p->hi[a])
			p->hi[a] = at[a];
		p->sum[a] += at[a];
	}
	p->volume++;
	if ((at[0] == 0 || at[1] == 0 || at[0] == f->c->nx - 1 || at[1] == f->c->ny - 1) && !f->touch[at[2]]) {
		f->touch[at[2]] = 1;
		p->side_slices++;
	}
}

/* Fills the component of voxel `seed` with `label`, within its slice where planar. */
static void flood(struct field *f, size_t seed, int32_t label, bool planar, struct part *p)
{
	int nx = f->c->nx, ny = f->c->ny, nz = f->c->nz;
	uint32_t row = (uint32_t)nx, plane = row * (uint32_t)ny;
	size_t top = 0;

	*p = (struct part){ .lo = { nx, ny, nz }, .hi = { -1, -1, -1 } };
	memset(f->touch, 0, (size_t)nz);
	f->label[seed] = label;
	f->stack[top++] = (int32_t)seed;
	while (top > 0 && plane > 0) {
		uint32_t i = (uint32_t)f->stack[--top], line = i / row;
		int at[3] = { (int)(i - line * row), (int)(line % (uint32_t)ny), (int)(i / plane) };
		uint32_t next[6];
		int n = 0;

		if (f->mask[i] == 1)
			part_add(f, p, at);
		if (at[0] > 0)
			next[n++] = i - 1;
		if (at[0] + 1 < nx)
			next[n++] = i + 1;
		if (at[1] > 0)
			next[n++] = i - row;
		if (at[1] + 1 < ny)
			next[n++] = i + row;
		if (at[2] > 0 && !planar)
			next[n++] = i - plane;
		if (at[2] + 1 < nz && !planar)
			next[n++] = i + plane;
		for (int k = 0; k < n; k++)
			if (f->mask[next[k]] && f->label[next[k]] != label) {
				f->label[next[k]] = label;
				f->stack[top++] = (int32_t)next[k];
			}
	}
}

static void find_parts(struct field *f)
{
	size_t n = coarse_count(f->c);

	for (size_t i = next_set(f->mask, 0, n); i < n; i = next_set(f->mask, i + 1, n)) {
		if (f->mask[i] != 1 || f->label[i] != 0)
			continue;
		struct part p;
		flood(f, i, f->nparts + 1, false, &p);
		if (p.volume < VOLUME_MIN)
			flood(f, i, -1, false, &p);
		else
			f->part[f->nparts++] = p;
	}
}

/* Takes away what touches a side face, in every slice that also shows something as large that
 * does not: parts a neighbouring bone that touches the femur in a few slices. */
static void cut_sides(struct field *f)
{
	size_t n = coarse_count(f->c), plane = (size_t)f->c->nx * (size_t)f->c->ny;
	struct part p;

	for (size_t z0 = 0; z0 < n; z0 += plane) {
		size_t largest = 0;
		for (size_t i = z0; i < z0 + plane; i++) {
			if (f->mask[i] != 1 || f->label[i] != 0)
				continue;
			flood(f, i, 1, true, &p);
			if (p.side_slices)
				flood(f, i, (int32_t)p.volume + 1, true, &p);
			else if (p.volume > largest)
				largest = p.volume;
		}
		for (size_t i = z0; i < z0 + plane; i++)
			if (f->label[i] > 1 && largest > CUT_SHARE * (double)f->label[i])
				f->mask[i] = 0;
	}
	memset(f->label, 0, n * sizeof *f->label);
}

static double length_um(const struct coarse *c, const struct part *p, int axis)
{
	return (p->hi[axis] - p->lo[axis] + 1) * c->um[axis];
}

/* How much a part looks like the femur: its volume, lowered for what is short, hugs the side
 * faces (a neighbour's bone, the holder) or is wider than long. */
static double femur_score(const struct coarse *c, const struct part *p)
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
static bool is_epiphysis(const struct coarse *c, const struct part *p, const struct part *q)
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

static void keep(struct field *f, const uint8_t *chosen, struct bone *out)
{
	const struct coarse *c = f->c;
	size_t plane = (size_t)c->nx * (size_t)c->ny, n = coarse_count(c);

	out->z0 = c->nz;
	out->z1 = -1;
	out->volume = 0;
	for (size_t i = next_set(f->mask, 0, n); i < n; i = next_set(f->mask, i + 1, n)) {
		f->mask[i] = f->mask[i] == 1 && f->label[i] > 0 && chosen[f->label[i] - 1];
		if (!f->mask[i])
			continue;
		int z = (int)(i / plane);
		out->volume++;
		out->z0 = z < out->z0 ? z : out->z0;
		out->z1 = z > out->z1 ? z : out->z1;
	}
}

static int choose(struct field *f, struct bone *out)
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

static int find_and_choose(struct field *f, double threshold, bool cut, struct bone *out)
{
	f->nparts = 0;
	threshold_mask(f, threshold);
	if (cut)
		cut_sides(f);
	close_along_z(f);
	find_parts(f);
	return choose(f, out);
}

int bone_find(const struct coarse *c, double threshold, struct bone *out)
{
	size_t n = coarse_count(c);
	struct field f = { .c = c };
	int rc = GPPI_E_NOMEM;

	memset(out, 0, sizeof *out);
	f.mask = calloc(n, 1);
	f.label = calloc(n, sizeof *f.label);
	f.stack = malloc(n * sizeof *f.stack);
	f.touch = malloc((size_t)c->nz);
	f.part = malloc((n / VOLUME_MIN + 1) * sizeof *f.part);
	if (f.mask && f.label && f.stack && f.touch && f.part) {
		rc = find_and_choose(&f, threshold, false, out);
		if (rc > 0 && out->side_share > HUGGING_MAX) {
			memset(f.label, 0, n * sizeof *f.label);
			rc = find_and_choose(&f, threshold, true, out);
			memset(f.label, 0, n * sizeof *f.label);
			if (rc == 0)
				rc = find_and_choose(&f, threshold, false, out);
		}
	}
	if (rc > 0)
		out->mask = f.mask;
	else
		free(f.mask);
	free(f.label);
	free(f.stack);
	free(f.touch);
	free(f.part);
	return rc;
}
