#include "slices/longaxis.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"

#define SIDE_MAX 4096

static int clamp_voxel(double v, int n)
{
	return v < 0 ? 0 : v > n - 1 ? n - 1 : (int)v;
}

/* HU the networks would see for a raw value: the inverse of the window's mapping. */
static double to_hu(const struct frame *f, double raw)
{
	return SLICE_HU_LO + (raw - f->raw_lo) / (f->raw_hi - f->raw_lo) * (SLICE_HU_HI - SLICE_HU_LO);
}

/* One row of the view: the line through the square at fixed x or y. */
static void line(const struct scan_info *info, const struct frame *f, const int16_t *slab,
		 int axis, int cols, uint8_t *out)
{
	double side = axis == 0 ? f->side_y : f->side_x, centre = axis == 0 ? f->cy : f->cx;
	int across = axis == 0 ? clamp_voxel(floor(f->cx), info->nx) : clamp_voxel(floor(f->cy), info->ny);
	int n = axis == 0 ? info->ny : info->nx;
	double medium = (f->medium_value - info->intercept) / info->slope;

	for (int j = 0; j < cols; j++) {
		double at = floor(centre - side / 2 + (j + 0.5) * side / cols), raw = medium;
		if (at >= 0 && at < n) {
			size_t x = axis == 0 ? (size_t)across : (size_t)at;
			size_t y = axis == 0 ? (size_t)at : (size_t)across;
			raw = slab[y * (size_t)info->nx + x];
		}
		double g = (to_hu(f, raw) - LONGAXIS_HU_LO) * 255 / (LONGAXIS_HU_HI - LONGAXIS_HU_LO);
		out[j] = (uint8_t)lround(fmin(fmax(g, 0), 255));
	}
}

int longaxis_extract(struct scan *scan, const struct frame *frame, int axis, int rows, int cols,
		     uint8_t *out, struct err *err)
{
	const struct scan_info *info = scan_info(scan);
	const int16_t *slab;
	size_t bytes;
	int rc = 0;

	if (axis < 0 || axis > 1 || rows < 1 || cols < 1 || rows > SIDE_MAX || cols > SIDE_MAX)
		return err_set(err, GPPI_E_USAGE, "%s: a long-axis view of %d x %d pixels is not possible",
			       info->path, rows, cols);
	int16_t *scratch = size_mul3((size_t)info->nx, (size_t)info->ny, sizeof *scratch, &bytes) ?
			   malloc(bytes) : NULL;
	if (!scratch)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for a long-axis view", info->path);
	for (int r = 0; r < rows && rc == 0; r++) {
		int z = clamp_voxel((r + 0.5) * info->nz / rows, info->nz);
		rc = scan_slab(scan, z, 1, scratch, &slab, err);
		if (rc == 0)
			line(info, frame, slab, axis, cols, out + (size_t)r * (size_t)cols);
	}
	free(scratch);
	return rc;
}
