/* Views along the bone: planes through the middle of the slices, for the long-axis networks. */
#include "plane/networks.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "plane/transpose.h"
#include "slices/slices.h"

#define LINES 2 /* neighbouring lines averaged: half the noise, and still thin */
#define TAPS (4 * LINES)
#define HALF (size_t)(SLICE_PX / 2) /* columns of a channel */
#define UNIT 14 /* bits of the weights' fraction */
#define BLOCK 64
#define TURNED 16 /* slices turned at a time */

struct tap {
	uint16_t at[TAPS], weight[TAPS]; /* weights of a column add up to 1 << UNIT */
};

/* cos of 0, 22.5 .. 90 degrees */
static const double cosine[5] = { 1, 0.92387953251128674, 0.70710678118654752,
				  0.38268343236508977, 0 };
static const int offset[PLANE_LONGAXIS_PLANES] = { -4, 0, 4 };

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

void plane_longaxis_turn(const uint8_t *const *slices, int first, int n, int rows, uint8_t *turned)
{
	int r = 0;

	turned += first;
	/* mostly they are in their order in memory */
	for (; r + 8 <= n && slices[r] + 7 * slice_bytes == slices[r + 7]; r += 8)
		for (size_t p = 0; p < slice_bytes; p += 8)
			transpose8(slices[r] + p, slice_bytes, turned + p * (size_t)rows + r, rows);
	for (; r < n; r++)
		for (size_t p = 0; p < slice_bytes; p++)
			turned[p * (size_t)rows + (size_t)r] = slices[r][p];
}

/* One column of a view: every row is the same sum of the row's pixels. */
static void column(const uint8_t *turned, size_t rows, const struct tap *t, uint8_t *out)
{
	const uint8_t *src[TAPS];
	uint8_t line[BLOCK];

	for (int k = 0; k < TAPS; k++)
		src[k] = turned + t->at[k] * rows;
	for (size_t first = 0; first < rows; first += BLOCK) {
		size_t n = rows - first < BLOCK ? rows - first : BLOCK;
		for (size_t r = 0; r < n; r++) {
			unsigned sum = 1u << (UNIT - 1);
			for (int k = 0; k < TAPS; k++)
				sum += (unsigned)src[k][first + r] * t->weight[k];
			line[r] = (uint8_t)(sum >> UNIT);
		}
		for (size_t r = 0; r < n; r++)
			out[(first + r) * HALF] = line[r];
	}
}

void plane_longaxis_view(const uint8_t *turned, int rows, int view, uint8_t *out)
{
	struct tap tap[SLICE_PX];

	for (int plane = 0; plane < PLANE_LONGAXIS_PLANES; plane++) {
		aim(view, plane, tap);
		for (int j = 0; j < SLICE_PX; j++)
			column(turned, (size_t)rows, &tap[j],
			       out + (size_t)(2 * plane + j % 2) * (size_t)rows * HALF + (size_t)(j / 2));
	}
}

_Static_assert(4 * PLANE_SEEN_ROWS == PLANE_ROWS, "for every four slices");

void plane_longaxis_together(const float *seen, int views, uint8_t *out)
{
	for (size_t c = 0; c < PLANE_SEEN; c++)
		for (size_t r = 0; r < PLANE_SEEN_ROWS; r++) {
			float sum = 0;
			for (size_t v = 0; v < (size_t)views; v++)
				sum += seen[(v * PLANE_SEEN_ROWS + r) * PLANE_SEEN + c];
			*out++ = (uint8_t)lroundf(fminf(fmaxf(sum * 127 / (float)views, 0), 127));
		}
}

struct longaxis_job {
	struct plane_networks *nn;
	int first;
};

static int turn_some(void *arg, int item, int worker, struct gppi_error *err)
{
	struct longaxis_job *job = arg;
	struct plane_networks *nn = job->nn;
	const uint8_t *slice[TURNED];
	int row = item * TURNED;

	(void)worker, (void)err;
	for (int i = 0; i < TURNED; i++)
		slice[i] = networks_slice(nn, job->first + row + i);
	plane_longaxis_turn(slice, row, TURNED, PLANE_ROWS, nn->window);
	return 0;
}

static int look_one(void *arg, int view, int worker, struct gppi_error *err)
{
	struct longaxis_job *job = arg;
	struct plane_networks *nn = job->nn;
	uint8_t *image = nn->worker[worker].image;

	plane_longaxis_view(nn->window, PLANE_ROWS, view, image);
	int rc = networks_forward(nn, worker, nn->models->net[PLANE_NET_LONGAXIS][0], image,
				  nn->seen + (size_t)view * PLANE_SEEN_ROWS * PLANE_SEEN, err);
	return rc < 0 ? rc : networks_tick(nn, err);
}

int networks_longaxis(void *user, int first, float *logit, struct gppi_error *err)
{
	struct plane_networks *nn = user;
	struct longaxis_job job = { nn, first };

	_Static_assert(PLANE_ROWS % TURNED == 0, "no slices are left over");
	int rc = parallel_for(nn->workers, PLANE_ROWS / TURNED, turn_some, &job, err);
	if (rc < 0)
		return rc;
	rc = networks_loop(nn, PLANE_LONGAXIS_VIEWS, 0.4, look_one, &job, err);
	if (rc < 0)
		return rc;
	plane_longaxis_together(nn->seen, PLANE_LONGAXIS_VIEWS, nn->together);
	nn->together_first = first;
	return networks_forward(nn, 0, nn->models->net[PLANE_NET_LONGAXIS_ROWS][0], nn->together, logit, err);
}

void networks_around(void *user, double plane, float out[PLANE_AROUND])
{
	const struct plane_networks *nn = user;

	plane_around(nn->together, plane - nn->together_first, out);
}
