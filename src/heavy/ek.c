/* EK: the middle planes along x and y and their blend as the colours of one picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heavy/solution.h"

#define SIDE 512
#define HU_LOW (-500.0f)  /* window of 2000 about 500 */
#define HU_HIGH 1500.0f

/* To 0..255 between least and greatest value, cut to whole numbers as the published script does. */
static void stretch(float *v, size_t n)
{
	float low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < n; i++) {
		low = v[i] < low ? v[i] : low;
		high = v[i] > high ? v[i] : high;
	}
	for (size_t i = 0; i < n; i++)
		v[i] = high > low ? (float)trunc(((double)v[i] - low) / ((double)high - low) * 255) : 0;
}

/* The first 512 rows and columns of a picture of n rows, zeros behind its last ones. */
static void place(const float *v, int n, int width, float *out)
{
	int rows = n < SIDE ? n : SIDE, columns = width < SIDE ? width : SIDE;

	memset(out, 0, (size_t)SIDE * SIDE * sizeof *out);
	for (int z = 0; z < rows; z++)
		memcpy(out + (size_t)z * SIDE, v + (size_t)z * (size_t)width, (size_t)columns * sizeof *out);
}

/* Rows are slices: along[0] the plane in the middle of x, along[1] of y. */
static int gather(struct heavy_run *run, float *hu, float *const along[2], struct gppi_error *err)
{
	struct heavy_volume *v = run->volume;
	int rc = 0;

	for (int k = 0; k < v->nz && rc == 0; k++) {
		rc = heavy_volume_slice(v, k, hu, err);
		for (int y = 0; y < v->ny && rc == 0; y++)
			along[0][(size_t)k * (size_t)v->ny + (size_t)y] =
				hu[(size_t)y * (size_t)v->nx + (size_t)(v->nx / 2)];
		if (rc == 0)
			memcpy(along[1] + (size_t)k * (size_t)v->nx, hu + (size_t)(v->ny / 2) * (size_t)v->nx,
			       (size_t)v->nx * sizeof *hu);
	}
	return rc;
}

static void picture(const struct heavy_volume *v, float *const along[2], float *out)
{
	static const float mean[] = { 0.485f, 0.456f, 0.406f }, deviation[] = { 0.229f, 0.224f, 0.225f };
	const size_t image = (size_t)SIDE * SIDE;

	for (int c = 0; c < 2; c++) {
		int width = c ? v->nx : v->ny;
		size_t n = (size_t)v->nz * (size_t)width;
		for (size_t i = 0; i < n; i++)
			along[c][i] = fminf(fmaxf(along[c][i], HU_LOW), HU_HIGH);
		stretch(along[c], n);
		place(along[c], v->nz, width, out + (size_t)c * image);
	}
	for (size_t i = 0; i < image; i++)
		out[2 * image + i] = 0.5f * out[i] + 0.5f * out[image + i];
	stretch(out + 2 * image, image);
	for (size_t i = 0; i < 3 * image; i++)
		out[i] = (out[i] - mean[i / image] * 255) / (deviation[i / image] * 255);
}

int heavy_ek(struct heavy_run *run, double *plane, struct gppi_error *err)
{
	static const int64_t shape[] = { 3, SIDE, SIDE };
	const struct heavy_volume *v = run->volume;
	const size_t each[] = { 1 };
	float share = NAN, *out[] = { &share };
	int rc = GPPI_E_NOMEM;

	*plane = NAN;
	float *hu = heavy_floats((size_t)v->nx, (size_t)v->ny, 1, err), *input = heavy_floats(3, SIDE, SIDE, err);
	float *along[] = { heavy_floats((size_t)v->nz, (size_t)v->ny, 1, err),
			   heavy_floats((size_t)v->nz, (size_t)v->nx, 1, err) };
	if (hu && input && along[0] && along[1])
		rc = gather(run, hu, along, err);
	if (rc == 0) {
		picture(v, along, input);
		rc = heavy_forward(run, input, 1, shape, 3, out, each, 1, err);
	}
	if (rc == 0)
		*plane = (double)share * SIDE;
	free(hu);
	free(input);
	free(along[0]);
	free(along[1]);
	return rc;
}
