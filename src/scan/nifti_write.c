#include "scan/nifti_write.h"

#include <stdint.h>
#include <string.h>

#define OFFSET 352

static void put_i16(uint8_t *p, int v)
{
	int16_t x = (int16_t)v;
	memcpy(p, &x, sizeof x);
}

static void put_f32(uint8_t *p, double v)
{
	float x = (float)v;
	memcpy(p, &x, sizeof x);
}

void nifti_write_head(FILE *out, const struct scan_info *info, const struct crop *box)
{
	const int dim[8] = { 3, info->nx, info->ny, info->nz, 1, 1, 1, 1 };
	const int first[3] = { box->x0, box->y0, 0 };
	int known = info->spacing_known != SCAN_ASSUMED;
	const int32_t size = 348;
	uint8_t h[OFFSET] = { 0 };

	memcpy(h, &size, sizeof size);
	for (size_t i = 0; i < 8; i++) {
		double mm = known && i >= 1 && i <= 3 ? info->spacing_um[i - 1] / 1000 : 1;
		put_i16(h + 40 + 2 * i, dim[i]);
		put_f32(h + 76 + 4 * i, mm);
	}
	put_i16(h + 70, 4); /* int16 */
	put_i16(h + 72, 16);
	put_f32(h + 108, OFFSET);
	put_f32(h + 112, info->slope);
	put_f32(h + 116, info->intercept);
	h[123] = known ? 2 : 0; /* mm, or no unit */
	snprintf((char *)h + 148, 80, "part from voxel (%d, %d)", box->x0, box->y0);
	put_i16(h + 254, known ? 1 : 2); /* sform: of the scanner, or aligned with another file */
	for (size_t i = 0; i < 3; i++) {
		double mm = known ? info->spacing_um[i] / 1000 : 1;
		put_f32(h + 280 + 20 * i, mm);
		put_f32(h + 292 + 16 * i, mm * first[i]);
	}
	memcpy(h + 344, "n+1", 4);
	fwrite(h, 1, sizeof h, out);
}
