#include "report/greys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/size.h"
#include "resample/resize.h"

#define SIDE_MAX 4096 /* of the pictures before resampling */
#define WORKERS_MAX 64

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
	int from_w = sections->cols[which], from_h = sections->rows;
	struct resize to;
	uint8_t *work = malloc((size_t)w * (size_t)from_h);

	if (!work || resize_init(&to, from_w, from_h, w, h) < 0) {
		free(work);
		return err_set(err, GPPI_E_NOMEM, "not enough memory for a picture of %d x %d", w, h);
	}
	resize_picture(&to, sections->pixel[which], work, out);
	resize_free(&to);
	free(work);
	return 0;
}

/* Columns that show voxels side by side. */
struct stretch {
	int col, x, n;
};

/* The square as cols x rows grey values; what lies outside the volume is shown as medium. Rows y0 .. y0+ny-1 of a slice
 * hold what it shows. */
struct square {
	int cols, rows, y0, ny, nstretches;
	struct stretch *stretch; /* [cols] */
	int *y;                  /* voxels of rows; -1: outside */
	struct section_window window;
};

static void square_free(struct square *q)
{
	free(q->stretch);
	free(q->y);
}

static int voxel_at(double at, int n)
{
	return at >= 0 && at < n ? (int)at : -1;
}

/* Column i shows voxel x. */
static void add_column(struct square *q, int i, int x)
{
	struct stretch *last = q->stretch + q->nstretches - 1;

	if (x >= 0 && q->nstretches && last->col + last->n == i && last->x + last->n == x)
		last->n++;
	else if (x >= 0)
		q->stretch[q->nstretches++] = (struct stretch){ i, x, 1 };
}

static int square_init(struct square *q, const struct scan_info *info, const struct frame *f)
{
	int end = 0;

	*q = (struct square){ .cols = clamp_side(ceil(f->side_x)), .rows = clamp_side(ceil(f->side_y)),
			      .y0 = info->ny };
	q->stretch = malloc((size_t)q->cols * sizeof *q->stretch);
	q->y = malloc((size_t)q->rows * sizeof(int));
	if (!q->stretch || !q->y) {
		square_free(q);
		return GPPI_E_NOMEM;
	}
	q->window = section_window(f, info);
	for (int i = 0; i < q->cols; i++)
		add_column(q, i, voxel_at(floor(f->cx - f->side_x / 2 + (i + 0.5) * f->side_x / q->cols), info->nx));
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
	const struct resize_kernels *kernels = resize_kernels();

	memset(out, q->window.medium, (size_t)q->cols * (size_t)q->rows);
	for (int j = 0; j < q->rows; j++, out += q->cols) {
		const int16_t *row = rows + (ptrdiff_t)(q->y[j] < 0 ? 0 : q->y[j] - q->y0) * nx;
		for (int i = 0; i < q->nstretches && q->y[j] >= 0; i++) {
			const struct stretch *s = &q->stretch[i];
			kernels->greys(row + s->x, s->n, q->window.scale, q->window.offset, out + s->col);
		}
	}
}

struct axials {
	struct scan *scan;
	struct square square;
	struct resize to;
	const int *z;
	uint8_t *const *out;
	int16_t *scratch[WORKERS_MAX];
	uint8_t *full[WORKERS_MAX]; /* the square, and work */
};

static int one_axial(void *arg, int item, int worker, struct gppi_error *err)
{
	struct axials *a = arg;
	const struct square *q = &a->square;
	const int16_t *rows;
	uint8_t *full = a->full[worker];
	int rc = scan_rows(a->scan, a->z[item], q->y0, q->ny, a->scratch[worker], &rows, err);

	if (rc < 0)
		return rc;
	crop(q, rows, scan_info(a->scan)->nx, full);
	resize_picture(&a->to, full, full + (size_t)q->cols * (size_t)q->rows, a->out[item]);
	return 0;
}

int greys_axial(struct scan *scan, const struct frame *frame, const int *z, int n, int px, int threads,
		uint8_t *const *out, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct axials a = { .scan = scan, .z = z, .out = out };
	const struct square *q = &a.square;
	int workers = scan_threads(scan, threads < WORKERS_MAX ? threads : WORKERS_MAX), rc = 0;
	size_t bytes = 0;

	if (!size_mul3((size_t)info->nx, (size_t)info->ny, sizeof(int16_t), &bytes) ||
	    square_init(&a.square, info, frame) < 0)
		return no_memory(scan, err);
	if (resize_init(&a.to, q->cols, q->rows, px, px) < 0)
		rc = no_memory(scan, err);
	for (int i = 0; i < workers && rc == 0; i++) {
		a.scratch[i] = malloc(bytes);
		a.full[i] = malloc((size_t)q->rows * ((size_t)q->cols + (size_t)px));
		rc = a.scratch[i] && a.full[i] ? 0 : no_memory(scan, err);
	}
	if (rc == 0)
		rc = parallel_for(workers, n, one_axial, &a, err);
	for (int i = 0; i < workers; i++) {
		free(a.scratch[i]);
		free(a.full[i]);
	}
	resize_free(&a.to);
	square_free(&a.square);
	return rc;
}
