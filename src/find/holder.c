#include "find/holder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "find/holder_parts.h"
#include "find/levels.h"

#define SAMPLE 7            /* every so many values tell the levels */
#define LENGTH_UM 2200.0    /* of a femur end with its VOI */
#define LENGTH_FIELD 0.5    /* ... or this part of the field along z */
#define LENGTH_LONGEST 0.5  /* ... or this part of the longest one */
#define HUGGING_MAX 0.4     /* part of its slices at a side face: cut by the field, no whole bone */
#define VOLUME_SHARE 0.25   /* of the largest */
#define WIDE_MAX 1.2        /* width by length: tubes and dishes are wider */
#define OVERLAP_MAX 0.3     /* of the smaller box: more, and the two are pieces of one */

bool holder_possible(const struct scan_info *info)
{
	return fmax(info->nx * info->spacing_um[0], info->ny * info->spacing_um[1]) >= HOLDER_FIELD_UM;
}

static double length_um(const struct parts *p, const struct holder_part *q, int axis)
{
	return (q->hi[axis] - q->lo[axis] + 1) * p->um[axis];
}

/* Part of the smaller of two boxes, seen along z, that the other covers. */
static double overlap(const struct holder_part *a, const struct holder_part *b)
{
	double both = 1, one = 1, other = 1;

	for (int k = 0; k < 2; k++) {
		both *= fmax(0, fmin(a->hi[k], b->hi[k]) - fmax(a->lo[k], b->lo[k]) + 1);
		one *= a->hi[k] - a->lo[k] + 1;
		other *= b->hi[k] - b->lo[k] + 1;
	}
	return both / fmin(one, other);
}

static void join(struct holder_part *a, const struct holder_part *b)
{
	for (int k = 0; k < 3; k++) {
		a->lo[k] = b->lo[k] < a->lo[k] ? b->lo[k] : a->lo[k];
		a->hi[k] = b->hi[k] > a->hi[k] ? b->hi[k] : a->hi[k];
	}
	a->volume += b->volume;
}

static bool is_long(const struct parts *p, const struct holder_part *q)
{
	double length = length_um(p, q, 2), wide = fmax(length_um(p, q, 0), length_um(p, q, 1));
	int slices = q->hi[2] - q->lo[2] + 1;

	return length >= fmax(LENGTH_UM, LENGTH_FIELD * p->n[2] * p->um[2]) && wide <= WIDE_MAX * length &&
	       q->side_slices <= HUGGING_MAX * slices;
}

/* A tube around other parts is not one of them: it lies around their middles and is mostly empty. */
static bool is_around(const struct holder_part *a, const struct holder_part *b)
{
	double full = 1, other = 1;

	for (int k = 0; k < 3; k++) {
		double middle = 0.5 * (b->lo[k] + b->hi[k]);
		if (k < 2 && (middle <= a->lo[k] || middle >= a->hi[k]))
			return false;
		full *= a->hi[k] - a->lo[k] + 1;
		other *= b->hi[k] - b->lo[k] + 1;
	}
	return (double)a->volume / full < (double)b->volume / other;
}

/* The femora among the parts, moved to the front of part[]; returns how many. */
static int choose(struct parts *p)
{
	struct holder_part *q = p->part;
	size_t largest = 0;
	double longest = 0;
	int n = 0;

	for (int i = 0; i < p->count; i++) {
		bool keep = is_long(p, &q[i]);
		for (int j = 0; j < p->count && keep; j++)
			keep = j == i || !is_long(p, &q[j]) || !is_around(&q[i], &q[j]);
		q[i].chosen = keep;
		if (keep) {
			largest = q[i].volume > largest ? q[i].volume : largest;
			longest = fmax(longest, length_um(p, &q[i], 2));
		}
	}
	for (int i = 0; i < p->count; i++)
		q[i].chosen = q[i].chosen && (double)q[i].volume >= VOLUME_SHARE * (double)largest &&
			      length_um(p, &q[i], 2) >= LENGTH_LONGEST * longest;
	for (int i = 0; i < p->count; i++) {
		if (!q[i].chosen)
			continue;
		struct holder_part bone = q[i], first = q[n];
		q[i] = first;
		q[n++] = bone;
	}
	return n;
}

/* Pieces of one bone become one; returns how many bones are left. */
static int merge(struct holder_part *q, int n)
{
	for (int i = 0; i < n; i++)
		for (int j = i + 1; j < n; j++)
			if (overlap(&q[i], &q[j]) > OVERLAP_MAX) {
				join(&q[i], &q[j]);
				q[j] = q[--n];
				i = -1;
				break;
			}
	return n;
}

/* The epiphysis may lie apart from the shaft: whatever has its middle within a bone's outline is its own. */
static void take_near(struct parts *p, int n)
{
	for (int i = n; i < p->count; i++)
		for (int k = 0; k < n; k++) {
			const struct holder_part *b = &p->part[k], *q = &p->part[i];
			int x = (q->lo[0] + q->hi[0]) / 2, y = (q->lo[1] + q->hi[1]) / 2;
			if (q->volume <= b->volume && x >= b->lo[0] && x <= b->hi[0] && y >= b->lo[1] &&
			    y <= b->hi[1]) {
				join(&p->part[k], q);
				break;
			}
		}
}

/* First and last of `cells` coarse voxels, with the margin; towards other bones at most half the way. */
static void with_margin(const struct parts *p, int n, int at, int axis, double margin, int cells, int range[2])
{
	const struct holder_part *b = &p->part[at];
	double low = margin, high = margin;

	for (int i = 0; i < n; i++) {
		const struct holder_part *o = &p->part[i];
		int other = 1 - axis;
		double below = b->lo[axis] - o->hi[axis] - 1, above = o->lo[axis] - b->hi[axis] - 1;
		double aside = fmax(b->lo[other] - o->hi[other], o->lo[other] - b->hi[other]) - 1;
		/* Where the gap along the other axis is wider, the limit is set along that one. */
		if (i == at || aside > fmax(below, above))
			continue;
		if (below >= 0)
			low = fmin(low, 0.5 * below);
		if (above >= 0)
			high = fmin(high, 0.5 * above);
	}
	range[0] = (int)fmax(0, ceil((b->lo[axis] - low) * p->pool));
	range[1] = (int)fmin(cells, floor((b->hi[axis] + 1 + high) * p->pool)) - 1;
}

static struct crop resample_of(const struct scan_info *info, const struct overview *c, const struct parts *p, int n,
			  int at, double margin_um)
{
	int x[2], y[2];

	with_margin(p, n, at, 0, margin_um / p->um[0], c->nx, x);
	with_margin(p, n, at, 1, margin_um / p->um[1], c->ny, y);
	struct crop box = { .x0 = (int)lround(x[0] * c->step[0]), .y0 = (int)lround(y[0] * c->step[1]) };
	box.nx = (int)lround((x[1] + 1) * c->step[0]) - box.x0;
	box.ny = (int)lround((y[1] + 1) * c->step[1]) - box.y0;
	box.nx = box.nx < info->nx - box.x0 ? box.nx : info->nx - box.x0;
	box.ny = box.ny < info->ny - box.y0 ? box.ny : info->ny - box.y0;
	return box;
}

static int by_y(const void *a, const void *b)
{
	const struct crop *p = a, *q = b;
	int d = 2 * p->y0 + p->ny - 2 * q->y0 - q->ny;

	return d ? d : p->x0 - q->x0;
}

static int by_x(const void *a, const void *b)
{
	const struct crop *p = a, *q = b;
	int d = 2 * p->x0 + p->nx - 2 * q->x0 - q->nx;

	return d ? d : p->y0 - q->y0;
}

void holder_sort(struct crop *box, int n)
{
	qsort(box, (size_t)n, sizeof *box, by_y);
	for (int first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n; end++)
			if (2 * box[end].y0 + box[end].ny - 2 * box[first].y0 - box[first].ny > box[first].ny)
				break;
		qsort(box + first, (size_t)(end - first), sizeof *box, by_x);
	}
}

/* Levels of the field; false where nothing stands out. */
static int field_levels(const struct overview *c, double top, struct levels *lv)
{
	size_t n = overview_count(c) / SAMPLE;
	float *value = malloc((n + 1) * sizeof *value);

	if (!value)
		return GPPI_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		value[i] = c->value[i * SAMPLE];
	int rc = levels_split(value, n, top, c->threads, lv);
	free(value);
	return rc;
}

static int find(const struct scan_info *info, const struct overview *c, double margin_um, struct holder *out)
{
	/* As for a single bone: metal is brighter than bone. */
	static const double top[] = { 0.999, 0.99, 0.97 };
	int n = 0;

	for (int i = 0; i < 3 && n == 0; i++) {
		struct levels lv;
		struct parts p = { .count = 0 };
		int rc = field_levels(c, top[i], &lv);
		if (rc > 0)
			rc = parts_find(c, lv.threshold, &p);
		else if (rc == 0)
			continue;
		if (rc < 0)
			return rc;
		n = choose(&p);
		n = merge(p.part, n);
		take_near(&p, n);
		n = n > HOLDER_MAX ? 0 : n;
		for (int k = 0; k < n; k++)
			out->box[k] = resample_of(info, c, &p, n, k, margin_um);
		parts_free(&p);
	}
	out->n = n > 1 ? n : 1;
	if (n > 1)
		holder_sort(out->box, n);
	else
		out->box[0] = crop_all(info);
	return 0;
}

int holder_find(const struct scan_info *info, const struct overview *c, double margin_um,
		struct holder *out, struct gppi_error *err)
{
	memset(out, 0, sizeof *out);
	int rc = find(info, c, margin_um, out);
	return rc < 0 ? err_set(err, rc, "%s: not enough memory to look for bones", info->path) : 0;
}
