/* What the networks are shown: slices turned, mirrored and resampled, and planes along the bone. */
#include "plane_case.h"

#include "slices/slices.h"

static void views_are_the_eight_symmetries(void **s)
{
	static const int sides[] = { 1, 2, 5, 48, SLICE_PX }, inverse[PLANE_TURNS] = { 0, 1, 2, 3, 4, 6, 5, 7 };
	static uint8_t in[3 * SLICE_BYTES], out[PLANE_TURNS][3 * SLICE_BYTES], back[3 * SLICE_BYTES];

	(void)s;
	for (int i = 0; i < 3 * SLICE_BYTES; i++)
		in[i] = random_bits() & 127;
	for (int t = 0; t < 5; t++) {
		int side = sides[t], bytes = 3 * side * side;
		for (int v = 0; v < PLANE_TURNS; v++) {
			plane_turned(in, side, 3, v, out[v]);
			for (int i = 0; i < bytes; i++) {
				int y = i / side % side, x = i % side;
				int row = v & 4 ? x : y, col = v & 4 ? y : x;
				row = v & 2 ? side - 1 - row : row;
				col = v & 1 ? side - 1 - col : col;
				assert_int_equal(out[v][i], in[i / (side * side) * side * side + row * side + col]);
			}
			for (int u = 0; u < v && side > 2; u++)
				assert_memory_not_equal(out[u], out[v], (size_t)bytes);
			plane_turned(out[v], side, 3, inverse[v], back);
			assert_memory_equal(back, in, (size_t)bytes);
		}
	}
}

/* The pixel at a point between four, with its place rounded to a 64th as the specification says. */
static double bilinear(const uint8_t *slice, double x, double y, int rounded)
{
	x = fmin(fmax(x, 0), SLICE_PX - 1);
	y = fmin(fmax(y, 0), SLICE_PX - 1);
	if (rounded) {
		x = round(x * 64) / 64;
		y = round(y * 64) / 64;
	}
	int x0 = x < SLICE_PX - 1 ? (int)x : SLICE_PX - 2, y0 = y < SLICE_PX - 1 ? (int)y : SLICE_PX - 2;
	const uint8_t *p = slice + (size_t)y0 * SLICE_PX + x0;
	double u = x - x0, v = y - y0;
	return (1 - v) * ((1 - u) * p[0] + u * p[1]) + v * ((1 - u) * p[SLICE_PX] + u * p[SLICE_PX + 1]);
}

static double long_pixel(const uint8_t *slice, int view, int plane, int column, int rounded)
{
	double angle = view * acos(-1) / 8, along = column - 47.5, sum = 0;

	for (int line = 0; line < 2; line++) { /* two lines half a pixel on either side */
		double across = 4 * (plane - 1) + line - 0.5;
		sum += bilinear(slice, 47.5 + along * cos(angle) - across * sin(angle),
				47.5 + along * sin(angle) + across * cos(angle), rounded) / 2;
	}
	return sum;
}

static void long_views_are_planes_through_the_middle(void **s)
{
	enum { ROWS = 3, HALF = SLICE_PX / 2 };
	static uint8_t slices[ROWS * SLICE_BYTES], turned[ROWS * SLICE_BYTES],
		out[2 * PLANE_LONGAXIS_PLANES * ROWS * HALF + 1];
	double sum = 0, worst = 0;

	(void)s;
	for (int i = 0; i < SLICE_BYTES; i++) { /* noise, a slope, an edge */
		slices[i] = random_bits() & 127;
		slices[SLICE_BYTES + i] = (uint8_t)(i % SLICE_PX + i / SLICE_PX / 4);
		slices[2 * SLICE_BYTES + i] = i % SLICE_PX > 30 ? 127 : 0;
	}
	const size_t size = sizeof slices / ROWS;
	const uint8_t *const some[2] = { slices + size, slices + 2 * size };
	plane_longaxis_turn(&(const uint8_t *){ slices }, 0, 1, ROWS, turned);
	plane_longaxis_turn(some, 1, 2, ROWS, turned);
	for (int view = 0; view < PLANE_LONGAXIS_VIEWS; view++) {
		out[sizeof out - 1] = 213;
		plane_longaxis_view(turned, ROWS, view, out);
		assert_int_equal(out[sizeof out - 1], 213);
		for (int i = 0; i < 2 * PLANE_LONGAXIS_PLANES * ROWS * HALF; i++) {
			int channel = i / (ROWS * HALF), row = i / HALF % ROWS, column = 2 * (i % HALF) + channel % 2;
			const uint8_t *slice = slices + (size_t)row * (size_t)SLICE_BYTES;
			near(out[i], floor(long_pixel(slice, view, channel / 2, column, 1) + 0.5), 0);
			double off = fabs(out[i] - long_pixel(slice, view, channel / 2, column, 0));
			assert_true(row == 0 || off < 1.6);
			worst = fmax(worst, off);
			sum += off / (2 * PLANE_LONGAXIS_PLANES * ROWS * HALF * PLANE_LONGAXIS_VIEWS);
		}
	}
	assert_true(worst < 127 / 64.0 + 0.51); /* the most that rounding places can do */
	assert_true(sum < 0.4);
}

/* The mean over the views, rounded, what is below 0 or above 1 cut off, a channel's rows together. */
static void views_are_taken_together(void **s)
{
	enum { VIEWS = 3, N = PLANE_SEEN_ROWS * PLANE_SEEN };
	static float seen[VIEWS * N];
	static uint8_t out[N + 1];
	int cut[2] = { 0, 0 };

	(void)s;
	for (int i = 0; i < VIEWS * N; i++)
		seen[i] = (float)(random_bits() % 2000) / 1000 - 0.5f;
	for (int views = 1; views <= VIEWS; views += 2) {
		out[N] = 213;
		plane_longaxis_together(seen, views, out);
		assert_int_equal(out[N], 213);
		for (int r = 0; r < PLANE_SEEN_ROWS; r++)
			for (int c = 0; c < PLANE_SEEN; c++) {
				double mean = 0;
				for (int v = 0; v < views; v++)
					mean += (double)seen[v * N + r * PLANE_SEEN + c] / views;
				near(out[c * PLANE_SEEN_ROWS + r], fmin(fmax(127 * mean, 0), 127), 0.5001);
				cut[0] += mean < 0;
				cut[1] += mean > 1;
			}
	}
	assert_true(cut[0] > 100 && cut[1] > 100);
}

static void resampled_slices_keep_their_centre(void **s)
{
	static uint8_t in[SLICE_BYTES], out[322 * 307];

	(void)s;
	for (int i = 0; i < SLICE_BYTES; i++)
		in[i] = random_bits() & 127;
	plane_resample(in, 10, SLICE_PX, SLICE_PX, out); /* pixels of the same size */
	assert_memory_equal(out, in, sizeof in);
	plane_resample(in, 0, SLICE_PX, SLICE_PX, out);
	assert_memory_equal(out, in, sizeof in);
	for (int i = 0; i < SLICE_BYTES; i++)
		in[i] = (uint8_t)(i % SLICE_PX);
	plane_resample(in, 20, 7, 51, out);
	for (int y = 0; y < 7; y++)
		for (int x = 0; x < 51; x++)
			near(out[y * 51 + x], floor(47.5 + (x - 25) * 0.5 + 0.5), 0);
	for (int i = 0; i < SLICE_BYTES; i++)
		in[i] = (uint8_t)(i / SLICE_PX);
	plane_resample(in, 31, 322, 307, out);
	for (int i = 0; i < 322 * 307; i++) {
		int row = i / 307;
		double at = 47.5 + (row - 160.5) * 10.0 / 31;
		assert_true(fabs(out[i] - fmin(fmax(at, 0), 95)) < 0.5001);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_are_the_eight_symmetries),
		cmocka_unit_test(long_views_are_planes_through_the_middle),
		cmocka_unit_test(views_are_taken_together),
		cmocka_unit_test(resampled_slices_keep_their_centre),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
