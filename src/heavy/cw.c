/* CW at its native size: every slice, cropped to where the bone is, before or after the plane. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heavy/solution.h"
#include "plane/plane.h"

#define HU_LOW 0.0f
#define HU_HIGH 1900.0f
#define SHARE 0.03 /* of bone in a plane across x or y that belongs to the crop */
#define CLOSING 5
#define BATCH 8
#define LEAST 32   /* voxels of a side */

struct box {
	int x0, nx, y0, ny;
};

/* First to last place whose count exceeds `least`; the last one is left out, as the published script does. */
static void range(const long *count, int n, double least, int *from, int *length)
{
	int first = -1, last = -1;

	for (int i = 0; i < n; i++)
		if ((double)count[i] > least) {
			first = first < 0 ? i : first;
			last = i;
		}
	*from = first;
	*length = last - first;
}

/* The published rule for this bone alone; it takes shares of nx * nz for both axes. */
static int crop(struct heavy_run *run, float *hu, struct box *box, struct gppi_error *err)
{
	struct heavy_volume *v = run->volume;
	long in_x[HEAVY_SIDE_MAX] = { 0 }, in_y[HEAVY_SIDE_MAX] = { 0 };
	double least = SHARE * v->nx * (double)v->nz;
	int rc = 0;

	for (int k = 0; k < v->nz && rc == 0; k++) {
		rc = heavy_volume_slice(v, k, hu, err);
		for (int y = 0; y < v->ny && rc == 0; y++)
			for (int x = 0; x < v->nx; x++) {
				float u = hu[(size_t)y * (size_t)v->nx + (size_t)x];
				int bone = u >= HU_LOW && u <= HU_HIGH;
				in_x[x] += bone;
				in_y[y] += bone;
			}
	}
	range(in_x, v->nx, least, &box->x0, &box->nx);
	range(in_y, v->ny, least, &box->y0, &box->ny);
	if (rc == 0 && (box->nx < LEAST || box->ny < LEAST))
		rc = err_set(err, GPPI_E_NOBONE, "%s: too little is between %.0f and %.0f HU for CW's crop",
			     scan_info(v->scan)->path, HU_LOW, HU_HIGH);
	return rc;
}

/* before[k]: class 1 is the likelier one. First axis x, values as they are. */
static int classify(struct heavy_run *run, const struct box *box, float *hu, float *input, uint8_t *before,
		    struct gppi_error *err)
{
	struct heavy_volume *v = run->volume;
	const int64_t shape[] = { 1, box->nx, box->ny };
	const size_t each[] = { 2 }, image = (size_t)box->nx * (size_t)box->ny;
	float logit[2 * BATCH], *out[] = { logit };
	int rc = 0;

	for (int k = 0; k < v->nz && rc == 0; k += BATCH) {
		int n = v->nz - k < BATCH ? v->nz - k : BATCH;
		for (int i = 0; i < n && rc == 0; i++) {
			rc = heavy_volume_slice(v, k + i, hu, err);
			for (int x = 0; x < box->nx; x++)
				for (int y = 0; y < box->ny; y++)
					input[(size_t)i * image + (size_t)x * (size_t)box->ny + (size_t)y] =
						hu[(size_t)(box->y0 + y) * (size_t)v->nx + (size_t)(box->x0 + x)];
		}
		if (rc == 0)
			rc = heavy_forward(run, input, n, shape, 3, out, each, 1, err);
		for (int i = 0; i < n && rc == 0; i++) {
			const float *of = logit + 2 * (size_t)i;
			before[k + i] = of[1] > of[0];
		}
	}
	return rc;
}

int heavy_cw(struct heavy_run *run, double *plane, struct gppi_error *err)
{
	struct heavy_volume *v = run->volume;
	struct box box = { 0 };
	float *input = NULL;
	int rc = GPPI_E_NOMEM;

	*plane = NAN;
	float *hu = heavy_floats((size_t)v->nx, (size_t)v->ny, 1, err);
	uint8_t *label = calloc(2, (size_t)v->nz);
	if (!hu || !label) {
		err_set(err, rc, "not enough memory for the heavy networks");
		goto end;
	}
	rc = crop(run, hu, &box, err);
	if (rc == 0 && !(input = heavy_floats((size_t)box.nx, (size_t)box.ny, BATCH, err)))
		rc = GPPI_E_NOMEM;
	if (rc == 0)
		rc = classify(run, &box, hu, input, label, err);
	if (rc == 0)
		plane_closing(label, v->nz, CLOSING, label + v->nz);
	/* the first slice after: training called slices before the plane 1 */
	for (int k = 0; k < v->nz && rc == 0 && isnan(*plane); k++)
		if (!label[v->nz + k])
			*plane = k;
end:
	free(hu);
	free(input);
	free(label);
	return rc;
}
