#include "scan/nifti_write.h"

#include <stdbool.h>
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

/* Where the part lies, as NIfTI counts it: x to the right, y to the front. A spacing that was given replaces
 * what the file says of its axes. */
static void put_place(uint8_t *h, const struct scan *part, const struct crop *box, const double mm[3])
{
	static const double sign[3] = { -1, -1, 1 };
	const struct scan_info *info = scan_info(part);
	const int first[3] = { box->x0, box->y0, 0 };

	for (size_t i = 0; i < 3; i++) {
		const struct scan_place *p = &info->place;
		bool own = p->known && info->spacing_known != SCAN_GIVEN;
		for (size_t j = 0; j < 3; j++)
			put_f32(h + 280 + 16 * i + 4 * j, own ? sign[i] * p->step[j][i] : i == j ? mm[i] : 0);
		put_f32(h + 292 + 16 * i, own ? sign[i] * p->origin[i] : mm[i] * first[i]);
	}
}

void nifti_write_head(FILE *out, const struct scan *part, const struct crop *box)
{
	const struct scan_info *info = scan_info(part);
	const int dim[8] = { 3, info->nx, info->ny, info->nz, 1, 1, 1, 1 };
	bool known = info->spacing_known != SCAN_ASSUMED;
	double mm[3] = { 1, 1, 1 };
	const int32_t size = 348;
	uint8_t h[OFFSET] = { 0 };

	for (size_t i = 0; i < 3 && known; i++)
		mm[i] = info->spacing_um[i] / 1000;
	memcpy(h, &size, sizeof size);
	for (size_t i = 0; i < 8; i++) {
		put_i16(h + 40 + 2 * i, dim[i]);
		put_f32(h + 76 + 4 * i, i >= 1 && i <= 3 ? mm[i - 1] : 1);
	}
	put_i16(h + 70, 4); /* int16 */
	put_i16(h + 72, 16);
	put_f32(h + 108, OFFSET);
	put_f32(h + 112, info->slope);
	put_f32(h + 116, info->intercept);
	h[123] = known ? 2 : 0; /* mm, or no unit */
	snprintf((char *)h + 148, 80, "part from voxel (%d, %d)", box->x0, box->y0);
	put_i16(h + 254, known ? 1 : 2); /* sform: of the scanner, or aligned with another file */
	put_place(h, part, box, mm);
	memcpy(h + 344, "n+1", 4);
	fwrite(h, 1, sizeof h, out);
}
