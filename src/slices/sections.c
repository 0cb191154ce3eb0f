#include "slices/sections.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "base/size.h"
#include "resample/resize.h"

#define RADIANS (3.14159265358979323846 / 180)

static int clamp_side(double side)
{
	return side < 1 ? 1 : side > SECTION_SIDE_MAX ? SECTION_SIDE_MAX : (int)side;
}

static int clamp_voxel(double v, int n)
{
	return v < 0 ? 0 : v > n - 1 ? n - 1 : (int)v;
}

struct section_window section_window(const struct frame *f, const struct scan_info *info)
{
	double per_hu = 255 / (SECTION_HU_HI - SECTION_HU_LO);
	double scale = (SLICE_HU_HI - SLICE_HU_LO) / (f->raw_hi - f->raw_lo) * per_hu;
	double offset = (SLICE_HU_LO - SECTION_HU_LO) * per_hu - f->raw_lo * scale;
	double medium = (f->medium_value - info->intercept) / info->slope * scale + offset;

	return (struct section_window){ .scale = (float)scale, .offset = (float)(offset + 0.5),
					.medium = (uint8_t)lround(fmin(fmax(medium, 0), 255)) };
}

#define BLOCK 256

void section_greys(const struct section_window *window, uint8_t grey[SECTION_GREYS])
{
	const struct resize_kernels *kernels = resize_kernels();
	int16_t raw[BLOCK];

	for (int at = 0; at < SECTION_GREYS; at += BLOCK) {
		for (int i = 0; i < BLOCK; i++)
			raw[i] = (int16_t)(INT16_MIN + at + i);
		kernels->greys(raw, BLOCK, window->scale, window->offset, grey + at);
	}
}

static int cols_of(const struct frame *f, enum section_kind s)
{
	double side = s == SECTION_AT_X ? f->side_y : s == SECTION_AT_Y ? f->side_x : fmax(f->side_x, f->side_y);

	return clamp_side(ceil(side));
}

/* The voxel of column i; false where it lies outside of the volume. */
static bool place(const struct sections *s, const struct scan_info *info, enum section_kind kind, int i, int *x, int *y)
{
	const struct frame *f = &s->frame;
	int cols = s->cols[kind];
	double t = (i + 0.5) / cols - 0.5, angle = 45.0 * (kind - SECTION_0) * RADIANS, px, py;

	if (kind == SECTION_AT_X) {
		px = clamp_voxel(floor(f->cx), info->nx);
		py = floor(f->cy - f->side_y / 2 + (i + 0.5) * f->side_y / cols);
	} else if (kind == SECTION_AT_Y) {
		px = floor(f->cx - f->side_x / 2 + (i + 0.5) * f->side_x / cols);
		py = clamp_voxel(floor(f->cy), info->ny);
	} else {
		px = floor(f->cx + t * f->side_x * cos(angle));
		py = floor(f->cy + t * f->side_y * sin(angle));
	}
	if (!(px >= 0 && px < info->nx && py >= 0 && py < info->ny))
		return false;
	*x = (int)px;
	*y = (int)py;
	return true;
}

/* Where the columns lie, and the rows that hold them. */
static void aim(struct sections *s, const struct scan_info *info)
{
	int end = 0, x, y;

	s->y0 = info->ny;
	for (int k = 0; k < SECTIONS; k++)
		for (int i = 0; i < s->cols[k]; i++)
			if (place(s, info, (enum section_kind)k, i, &x, &y)) {
				s->y0 = y < s->y0 ? y : s->y0;
				end = y >= end ? y + 1 : end;
			}
	if (end == 0) { /* beside the volume: any row will do */
		s->y0 = 0;
		end = 1;
	}
	s->ny = end - s->y0;
	for (int k = 0; k < SECTIONS; k++)
		for (int i = 0; i < s->cols[k]; i++)
			s->at[k][i] = place(s, info, (enum section_kind)k, i, &x, &y) ? (y - s->y0) * info->nx + x : -1;
}

bool sections_open(struct sections *s, const struct scan_info *info, const struct frame *frame)
{
	*s = (struct sections){ .frame = *frame, .rows = clamp_side(info->nz), .grey = malloc(SECTION_GREYS) };
	bool good = s->grey != NULL;

	for (int i = 0; i < SECTIONS; i++) {
		s->cols[i] = cols_of(frame, (enum section_kind)i);
		s->pixel[i] = calloc((size_t)s->rows, (size_t)s->cols[i]);
		s->at[i] = malloc((size_t)s->cols[i] * sizeof *s->at[i]);
		good = good && s->pixel[i] && s->at[i];
	}
	if (!good) {
		sections_free(s);
		return false;
	}
	struct section_window window = section_window(frame, info);
	section_greys(&window, s->grey);
	s->medium = window.medium;
	aim(s, info);
	return true;
}

static void free_aim(struct sections *s)
{
	for (int i = 0; i < SECTIONS; i++) {
		free(s->at[i]);
		s->at[i] = NULL;
	}
	free(s->grey);
	s->grey = NULL;
}

void sections_close(struct sections *s)
{
	free_aim(s);
	s->whole = true;
}

void sections_free(struct sections *s)
{
	free_aim(s);
	for (int i = 0; i < SECTIONS; i++)
		free(s->pixel[i]);
	*s = (struct sections){ .whole = false };
}

static int slice_of_row(const struct sections *s, int nz, int row)
{
	return clamp_voxel((row + 0.5) * nz / s->rows, nz);
}

static void line(const struct sections *s, int kind, const int16_t *rows, uint8_t *out)
{
	const int32_t *at = s->at[kind];

	for (int i = 0; i < s->cols[kind]; i++)
		out[i] = at[i] < 0 ? s->medium : s->grey[rows[at[i]] - INT16_MIN];
}

void sections_take(struct sections *s, const struct scan_info *info, int z, const int16_t *rows)
{
	int row = (int)((double)z * s->rows / info->nz) - 1;

	row = row < 0 ? 0 : row;
	for (int end = row + 3; row < end && row < s->rows; row++)
		for (int i = 0; slice_of_row(s, info->nz, row) == z && i < SECTIONS; i++)
			line(s, i, rows, s->pixel[i] + (size_t)row * (size_t)s->cols[i]);
}

/* No tolerance: the frames are copies of each other or they are not. */
static bool same(double a, double b)
{
	return !(a < b) && !(a > b);
}

bool sections_fit(const struct sections *s, const struct frame *f)
{
	const struct frame *g = &s->frame;

	return s->whole && same(f->cx, g->cx) && same(f->cy, g->cy) && same(f->side_x, g->side_x) &&
	       same(f->side_y, g->side_y) && same(f->raw_lo, g->raw_lo) && same(f->raw_hi, g->raw_hi) &&
	       same(f->medium_value, g->medium_value);
}

#define WORKERS_MAX 64
#define RUN 16 /* rows an item covers: readers go on where they are */

struct reader {
	struct scan *scan;
	struct sections *sections;
	int16_t *scratch[WORKERS_MAX]; /* of a whole slice */
};

static int read_run(void *arg, int item, int worker, struct gppi_error *err)
{
	struct reader *r = arg;
	struct sections *s = r->sections;
	const struct scan_info *info = scan_info(r->scan);
	const int16_t *rows;
	int rc = 0;

	for (int row = item * RUN; row < (item + 1) * RUN && row < s->rows && rc == 0; row++) {
		rc = scan_rows(r->scan, slice_of_row(s, info->nz, row), s->y0, s->ny, r->scratch[worker], &rows, err);
		for (int i = 0; rc == 0 && i < SECTIONS; i++)
			line(s, i, rows, s->pixel[i] + (size_t)row * (size_t)s->cols[i]);
	}
	return rc;
}

int sections_read(struct scan *scan, const struct frame *frame, int threads, struct sections *out,
		  struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	struct reader r = { .scan = scan, .sections = out };
	size_t bytes = 0;
	int rc = 0, workers = scan_threads(scan, threads < WORKERS_MAX ? threads : WORKERS_MAX);

	bool memory = size_mul3((size_t)info->nx, (size_t)info->ny, sizeof(int16_t), &bytes) &&
		      sections_open(out, info, frame);
	for (int i = 0; i < workers && memory; i++)
		memory = (r.scratch[i] = malloc(bytes)) != NULL;
	if (memory)
		rc = parallel_for(workers, (out->rows + RUN - 1) / RUN, read_run, &r, err);
	else
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures", info->path);
	for (int i = 0; i < workers; i++)
		free(r.scratch[i]);
	if (rc < 0)
		sections_free(out);
	else
		sections_close(out);
	return rc;
}
