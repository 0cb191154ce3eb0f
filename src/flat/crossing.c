#include "flat/crossing.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/size.h"

#define COLUMNS_MAX 1024
#define ROWS 320         /* more are averaged: half the noise, and still fine enough */
#define BONE_SHARE 0.05  /* of a column's pixels, without which it tells nothing */
#define EDGE 0.2         /* of the bone's width: its walls look alike in pictures that do not cross there */
#define BLOCK 8          /* columns whose products with all others stay in the nearest cache */
#define ALIKE 0.95       /* correlation of the same line in two pictures, at least, */
#define CLEARLY 3        /* and so many times nearer to 1 than that of any other place, */
#define EXACT 1e-3       /* (nearer than so much is the same, of a picture and itself all columns are) */
#define APART 6          /* farther away than so many columns */

/* Columns of a picture, rows averaged by `step`, each with mean 0 and length 1, or 0 at the bone's sides and where
 * there is no bone: [rows][w]. */
static void profiles(const struct picture *p, const struct strip_frame *f, int step, int rows, float *out)
{
	const double threshold = strip_bone_above(f), reach = (0.5 - EDGE) * f->width;

	for (int x = 0; x < p->w; x++) {
		double sum = 0, square = 0;
		int bone = 0;
		for (int r = 0; r < rows; r++) {
			int v = 0;
			for (int k = 0; k < step; k++) {
				int g = p->grey[(size_t)(r * step + k) * (size_t)p->w + (size_t)x];
				v += g;
				bone += g > threshold;
			}
			out[(size_t)r * (size_t)p->w + (size_t)x] = (float)v;
			sum += v;
			square += (double)v * v;
		}
		double mean = sum / rows, length = sqrt(fmax(square - sum * mean, 0));
		bool tells = length > 0 && bone > BONE_SHARE * p->h && fabs(x + 0.5 - f->centre) <= reach;
		double scale = tells ? 1 / length : 0;
		for (int r = 0; r < rows; r++) {
			float *v = &out[(size_t)r * (size_t)p->w + (size_t)x];
			*v = (float)(scale * (*v - mean));
		}
	}
}

/* alike[i][j]: correlation of column i of a with column j of b. */
static void correlate(const float *a, int wa, const float *b, int wb, int rows, float *alike)
{
	for (int first = 0; first < wa; first += BLOCK)
		for (int r = 0; r < rows; r++)
			for (int i = first; i < first + BLOCK && i < wa; i++) {
				const float v = a[(size_t)r * (size_t)wa + (size_t)i],
					    *other = b + (size_t)r * (size_t)wb;
				float *out = alike + (size_t)i * (size_t)wb;
				for (int j = 0; j < wb; j++)
					out[j] += v * other[j];
			}
}

/* The best place, and the correlation of the best one that is not beside it. */
static float best(const float *alike, int wa, int wb, int *at_i, int *at_j, float *next)
{
	float most = -1;

	*next = -1;
	for (int i = 0; i < wa; i++)
		for (int j = 0; j < wb; j++)
			if (alike[(size_t)i * (size_t)wb + (size_t)j] > most) {
				most = alike[(size_t)i * (size_t)wb + (size_t)j];
				*at_i = i;
				*at_j = j;
			}
	for (int i = 0; i < wa; i++)
		for (int j = 0; j < wb; j++)
			if (abs(i - *at_i) > APART || abs(j - *at_j) > APART)
				*next = fmaxf(*next, alike[(size_t)i * (size_t)wb + (size_t)j]);
	return most;
}

int strip_crossing(const struct picture *a, const struct strip_frame *frame_a, const struct picture *b,
		   const struct strip_frame *frame_b, int *at_a, int *at_b, struct gppi_error *err)
{
	int step = (a->h + ROWS - 1) / ROWS, rows = a->h / step;
	size_t size_a, size_b, size_c;
	float *pa = NULL, *pb = NULL, *alike = NULL, next;
	int rc = 0;

	*at_a = *at_b = 0;
	if (a->w > COLUMNS_MAX || b->w > COLUMNS_MAX || a->h != b->h)
		return 0;
	if (size_mul3((size_t)rows, (size_t)a->w, sizeof *pa, &size_a) &&
	    size_mul3((size_t)rows, (size_t)b->w, sizeof *pb, &size_b) &&
	    size_mul((size_t)a->w, (size_t)b->w, &size_c)) {
		pa = malloc(size_a);
		pb = malloc(size_b);
		alike = calloc(size_c, sizeof *alike);
	}
	if (!pa || !pb || !alike) {
		rc = err_set(err, GPPI_E_NOMEM, "not enough memory to compare the pictures");
		goto end;
	}
	profiles(a, frame_a, step, rows, pa);
	profiles(b, frame_b, step, rows, pb);
	correlate(pa, a->w, pb, b->w, rows, alike);
	float most = best(alike, a->w, b->w, at_a, at_b, &next);
	rc = most >= ALIKE && 1 - next >= CLEARLY * fmax(1 - most, EXACT);
end:
	free(pa);
	free(pb);
	free(alike);
	return rc;
}
