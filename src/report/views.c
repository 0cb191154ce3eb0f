#include "report/views.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"

#define SIDE_MAX 4096 /* of the pictures before resampling */

/* Average of a row or column (stride apart) over lo..hi, in units of its n samples. */
static double average(const uint8_t *p, size_t stride, int n, double lo, double hi)
{
	double sum = 0, weight = 0;
	int first = (int)floor(lo), last = (int)ceil(hi) - 1;

	for (int i = first; i <= last; i++) {
		double part = fmin(hi, i + 1) - fmax(lo, i);
		int at = i < 0 ? 0 : i >= n ? n - 1 : i;
		sum += part * p[(size_t)at * stride];
		weight += part;
	}
	return weight > 0 ? sum / weight : 0;
}

/* One axis at a time: `lines` lines of n samples become lines of to_n samples. A box at least one
 * sample wide both averages (shrinking) and interpolates linearly (enlarging). */
static void resample_lines(const uint8_t *from, size_t step, size_t line_step, int lines, int n,
			   uint8_t *to, size_t to_step, size_t to_line_step, int to_n)
{
	double per = (double)n / to_n, half = fmax(per, 1) / 2;

	for (int j = 0; j < lines; j++)
		for (int i = 0; i < to_n; i++) {
			double centre = (i + 0.5) * per;
			to[(size_t)j * to_line_step + (size_t)i * to_step] = (uint8_t)lround(
				average(from + (size_t)j * line_step, step, n, centre - half, centre + half));
		}
}

static int resample(const uint8_t *from, int w, int h, uint8_t *to, int to_w, int to_h)
{
	size_t bytes;
	uint8_t *mid = size_mul((size_t)to_w, (size_t)h, &bytes) ? calloc(1, bytes) : NULL;

	if (!mid)
		return GPPI_E_NOMEM;
	resample_lines(from, 1, (size_t)w, h, w, mid, 1, (size_t)to_w, to_w);
	resample_lines(mid, (size_t)to_w, 1, to_w, h, to, (size_t)to_w, 1, to_h);
	free(mid);
	return 0;
}

static int clamp_side(double side)
{
	return side < 1 ? 1 : side > SIDE_MAX ? SIDE_MAX : (int)side;
}

static int no_memory(const struct scan *scan, struct err *err)
{
	return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for its pictures",
		       scan_info(scan)->path);
}

int views_section(const struct sections *sections, enum section_kind which, int w, int h, uint8_t *out, struct err *err)
{
	if (resample(sections->pixel[which], sections->cols[which], sections->rows, out, w, h) != 0)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for a picture of %d x %d", w, h);
	return 0;
}

/* The square as cols x rows grey values; what lies outside the volume is shown as medium. */
static void crop(const struct scan_info *info, const struct frame *f, const int16_t *slab,
		 int cols, int rows, uint8_t *out)
{
	double medium = (f->medium_value - info->intercept) / info->slope;

	for (int j = 0; j < rows; j++) {
		double y = floor(f->cy - f->side_y / 2 + (j + 0.5) * f->side_y / rows);
		for (int i = 0; i < cols; i++) {
			double x = floor(f->cx - f->side_x / 2 + (i + 0.5) * f->side_x / cols);
			double raw = medium;
			if (x >= 0 && x < info->nx && y >= 0 && y < info->ny)
				raw = slab[(size_t)y * (size_t)info->nx + (size_t)x];
			out[(size_t)j * (size_t)cols + (size_t)i] = section_grey(f, raw);
		}
	}
}

int views_axial(struct scan *scan, const struct frame *frame, int z, int px, uint8_t *out,
		struct err *err)
{
	const struct scan_info *info = scan_info(scan);
	int cols = clamp_side(ceil(frame->side_x)), rows = clamp_side(ceil(frame->side_y)), rc;
	uint8_t *full = calloc((size_t)rows, (size_t)cols);
	int16_t *scratch = NULL;
	const int16_t *slab;
	size_t bytes;

	if (size_mul3((size_t)info->nx, (size_t)info->ny, sizeof *scratch, &bytes))
		scratch = malloc(bytes);
	if (!full || !scratch) {
		rc = no_memory(scan, err);
		goto done;
	}
	rc = scan_slab(scan, z, 1, scratch, &slab, err);
	if (rc < 0)
		goto done;
	crop(info, frame, slab, cols, rows, full);
	rc = resample(full, cols, rows, out, px, px) ? no_memory(scan, err) : 0;
done:
	free(full);
	free(scratch);
	return rc;
}
