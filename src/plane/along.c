/* Views along the bone: planes through the middle of the slices, for the long-axis network. */
#include "plane/networks.h"

#include <math.h>
#include <string.h>

#include "slices/slices.h"

#define LINES 2 /* neighbouring lines averaged: half the noise, and still thin */
#define TAPS (4 * LINES)
#define HALF (size_t)(SLICE_PX / 2) /* columns of a channel */
#define UNIT 14 /* bits of the weights' fraction */

struct tap {
	uint16_t at[TAPS], weight[TAPS]; /* weights of a column add up to 1 << UNIT */
};

/* cos of 0, 22.5 .. 90 degrees */
static const double cosine[5] = { 1, 0.92387953251128674, 0.70710678118654752,
				  0.38268343236508977, 0 };
static const int offset[PLANE_LONG_PLANES] = { -4, 0, 4 };

/* A point between four pixels as their weights; `rest` takes what rounding left. */
static void point(double x, double y, struct tap *t, int line)
{
	const double last = SLICE_PX - 1.001;
	int unit = (1 << UNIT) / LINES;

	x = fmin(fmax(x, 0), last);
	y = fmin(fmax(y, 0), last);
	int x0 = (int)x, y0 = (int)y;
	int wx = (int)lround((x - x0) * 64), wy = (int)lround((y - y0) * 64);
	for (int k = 0; k < 4; k++) {
		int i = 4 * line + k;
		t->at[i] = (uint16_t)((y0 + k / 2) * SLICE_PX + x0 + k % 2);
		t->weight[i] = (uint16_t)((k % 2 ? wx : 64 - wx) * (k / 2 ? wy : 64 - wy) * (unit / 4096));
	}
}

static void aim(int view, int plane, struct tap tap[SLICE_PX])
{
	double c = view <= 4 ? cosine[view] : -cosine[8 - view];
	double s = view <= 4 ? cosine[4 - view] : cosine[view - 4];
	const double middle = (SLICE_PX - 1) / 2.0;

	for (int j = 0; j < SLICE_PX; j++)
		for (int k = 0; k < LINES; k++) {
			double t = j - middle, o = offset[plane] + k - (LINES - 1) / 2.0;
			point(middle + t * c - o * s, middle + t * s + o * c, &tap[j], k);
		}
}

void plane_long_view(const uint8_t *slices, int rows, int view, uint8_t *out)
{
	struct tap tap[SLICE_PX];

	for (int plane = 0; plane < PLANE_LONG_PLANES; plane++) {
		aim(view, plane, tap);
		for (int j = 0; j < SLICE_PX; j++) {
			uint8_t *dst = out + (size_t)(2 * plane + j % 2) * (size_t)rows * HALF + (size_t)(j / 2);
			for (int r = 0; r < rows; r++) {
				const uint8_t *src = slices + (size_t)r * slice_bytes;
				unsigned sum = 1u << (UNIT - 1);
				for (int k = 0; k < TAPS; k++)
					sum += (unsigned)src[tap[j].at[k]] * tap[j].weight[k];
				dst[(size_t)r * HALF] = (uint8_t)(sum >> UNIT);
			}
		}
	}
}

struct along_job {
	struct plane_networks *nn;
	int first;
	float *logit;
};

static int fetch_one(void *arg, int item, int worker, struct err *err)
{
	struct along_job *job = arg;
	int rc = networks_fetch(job->nn, worker, job->first + item, err);

	return rc < 0 ? rc : networks_tick(job->nn, err);
}

static int look_one(void *arg, int view, int worker, struct err *err)
{
	struct along_job *job = arg;
	struct plane_networks *nn = job->nn;
	uint8_t *image = nn->worker[worker].image;

	plane_long_view(nn->window, PLANE_ROWS, view, image);
	int rc = networks_forward(nn, worker, NET_LONGAXIS, image,
				  job->logit + (size_t)view * PLANE_ROWS, err);
	return rc < 0 ? rc : networks_tick(nn, err);
}

int networks_along(void *user, int first, float *logit, struct err *err)
{
	struct plane_networks *nn = user;
	struct along_job job = { nn, first, logit };
	int n = nn->source->nslices, last = first + PLANE_ROWS < n ? first + PLANE_ROWS : n;

	int rc = networks_loop(nn, last - first, 0.5, fetch_one, &job, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < PLANE_ROWS; i++) /* behind the last slice it is repeated */
		memcpy(nn->window + (size_t)i * slice_bytes,
		       networks_slice(nn, first + i < n ? first + i : n - 1), slice_bytes);
	return networks_loop(nn, PLANE_LONG_VIEWS, 0.3, look_one, &job, err);
}
