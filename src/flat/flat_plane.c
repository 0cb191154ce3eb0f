/* The plane in pictures along the bone: the picture networks, which know how far each plane passes the bone's
 * middle. */
#include "flat/flat_plane.h"

#include "base/size.h"
#include "flat/crossing.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The square of a volume is laid around its widest view; a picture may show another one. */
static const double wide[] = { 1.0, 1.15, 1.3 };
#define WIDTHS (int)(sizeof wide / sizeof *wide)
#define VIEWS (2 * WIDTHS)
/* Weight of what the pictures of a bone say together; the rest is the mean of what each says. Both have their
 * strengths: together they see the floor from two sides, each alone is less led astray by what the other shows. */
#define TOGETHER 0.5

#define PLACE_FAR 16 /* of SLICE_PX columns: as far off the middle as a network is told (FAR in
		      * tools/train/pictures.py) */

/* Columns even and odd, as plane_longaxis_view(), then by which part of PLACE_FAR each row passes the bone's middle,
 * and whether that is known. beside: [PLANE_ROWS], of SLICE_PX; NAN unknown. */
static void compose(const uint8_t *strip, const double *beside, uint8_t *image)
{
	const size_t half = SLICE_PX / 2, channel = (size_t)PLANE_ROWS * half;

	for (size_t r = 0; r < PLANE_ROWS; r++) {
		bool known = !isnan(beside[r]);
		for (size_t j = 0; j < SLICE_PX; j++)
			image[j % 2 * channel + r * half + j / 2] = strip[r * SLICE_PX + j];
		memset(image + 2 * channel + r * half, known ? (int)lround(fmin(beside[r] / PLACE_FAR, 1) * 127) : 0,
		       half);
		memset(image + 3 * channel + r * half, known ? 127 : 0, half);
	}
}

struct looks {
	uint8_t *strip, *image;
	float *seen, *logit;
	double *middle;             /* [n][PLANE_ROWS] column of each picture's middle */
	double *beside;             /* [n][PLANE_ROWS] SLICE_PX columns by which each passes the bone's; NAN unknown */
	float says[PLANE_ROWS];     /* what all of them say together and each alone */
};

static int looks_alloc(struct looks *l, int n, struct gppi_error *err)
{
	const size_t strip = (size_t)PLANE_ROWS * SLICE_PX, seen = (size_t)PLANE_SEEN_ROWS * PLANE_SEEN;
	size_t bytes = 0;

	memset(l, 0, sizeof *l);
	if (size_mul3((size_t)n, seen, sizeof *l->seen, &bytes)) {
		l->strip = malloc(strip);
		l->image = malloc(PLANE_PICTURE_CHANNELS / 2 * strip);
		l->seen = malloc(bytes);
		l->logit = malloc(PLANE_ROWS * sizeof *l->logit);
		l->middle = calloc((size_t)n, PLANE_ROWS * sizeof *l->middle);
		l->beside = calloc((size_t)n, PLANE_ROWS * sizeof *l->beside);
	}
	if (l->strip && l->image && l->seen && l->logit && l->middle && l->beside)
		return 0;
	err_set(err, GPPI_E_NOMEM, "not enough memory for the pictures");
	return GPPI_E_NOMEM;
}

static void looks_free(struct looks *l)
{
	free(l->strip);
	free(l->image);
	free(l->seen);
	free(l->logit);
	free(l->middle);
	free(l->beside);
}

/* Adds what the rows of pictures `from` .. from + n - 1 say together. */
static int rows_add(struct net_run *run, struct looks *l, int from, int n, double weight, struct gppi_error *err)
{
	plane_longaxis_together(l->seen + (size_t)from * PLANE_SEEN_ROWS * PLANE_SEEN, n, l->image);
	int rc = net_forward(run, l->image, 1, l->logit, err);

	for (int r = 0; r < PLANE_ROWS && rc == 0; r++)
		l->says[r] += (float)(weight / VIEWS) * l->logit[r];
	return rc;
}

static int ask(const struct plane_models *models, struct net_run *run, const struct picture *pictures,
	       const struct strip_frame *frames, int n, int first, struct looks *l, struct gppi_error *err)
{
	int rc = 0;

	for (int v = 0; v < VIEWS && rc == 0; v++) { /* each width alone: two of them are no two sides of a bone */
		rc = net_run_use(run, models->net[PLANE_NET_PICTURE][0], err);
		for (int i = 0; i < n && rc == 0; i++) {
			strip_extract(&pictures[i], &frames[i], wide[v / 2], v % 2, first, PLANE_ROWS, l->strip);
			compose(l->strip, l->beside + (size_t)i * PLANE_ROWS, l->image);
			rc = net_forward(run, l->image, 1, l->seen + (size_t)i * PLANE_SEEN_ROWS * PLANE_SEEN, err);
		}
		if (rc == 0)
			rc = net_run_use(run, models->net[PLANE_NET_PICTURE_ROWS][0], err);
		if (rc == 0)
			rc = rows_add(run, l, 0, n, n > 1 ? TOGETHER : 1, err);
		for (int i = 0; i < n && n > 1 && rc == 0; i++)
			rc = rows_add(run, l, i, 1, (1 - TOGETHER) / n, err);
	}
	return rc;
}

int plane_pictures_cross(const struct picture *pictures, const struct strip_frame *frames, int n,
			 struct plane_crossings *out, struct gppi_error *err)
{
	int rc = 0;

	out->n = n <= PLANE_CROSSED_MAX ? n : 0;
	for (int i = 0; i < out->n && rc >= 0; i++) {
		out->at[i][i] = NAN;
		for (int k = i + 1; k < out->n && rc >= 0; k++) {
			int at_i, at_k;
			rc = strip_crossing(&pictures[i], &frames[i], &pictures[k], &frames[k], &at_i, &at_k, err);
			out->at[i][k] = rc > 0 ? at_i : NAN;
			out->at[k][i] = rc > 0 ? at_k : NAN;
		}
	}
	return rc < 0 ? rc : 0;
}

/* Columns of picture k by which the plane of picture i passes the bone's middle in a row; NAN: they do not cross. */
static double columns_beside(const struct looks *l, const struct plane_crossings *c, int i, int k, int row)
{
	return fabs(l->middle[(size_t)k * PLANE_ROWS + (size_t)row] - c->at[k][i]);
}

/* Where every picture's plane passes the bone, as those that cross it show. */
static int place(const struct picture *pictures, const struct strip_frame *frames, const struct plane_crossings *c,
		 int n, int first, struct looks *l, struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = strip_middles(&pictures[i], &frames[i], first, PLANE_ROWS, l->middle + (size_t)i * PLANE_ROWS,
				   err);
	for (int i = 0; i < n && rc == 0; i++) {
		double *beside = l->beside + (size_t)i * PLANE_ROWS;
		for (int r = 0; r < PLANE_ROWS; r++)
			beside[r] = NAN;
		for (int k = 0; k < c->n; k++)
			for (int r = 0; r < PLANE_ROWS; r++)
				beside[r] = fmax(beside[r], columns_beside(l, c, i, k, r) * SLICE_PX /
							    (STRIP_MARGIN * frames[k].width));
	}
	return rc;
}

/* Slices by which the plane of the picture nearest to it passes the bone's middle in a row; NAN: none shows it. */
static double nearest_beside(const struct looks *l, const struct strip_frame *frames, const struct plane_crossings *c,
			     int row)
{
	double nearest = NAN;

	for (int i = 0; i < c->n; i++) {
		double most = NAN;
		for (int k = 0; k < c->n; k++)
			most = fmax(most, columns_beside(l, c, i, k, row) / frames[k].per_slice);
		nearest = fmin(nearest, most);
	}
	return nearest;
}

int plane_pictures(const struct plane_models *models, struct net_run *run, const struct picture *pictures,
		   const struct strip_frame *frames, int n, const struct plane_crossings *crossings,
		   struct plane_belief *out, double *nearest, struct gppi_error *err)
{
	struct looks l;
	struct plane_usual usual = plane_usual_picture;
	int bone_first = frames[0].bone_first, nslices = frames[0].nslices;
	int rc = looks_alloc(&l, n, err);

	for (int i = 1; i < n; i++) { /* a side view may miss the tip of the knee */
		bone_first = frames[i].bone_first < bone_first ? frames[i].bone_first : bone_first;
		nslices = frames[i].nslices < nslices ? frames[i].nslices : nslices;
	}
	int first = bone_first - PLANE_LEAD < 0 ? 0 : bone_first - PLANE_LEAD;
	if (rc == 0)
		rc = place(pictures, frames, crossings, n, first, &l, err);
	if (rc == 0)
		rc = ask(models, run, pictures, frames, n, first, &l, err);
	if (rc < 0)
		goto end;
	plane_belief_mean(out, first, PLANE_ROWS, l.says, 1);
	if (nslices - first < out->n)
		out->n = nslices - first;
	usual.most /= n; /* the more pictures, the less may have been missed */
	plane_belief_expect(out, bone_first, &usual);
	int row = (int)fmin(fmax(plane_belief_verdict(out).plane - first, 0), PLANE_ROWS - 1); /* NAN is 0 */
	*nearest = nearest_beside(&l, frames, crossings, row);
end:
	looks_free(&l);
	return rc;
}
