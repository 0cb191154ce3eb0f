#include "find/outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"

#define CORE_DEPTH_UM 160.0
#define SMOOTH_UM 120.0
#define END_UNSURE 0.3       /* sum of the indicators below which the distal end is reported as uncertain */
#define WIDENING_MIN 1.6     /* area at the widest / at the shaft */
#define WIDENING_OPEN 2.6    /* the same where both ends are cut, unless the core is filled */
#define CORE_FILLED 0.15
#define SQUARE_REACH_UM 3200.0
#define SQUARE_MARGIN 1.15
#define SQUARE_MIN_UM 2000.0
#define SQUARE_MAX_UM 5500.0
/* Where the tilt is measured: behind the condyles, not so far that the bow of the shaft counts. */
#define TILT_FROM_UM 1200.0
#define TILT_TO_UM 4000.0
#define TILT_SLICES_MIN 12

/* First and last bone voxel of every row and column of a slice; n and -1: none. */
struct spans {
	int row_lo[OVERVIEW_MAX], row_hi[OVERVIEW_MAX], column_lo[OVERVIEW_MAX], column_hi[OVERVIEW_MAX];
};

static void find_spans(const uint8_t *m, int nx, int ny, struct spans *s)
{
	for (int x = 0; x < nx; x++) {
		s->column_lo[x] = ny;
		s->column_hi[x] = -1;
	}
	for (int y = 0; y < ny; y++, m += nx) {
		const uint8_t *first = memchr(m, 1, (size_t)nx);
		int lo = first ? (int)(first - m) : nx, hi = first ? nx - 1 : -1;
		while (hi > lo && !m[hi])
			hi--;
		s->row_lo[y] = lo;
		s->row_hi[y] = hi;
		for (int x = lo; x <= hi; x++) {
			s->column_lo[x] = m[x] && y < s->column_lo[x] ? y : s->column_lo[x];
			s->column_hi[x] = m[x] ? y : s->column_hi[x];
		}
	}
}

/* The outline is filled where a voxel lies between bone of its row and of its column, which
 * closes gaps in the shell that a flood would leak through. */
static void measure_slice(const struct overview *c, const uint8_t *m, const float *v,
			  const struct levels *lv, struct spans *s, struct outline *o, int z)
{
	int dx = (int)lround(CORE_DEPTH_UM / c->um[0]), dy = (int)lround(CORE_DEPTH_UM / c->um[1]);
	double inner = 0, filled = 0;
	long n = 0, sx = 0, sy = 0;

	find_spans(m, c->nx, c->ny, s);
	for (int y = 0; y < c->ny; y++)
		for (int x = s->row_lo[y]; x <= s->row_hi[y]; x++) {
			if (y < s->column_lo[x] || y > s->column_hi[x])
				continue;
			n++;
			sx += x;
			sy += y;
			if (x - s->row_lo[y] < dx || s->row_hi[y] - x < dx ||
			    y - s->column_lo[x] < dy || s->column_hi[x] - y < dy)
				continue;
			double f = (v[(size_t)y * (size_t)c->nx + (size_t)x] - lv->medium) / (lv->bone - lv->medium);
			inner++;
			filled += f < 0 ? 0 : f > 1 ? 1 : f;
		}
	o->area[z] = (double)n * c->um[0] * c->um[1];
	o->cx[z] = n > 0 ? ((double)sx + 0.5 * (double)n) / (double)n : 0;
	o->cy[z] = n > 0 ? ((double)sy + 0.5 * (double)n) / (double)n : 0;
	o->core[z] = inner > 0 ? filled / inner : 0;
}

static void smooth(double *v, double *tmp, int z0, int z1, int half)
{
	for (int z = z0; z <= z1; z++) {
		double sum = 0;
		int n = 0;
		for (int i = z - half; i <= z + half; i++)
			if (i >= z0 && i <= z1) {
				sum += v[i];
				n++;
			}
		tmp[z] = sum / n;
	}
	memcpy(v + z0, tmp + z0, sizeof *v * (size_t)(z1 - z0 + 1));
}

struct measure {
	const struct overview *c;
	const struct femur *femur;
	const struct levels *lv;
	struct spans *spans; /* [threads] */
	struct outline *o;
};

static int measure_item(void *arg, int item, int worker, struct gppi_error *err)
{
	const struct measure *job = arg;
	const struct overview *c = job->c;
	int z = job->femur->z0 + item;
	size_t at = (size_t)z * (size_t)c->nx * (size_t)c->ny;

	(void)err;
	measure_slice(c, job->femur->mask + at, c->value + at, job->lv, &job->spans[worker], job->o, z);
	return 0;
}

int outline_measure(const struct overview *c, const struct femur *femur, const struct levels *lv,
		    struct outline *o)
{
	size_t nz = (size_t)c->nz;

	*o = (struct outline){ .n = c->nz };
	struct measure job = { c, femur, lv, malloc(sizeof *job.spans * (size_t)c->threads), o };
	double *tmp = malloc(sizeof *tmp * nz);
	int rc = GPPI_E_NOMEM;

	o->area = calloc(4 * nz, sizeof *o->area);
	if (job.spans && tmp && o->area) {
		int half = (int)lround(SMOOTH_UM / c->um[2]);
		o->core = o->area + nz;
		o->cx = o->core + nz;
		o->cy = o->cx + nz;
		parallel_for(c->threads, femur->z1 - femur->z0 + 1, measure_item, &job, NULL);
		smooth(o->area, tmp, femur->z0, femur->z1, half);
		smooth(o->core, tmp, femur->z0, femur->z1, half);
		rc = 0;
	}
	free(job.spans);
	free(tmp);
	return rc;
}

void outline_free(struct outline *o)
{
	free(o->area);
	*o = (struct outline){ 0 };
}

/* Balance of area * core, or area squared, along the bone: 1 all at the first slice, -1 all at the last. */
static double skew(const double *area, const double *core, int z0, int z1)
{
	double sum = 0, moment = 0, middle = (z0 + z1) / 2.0, half = (z1 - z0 + 1) / 2.0;

	for (int z = z0; z <= z1; z++) {
		double w = area[z] * (core ? core[z] : area[z]);
		sum += w;
		moment += w * (middle - z);
	}
	return sum > 0 ? moment / sum / half : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, compare);
	return n > 0 ? (v[(n - 1) / 2] + v[n / 2]) / 2 : 0;
}

static void judge_femur(const struct femur *femur, const struct outline *o, bool open_ends,
			struct outline_end *end)
{
	int length = femur->z1 - femur->z0 + 1, quarter = (length + 3) / 4, widest = femur->z0;
	double shaft[OVERVIEW_MAX] = { 0 }, core = 0;
	int n = 0;

	for (int i = 0; i < quarter; i++)
		shaft[n++] = o->area[end->flipped ? femur->z0 + i : femur->z1 - i];
	for (int z = femur->z0; z <= femur->z1; z++) {
		int depth = end->flipped ? femur->z1 - z : z - femur->z0;
		if (o->area[z] > o->area[widest])
			widest = z;
		if (depth < length * 0.6)
			core = fmax(core, o->core[z]);
	}
	double widening = o->area[widest] / fmax(median(shaft, n), 1);
	end->no_femur = widening < WIDENING_MIN ||
			(open_ends && widening < WIDENING_OPEN && core < CORE_FILLED);
}

struct outline_end outline_distal_end(const struct overview *c, const struct femur *femur,
				      const struct outline *o)
{
	bool first = femur->z0 == 0, last = femur->z1 == c->nz - 1;
	double area = skew(o->area, NULL, femur->z0, femur->z1);
	double core = skew(o->area, o->core, femur->z0, femur->z1);
	double faces = (last ? 1.0 : 0.0) - (first ? 1.0 : 0.0);
	/* Mostly the shaft is cut by the volume and the condyles are not: counts little. */
	double sum = 2 * area + core + 0.35 * faces;
	struct outline_end end = { .flipped = sum < 0 };

	double sign = end.flipped ? -1 : 1;
	end.unsure = fabs(sum) < END_UNSURE || area * sign < 0 ||
		     (core * sign < 0 && area * sign < 0.25) ||
		     (faces * sign < 0 && area * sign < 0.25);
	end.cut_distal = end.flipped ? last : first;
	judge_femur(femur, o, first && last, &end);
	return end;
}

/* Position below which `share` of the counts lies, cells being i..i+1. */
static double cut_at(const int32_t *count, int n, double total, double share)
{
	double want = share * total, sum = 0;

	for (int i = 0; i < n; i++) {
		if (count[i] > 0 && sum + count[i] >= want)
			return i + (want - sum) / count[i];
		sum += count[i];
	}
	return n;
}

struct outline_square outline_square(const struct overview *c, const struct femur *femur, bool flipped)
{
	int32_t px[OVERVIEW_MAX] = { 0 }, py[OVERVIEW_MAX] = { 0 };
	double total = 0;
	int reach = (int)lround(SQUARE_REACH_UM / c->um[2]);
	int a = flipped ? femur->z1 - reach + 1 : femur->z0, b = flipped ? femur->z1 : femur->z0 + reach - 1;
	struct outline_square sq;

	a = a < femur->z0 ? femur->z0 : a;
	b = b > femur->z1 ? femur->z1 : b;
	for (int z = a; z <= b; z++)
		for (int y = 0; y < c->ny; y++) {
			const uint8_t *m = femur->mask + ((size_t)z * (size_t)c->ny + (size_t)y) * (size_t)c->nx;
			int32_t row = 0;
			for (int x = 0; x < c->nx; x++) {
				px[x] += m[x];
				row += m[x];
			}
			py[y] += row;
			total += row;
		}
	double x0 = cut_at(px, c->nx, total, 0.01), x1 = cut_at(px, c->nx, total, 0.99);
	double y0 = cut_at(py, c->ny, total, 0.01), y1 = cut_at(py, c->ny, total, 0.99);
	sq.cx = (x0 + x1) / 2 * c->step[0];
	sq.cy = (y0 + y1) / 2 * c->step[1];
	sq.side_um = SQUARE_MARGIN * fmax((x1 - x0) * c->um[0], (y1 - y0) * c->um[1]);
	sq.side_um = fmin(fmax(sq.side_um, SQUARE_MIN_UM), SQUARE_MAX_UM);
	return sq;
}

/* Theil-Sen: the median of all pairs' slopes, and of what is left at slice 0. */
static double line(const double *v, int z0, int z1, double *work, double *at)
{
	int n = 0;

	for (int i = z0; i <= z1; i++)
		for (int j = i + 4; j <= z1; j++)
			work[n++] = (v[j] - v[i]) / (j - i);
	const double slope = median(work, n);
	for (int i = z0; i <= z1; i++)
		work[i - z0] = v[i] - slope * i;
	*at = median(work, z1 - z0 + 1);
	return slope;
}

struct outline_axis outline_axis(const struct overview *c, const struct femur *femur, const struct outline *o,
				 bool flipped)
{
	struct outline_axis axis = { .tilt_deg = 0 };
	int length = femur->z1 - femur->z0 + 1;
	int end = (int)fmin(TILT_TO_UM / c->um[2], length), from = (int)fmin(TILT_FROM_UM / c->um[2], end);
	int begin = end - from < TILT_SLICES_MIN ? end - TILT_SLICES_MIN : from;

	begin = begin < 0 ? 0 : begin;
	int a = flipped ? femur->z1 - end + 1 : femur->z0 + begin,
	    b = flipped ? femur->z1 - begin : femur->z0 + end - 1;
	size_t n = b >= a ? (size_t)b - (size_t)a + 1 : 0;
	double *work = n > 4 ? malloc(sizeof *work * n * n) : NULL;

	if (!work)
		return axis;
	for (int i = 0; i < 2; i++) {
		/* Coarse slice k is the middle of native k * step .. (k + 1) * step. */
		double slope = line(i ? o->cy : o->cx, a, b, work, &axis.at[i]) * c->step[i];
		axis.slope[i] = slope / c->step[2];
		axis.at[i] = axis.at[i] * c->step[i] - axis.slope[i] * (c->step[2] / 2.0 - 0.5);
		axis.tilt_deg = hypot(axis.tilt_deg, slope / c->step[i] * c->um[i]);
	}
	free(work);
	axis.known = true;
	axis.tilt_deg = atan(axis.tilt_deg / c->um[2]) * 180 / acos(-1);
	return axis;
}
