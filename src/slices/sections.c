#include "slices/sections.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"

#define RADIANS (3.14159265358979323846 / 180)

static int clamp_side(double side)
{
	return side < 1 ? 1 : side > SECTION_SIDE_MAX ? SECTION_SIDE_MAX : (int)side;
}

static int clamp_voxel(double v, int n)
{
	return v < 0 ? 0 : v > n - 1 ? n - 1 : (int)v;
}

uint8_t section_grey(const struct frame *f, double raw)
{
	double hu = SLICE_HU_LO + (raw - f->raw_lo) / (f->raw_hi - f->raw_lo) * (SLICE_HU_HI - SLICE_HU_LO);
	double g = (hu - SECTION_HU_LO) * 255 / (SECTION_HU_HI - SECTION_HU_LO);

	return (uint8_t)lround(fmin(fmax(g, 0), 255));
}

static int cols_of(const struct frame *f, enum section_kind s)
{
	double side = s == SECTION_AT_X ? f->side_y : s == SECTION_AT_Y ? f->side_x : fmax(f->side_x, f->side_y);

	return clamp_side(ceil(side));
}

/* One row: what lies outside the volume is shown as medium. */
static void line(const struct scan_info *info, const struct frame *f, enum section_kind s, const int16_t *slice, int cols,
		 uint8_t *out)
{
	double medium = (f->medium_value - info->intercept) / info->slope, angle = 45.0 * (s - SECTION_0) * RADIANS;
	int x_fixed = clamp_voxel(floor(f->cx), info->nx), y_fixed = clamp_voxel(floor(f->cy), info->ny);

	for (int i = 0; i < cols; i++) {
		double t = (i + 0.5) / cols - 0.5, raw = medium, x, y;
		if (s == SECTION_AT_X) {
			x = x_fixed;
			y = floor(f->cy - f->side_y / 2 + (i + 0.5) * f->side_y / cols);
		} else if (s == SECTION_AT_Y) {
			x = floor(f->cx - f->side_x / 2 + (i + 0.5) * f->side_x / cols);
			y = y_fixed;
		} else {
			x = floor(f->cx + t * f->side_x * cos(angle));
			y = floor(f->cy + t * f->side_y * sin(angle));
		}
		if (x >= 0 && x < info->nx && y >= 0 && y < info->ny)
			raw = slice[(size_t)y * (size_t)info->nx + (size_t)x];
		out[i] = section_grey(f, raw);
	}
}

bool sections_open(struct sections *s, const struct scan_info *info, const struct frame *frame)
{
	bool good = true;

	*s = (struct sections){ .frame = *frame, .rows = clamp_side(info->nz) };
	for (int i = 0; i < SECTIONS; i++) {
		s->cols[i] = cols_of(frame, (enum section_kind)i);
		s->pixel[i] = calloc((size_t)s->rows, (size_t)s->cols[i]);
		good = good && s->pixel[i];
	}
	if (!good)
		sections_free(s);
	return good;
}

void sections_free(struct sections *s)
{
	for (int i = 0; i < SECTIONS; i++)
		free(s->pixel[i]);
	*s = (struct sections){ .whole = false };
}

static int slice_of_row(const struct sections *s, int nz, int row)
{
	return clamp_voxel((row + 0.5) * nz / s->rows, nz);
}

void sections_take(struct sections *s, const struct scan_info *info, int z, const int16_t *slice)
{
	int row = (int)((double)z * s->rows / info->nz) - 1;

	row = row < 0 ? 0 : row;
	for (int end = row + 3; row < end && row < s->rows; row++)
		for (int i = 0; slice_of_row(s, info->nz, row) == z && i < SECTIONS; i++)
			line(info, &s->frame, (enum section_kind)i, slice, s->cols[i], s->pixel[i] + (size_t)row * (size_t)s->cols[i]);
}

/* No tolerance: the frames are copies of each other or they are not. */
static bool same(double a, double b)
{
	return !(a < b) && !(a > b);
}

bool sections_fit(const struct sections *s, const struct frame *f)
{
	const struct frame *g = &s->frame;

	return s->whole && same(f->cx, g->cx) && same(f->cy, g->cy) && same(f->side_x, g->side_x) && same(f->side_y, g->side_y) &&
	       same(f->raw_lo, g->raw_lo) && same(f->raw_hi, g->raw_hi) && same(f->medium_value, g->medium_value);
}

int sections_read(struct scan *scan, const struct frame *frame, struct sections *out, struct err *err)
{
	const struct scan_info *info = scan_info(scan);
	const int16_t *slice;
	size_t bytes;
	int rc = 0;

	int16_t *scratch = size_mul3((size_t)info->nx, (size_t)info->ny, sizeof *scratch, &bytes) ? malloc(bytes) : NULL;
	if (!sections_open(out, info, frame) || !scratch) {
		rc = err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures", info->path);
		goto done;
	}
	for (int row = 0; row < out->rows && rc == 0; row++) {
		int z = slice_of_row(out, info->nz, row);
		rc = scan_slab(scan, z, 1, scratch, &slice, err);
		if (rc == 0)
			sections_take(out, info, z, slice);
	}
	out->whole = rc == 0;
done:
	if (rc < 0)
		sections_free(out);
	free(scratch);
	return rc;
}
