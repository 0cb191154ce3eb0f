/* SN: windows of 64 slices at half size in space; the one that is surest of holding the plane says where in it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heavy/solution.h"

#define DEEP 64
#define SIDE 224
#define HU_LOW (-1000.0f)
#define HU_HIGH 4000.0f
#define UNSURE (-100.0f) /* logit of a window without any contrast */

/* Adds a slice to its half-size image, first axis x, an eighth of each voxel. What is beyond the bone's volume stays 0,
 * and so does the last voxel of an odd row: the published resampling leaves it out. */
static void halve(const struct heavy_volume *v, const float *hu, float *out)
{
	int hx = (v->nx + 1) / 2, hy = (v->ny + 1) / 2;
	struct heavy_fit fx = heavy_fit(hx, SIDE, 1), fy = heavy_fit(hy, SIDE, 1);

	for (int y = 0; y < 2 * fy.count; y++) {
		int sy = 2 * fy.from + y;
		if (sy >= v->ny / 2 * 2)
			break;
		const float *row = hu + (size_t)sy * (size_t)v->nx;
		for (int x = 0; x < 2 * fx.count; x++) {
			int sx = 2 * fx.from + x;
			if (sx >= v->nx / 2 * 2)
				break;
			float u = row[sx];
			u = u < HU_LOW ? HU_LOW : u > HU_HIGH ? HU_HIGH : u;
			out[(size_t)(fx.to + x / 2) * SIDE + (size_t)(fy.to + y / 2)] += u / 8;
		}
	}
}

/* Mean 0 and standard deviation 1 of what is brighter than the mean; false: nothing is. */
static bool normalise(float *v, size_t n)
{
	double sum = 0, square = 0, mean;
	size_t bright = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	mean = sum / (double)n;
	sum = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i] > (float)mean) {
			sum += v[i];
			bright++;
		}
	if (bright < 2)
		return false;
	double centre = sum / (double)bright;
	for (size_t i = 0; i < n; i++)
		if (v[i] > (float)mean)
			square += (v[i] - centre) * (v[i] - centre);
	double deviation = sqrt(square / (double)(bright - 1));
	if (!(deviation > 0))
		return false;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)((v[i] - centre) / deviation);
	return true;
}

static int window(struct heavy_run *run, int start, float *hu, float *input, float *inside, float *place,
		  struct gppi_error *err)
{
	static const int64_t shape[] = { 1, DEEP / 2, SIDE, SIDE };
	const size_t image = (size_t)SIDE * SIDE, all = image * DEEP / 2, each[] = { 1, 1 };
	float *out[] = { inside, place };
	int rc = 0;

	memset(input, 0, all * sizeof *input);
	for (int k = 0; k < DEEP && rc == 0; k++) {
		rc = heavy_volume_slice(run->volume, start + k, hu, err);
		if (rc == 0)
			halve(run->volume, hu, input + (size_t)(k / 2) * image);
	}
	if (rc < 0)
		return rc;
	if (!normalise(input, all)) {
		*inside = UNSURE;
		*place = 0;
		return 0;
	}
	return heavy_forward(run, input, 1, shape, 4, out, each, 2, err);
}

int heavy_sn(struct heavy_run *run, double *plane, struct gppi_error *err)
{
	const struct heavy_volume *v = run->volume;
	float best = -INFINITY, inside, place;
	int rc = 0;

	*plane = NAN;
	if (v->nz < DEEP)
		return heavy_short(run, DEEP, err);
	float *hu = heavy_floats((size_t)v->nx, (size_t)v->ny, 1, err),
	      *input = heavy_floats(SIDE, SIDE, DEEP / 2, err);
	if (!hu || !input)
		rc = GPPI_E_NOMEM;
	for (int start = 0; start + DEEP <= v->nz && rc == 0; start += run->way->stride) {
		if (isfinite(run->near) &&
		    (start > run->near + HEAVY_NEAR || start + DEEP <= run->near - HEAVY_NEAR))
			continue;
		rc = window(run, start, hu, input, &inside, &place, err);
		if (rc == 0 && inside > best) { /* not a NaN */
			best = inside;
			*plane = start + (double)place * DEEP;
		}
	}
	free(hu);
	free(input);
	return rc;
}
