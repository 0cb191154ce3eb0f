/* The plane in pictures along the bone: the long-axis networks on one plane instead of three. */
#include "plane/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The square of a volume is laid around its widest view; a picture may show another one. */
static const double wide[] = { 1.0, 1.15, 1.3 };
#define WIDTHS (int)(sizeof wide / sizeof *wide)
#define VIEWS (2 * WIDTHS)

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

int plane_picture(const struct plane_models *models, struct net_run *run, const struct picture *picture,
		  const struct strip_frame *frame, struct plane_belief *out, struct err *err)
{
	const size_t strip_bytes = (size_t)PLANE_ROWS * SLICE_PX, seen = (size_t)PLANE_SEEN_ROWS * PLANE_SEEN;
	uint8_t *strip = malloc(strip_bytes), *image = malloc(PLANE_LONG_PLANES * strip_bytes);
	float *view = malloc((size_t)VIEWS * seen * sizeof *view), *logit = malloc((size_t)VIEWS * PLANE_ROWS * sizeof *logit);
	int first = frame->bone_first - PLANE_LEAD < 0 ? 0 : frame->bone_first - PLANE_LEAD, rc;

	if (!strip || !image || !view || !logit) {
		rc = err_set(err, GPPI_E_NOMEM, "not enough memory for a picture");
		goto end;
	}
	rc = net_run_use(run, models->longaxis, err);
	for (int v = 0; v < VIEWS && rc == 0; v++) {
		strip_extract(picture, frame, wide[v / 2], v % 2, first, PLANE_ROWS, strip);
		spread(strip, image);
		rc = net_forward(run, image, view + (size_t)v * seen, err);
	}
	if (rc == 0)
		rc = net_run_use(run, models->longaxis_rows, err);
	for (int v = 0; v < VIEWS && rc == 0; v++) { /* each width alone: two of them are no two sides of a bone */
		plane_long_together(view + (size_t)v * seen, 1, image);
		rc = net_forward(run, image, logit + (size_t)v * PLANE_ROWS, err);
	}
	if (rc < 0)
		goto end;
	plane_belief_mean(out, first, PLANE_ROWS, logit, VIEWS);
	if (frame->nslices - first < out->n)
		out->n = frame->nslices - first;
	plane_belief_expect(out, frame->bone_first, &plane_usual_picture);
end:
	free(strip);
	free(image);
	free(view);
	free(logit);
	return rc;
}
