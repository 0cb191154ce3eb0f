#include "report/greys.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"

#define SIDE_MAX 4096 /* of the pictures before resampling */
#define WORKERS_MAX 64

/* One axis resampled: output i is the weighted mean of the inputs first[i] .. first[i] + count[i] - 1. A box at least
 * one sample wide both averages (shrinking) and interpolates linearly (enlarging). */
struct axis {
	int n, *first, *count, taps;
	double *weight, *total; /* [n][taps], [n] */
};

static void axis_free(struct axis *a)
{
	free(a->first);
	free(a->count);
	free(a->weight);
	free(a->total);
}

/* Caller frees, also after a failure. */
static int axis_init(struct axis *a, int from, int to)
{
	double per = (double)from / to, half = fmax(per, 1) / 2;
	size_t n = (size_t)to, taps = (size_t)ceil(2 * half) + 2;

	*a = (struct axis){ .n = to, .first = malloc(n * sizeof(int)), .count = malloc(n * sizeof(int)), .taps = (int)taps,
			    .weight = calloc(n * taps, sizeof(double)), .total = calloc(n, sizeof(double)) };
	if (!a->first || !a->count || !a->weight || !a->total)
		return GPPI_E_NOMEM;
	for (int i = 0; i < to; i++) {
		double centre = (i + 0.5) * per, lo = centre - half, hi = centre + half;
		a->first[i] = (int)floor(lo);
		a->count[i] = (int)ceil(hi) - a->first[i];
		for (int k = 0; k < a->count[i]; k++) {
			double part = fmin(hi, a->first[i] + k + 1) - fmax(lo, a->first[i] + k);
			a->weight[(size_t)i * taps + (size_t)k] = part;
			a->total[i] += part;
		}
	}
	return 0;
}

static int within(int at, int n)
{
	return at < 0 ? 0 : at >= n ? n - 1 : at;
}

/* Output i of a row; inputs beyond its ends count as the last ones. */
static double sum_of(const struct axis *a, int i, const uint8_t *from, int w)
{
	const double *weight = a->weight + (size_t)i * (size_t)a->taps;
	const int first = a->first[i], count = a->count[i];
	double sum = 0;

	if (first >= 0 && first + count <= w)
		for (int k = 0; k < count; k++)
			sum += weight[k] * from[first + k];
	else
		for (int k = 0; k < count; k++)
			sum += weight[k] * from[within(first + k, w)];
	return sum;
}

static void along_rows(const struct axis *a, const uint8_t *from, int w, int h, uint8_t *to)
{
	for (int y = 0; y < h; y++, from += w)
		for (int i = 0; i < a->n; i++)
			*to++ = (uint8_t)(sum_of(a, i, from, w) / a->total[i] + 0.5);
}

/* sum: of w numbers */
static void along_columns(const struct axis *a, const uint8_t *from, int w, int h, double *sum, uint8_t *to)
{
	for (int i = 0; i < a->n; i++) {
		for (int x = 0; x < w; x++)
			sum[x] = 0;
		for (int k = 0; k < a->count[i]; k++) {
			const uint8_t *row = from + (size_t)within(a->first[i] + k, h) * (size_t)w;
			double weight = a->weight[(size_t)i * (size_t)a->taps + (size_t)k];
			for (int x = 0; x < w; x++)
				sum[x] += weight * row[x];
		}
		const double total = a->total[i];
		for (int x = 0; x < w; x++)
			*to++ = (uint8_t)(sum[x] / total + 0.5);
	}
}

static int resample(const uint8_t *from, int w, int h, uint8_t *to, int to_w, int to_h)
{
	struct axis across = { 0 }, down = { 0 };
	uint8_t *mid = calloc((size_t)to_w, (size_t)h);
	double *sum = calloc((size_t)to_w, sizeof *sum);
	int rc = mid && sum && axis_init(&across, w, to_w) == 0 && axis_init(&down, h, to_h) == 0 ? 0 : GPPI_E_NOMEM;

	if (rc == 0) {
		along_rows(&across, from, w, h, mid);
		along_columns(&down, mid, to_w, h, sum, to);
	}
	axis_free(&down);
	axis_free(&across);
	free(sum);
	free(mid);
	return rc;
}

static int clamp_side(double side)
{
	return side < 1 ? 1 : side > SIDE_MAX ? SIDE_MAX : (int)side;
}

static int no_memory(const struct scan *scan, struct gppi_error *err)
{
	return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures",
		       scan_info(scan)->path);
}

int greys_section(const struct sections *sections, enum section_kind which, int w, int h, uint8_t *out,
		  struct gppi_error *err)
{
	if (resample(sections->pixel[which], sections->cols[which], sections->rows, out, w, h) != 0)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for a picture of %d x %d", w, h);
	return 0;
}

/* The square as cols x rows grey values; what lies outside the volume is shown as medium. Rows y0 .. y0+ny-1 of a slice
 * hold what it shows. */
struct square {
	int cols, rows, y0, ny;
	int *x, *y; /* voxels of columns and rows; -1: outside */
	uint8_t *grey, medium;
};

static void square_free(struct square *q)
{
	free(q->x);
	free(q->y);
	free(q->grey);
}

static int voxel_at(double at, int n)
{
	return at >= 0 && at < n ? (int)at : -1;
}

static int square_init(struct square *q, const struct scan_info *info, const struct frame *f)
{
	int end = 0;

	*q = (struct square){ .cols = clamp_side(ceil(f->side_x)), .rows = clamp_side(ceil(f->side_y)), .y0 = info->ny,
			      .grey = malloc(SECTION_GREYS) };
	q->x = malloc((size_t)q->cols * sizeof(int));
	q->y = malloc((size_t)q->rows * sizeof(int));
	if (!q->x || !q->y || !q->grey) {
		square_free(q);
		return GPPI_E_NOMEM;
	}
	section_greys(f, info, q->grey, &q->medium);
	for (int i = 0; i < q->cols; i++)
		q->x[i] = voxel_at(floor(f->cx - f->side_x / 2 + (i + 0.5) * f->side_x / q->cols), info->nx);
	for (int j = 0; j < q->rows; j++) {
		int y = q->y[j] = voxel_at(floor(f->cy - f->side_y / 2 + (j + 0.5) * f->side_y / q->rows), info->ny);
		q->y0 = y >= 0 && y < q->y0 ? y : q->y0;
		end = y >= end ? y + 1 : end;
	}
	q->y0 = end ? q->y0 : 0;
	q->ny = end ? end - q->y0 : 1;
	return 0;
}

static void crop(const struct square *q, const int16_t *rows, int nx, uint8_t *out)
{
	const int cols = q->cols;

	for (int j = 0; j < q->rows; j++, out += cols) {
		const int16_t *row = rows + (ptrdiff_t)(q->y[j] < 0 ? 0 : q->y[j] - q->y0) * nx;
		if (q->y[j] < 0)
			memset(out, q->medium, (size_t)cols);
		for (int i = 0; i < cols && q->y[j] >= 0; i++)
			out[i] = q->x[i] >= 0 ? q->grey[row[q->x[i]] - INT16_MIN] : q->medium;
	}
}

struct axials {
	struct scan *scan;
	struct square square;
	int px;
	const int *z;
	uint8_t *const *out;
	int16_t *scratch[WORKERS_MAX];
	uint8_t *full[WORKERS_MAX];
};

static int one_axial(void *arg, int item, int worker, struct gppi_error *err)
{
	struct axials *a = arg;
	const struct square *q = &a->square;
	const int16_t *rows;
	int rc = scan_rows(a->scan, a->z[item], q->y0, q->ny, a->scratch[worker], &rows, err);

	if (rc < 0)
		return rc;
	crop(q, rows, scan_info(a->scan)->nx, a->full[worker]);
	return resample(a->full[worker], q->cols, q->rows, a->out[item], a->px, a->px) ? no_memory(a->scan, err) : 0;
}

int greys_axial(struct scan *scan, const struct frame *frame, const int *z, int n, int px, int threads,
		uint8_t *const *out, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct axials a = { .scan = scan, .px = px, .z = z, .out = out };
	int workers = scan_threads(scan, threads < WORKERS_MAX ? threads : WORKERS_MAX), rc = 0;
	size_t bytes = 0;

	if (!size_mul3((size_t)info->nx, (size_t)info->ny, sizeof(int16_t), &bytes) ||
	    square_init(&a.square, info, frame) < 0)
		return no_memory(scan, err);
	for (int i = 0; i < workers && rc == 0; i++) {
		a.scratch[i] = malloc(bytes);
		a.full[i] = calloc((size_t)a.square.rows, (size_t)a.square.cols);
		rc = a.scratch[i] && a.full[i] ? 0 : no_memory(scan, err);
	}
	if (rc == 0)
		rc = parallel_for(workers, n, one_axial, &a, err);
	for (int i = 0; i < workers; i++) {
		free(a.scratch[i]);
		free(a.full[i]);
	}
	square_free(&a.square);
	return rc;
}
