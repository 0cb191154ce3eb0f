/* The plane in pictures along the bone: the long-axis networks on one plane instead of three. */
#include "plane/picture.h"

#include "base/size.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The square of a volume is laid around its widest view; a picture may show another one. */
static const double wide[] = { 1.0, 1.15, 1.3 };
#define WIDTHS (int)(sizeof wide / sizeof *wide)
#define VIEWS (2 * WIDTHS)
/* Weight of what the pictures of a bone say together; the rest is the mean of what each says. Both have their strengths:
 * together they see the floor from two sides, each alone is what the networks have seen most of. */
#define TOGETHER 0.5

/* The picture stands for all three parallel planes; columns even and odd, as plane_long_view(). */
static void spread(const uint8_t *strip, uint8_t *image)
{
	const size_t plane = (size_t)PLANE_ROWS * (SLICE_PX / 2);

	for (int r = 0; r < PLANE_ROWS; r++)
		for (int j = 0; j < SLICE_PX; j++)
			image[(size_t)(j % 2) * plane + (size_t)r * (SLICE_PX / 2) + (size_t)(j / 2)] =
				strip[r * SLICE_PX + j];
	for (int k = 1; k < PLANE_LONG_PLANES; k++)
		memcpy(image + (size_t)k * 2 * plane, image, 2 * plane);
}

struct looks {
	uint8_t *strip, *image;
	float *seen, *logit;
	float sum[PLANE_ROWS];
};

static int looks_alloc(struct looks *l, int n, struct err *err)
{
	const size_t strip = (size_t)PLANE_ROWS * SLICE_PX, seen = (size_t)PLANE_SEEN_ROWS * PLANE_SEEN;
	size_t bytes = 0;

	memset(l, 0, sizeof *l);
	if (size_mul3((size_t)n, seen, sizeof *l->seen, &bytes)) {
		l->strip = malloc(strip);
		l->image = malloc(PLANE_LONG_PLANES * strip);
		l->seen = malloc(bytes);
		l->logit = malloc(PLANE_ROWS * sizeof *l->logit);
	}
	if (l->strip && l->image && l->seen && l->logit)
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
}

/* Adds what the rows of pictures `from` .. from + n - 1 say together. */
static int rows_add(struct net_run *run, struct looks *l, int from, int n, double weight, struct err *err)
{
	plane_long_together(l->seen + (size_t)from * PLANE_SEEN_ROWS * PLANE_SEEN, n, l->image);
	int rc = net_forward(run, l->image, l->logit, err);

	for (int r = 0; r < PLANE_ROWS && rc == 0; r++)
		l->sum[r] += (float)weight * l->logit[r];
	return rc;
}

int plane_pictures(const struct plane_models *models, struct net_run *run, const struct picture *pictures,
		   const struct strip_frame *frames, int n, struct plane_belief *out, struct err *err)
{
	struct looks l;
	int bone_first = frames[0].bone_first, nslices = frames[0].nslices;
	int rc = looks_alloc(&l, n, err);

	for (int i = 1; i < n; i++) { /* a side view may miss the tip of the knee */
		bone_first = frames[i].bone_first < bone_first ? frames[i].bone_first : bone_first;
		nslices = frames[i].nslices < nslices ? frames[i].nslices : nslices;
	}
	int first = bone_first - PLANE_LEAD < 0 ? 0 : bone_first - PLANE_LEAD;
	for (int v = 0; v < VIEWS && rc == 0; v++) { /* each width alone: two of them are no two sides of a bone */
		rc = net_run_use(run, models->longaxis, err);
		for (int i = 0; i < n && rc == 0; i++) {
			strip_extract(&pictures[i], &frames[i], wide[v / 2], v % 2, first, PLANE_ROWS, l.strip);
			spread(l.strip, l.image);
			rc = net_forward(run, l.image, l.seen + (size_t)i * PLANE_SEEN_ROWS * PLANE_SEEN, err);
		}
		if (rc == 0)
			rc = net_run_use(run, models->longaxis_rows, err);
		if (rc == 0)
			rc = rows_add(run, &l, 0, n, TOGETHER / VIEWS, err);
		for (int i = 0; i < n && rc == 0; i++)
			rc = rows_add(run, &l, i, 1, (1 - TOGETHER) / VIEWS / n, err);
	}
	if (rc == 0) {
		plane_belief_mean(out, first, PLANE_ROWS, l.sum, 1);
		if (nslices - first < out->n)
			out->n = nslices - first;
		struct plane_usual usual = plane_usual_picture;
		usual.most /= n; /* the more pictures, the less may have been missed */
		plane_belief_expect(out, bone_first, &usual);
	}
	looks_free(&l);
	return rc;
}
