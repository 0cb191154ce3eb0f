/* Pictures at another size: means as worked out in fractions, the same bits on every processor level, and nothing read
 * or written beyond rows. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "guarded.h"
#include "resample/resize.h"

static const int sides[][2] = { { 1, 1 }, { 1, 7 }, { 7, 1 }, { 2, 3 }, { 16, 16 }, { 33, 32 }, { 40, 39 }, { 31, 97 },
				{ 64, 16 }, { 97, 31 }, { 330, 224 }, { 330, 204 }, { 100, 224 }, { 642, 600 },
				{ 4096, 17 }, { 4096, 600 }, { 3, 2048 }, { 4096, 2048 } };
#define SIDES (int)(sizeof sides / sizeof *sides)

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = draw() % 4 ? (uint8_t)draw() : (uint8_t)(255 * (draw() % 2));
}

/* The mean below the box of output i, from the definition: twice the parts, so that centres are whole numbers. */
static int mean_of(const uint8_t *from, int n, int to, int i)
{
	long long width = 2LL * (n > to ? n : to), lo = (2LL * i + 1) * n - width / 2, sum = 0, unit = 2LL * to;

	for (long long k = lo - lo % unit - unit; k < lo + width; k += unit) { /* an input is k .. k + unit */
		long long a = k > lo ? k : lo, b = k + unit < lo + width ? k + unit : lo + width, at = k / unit;
		if (b > a)
			sum += (b - a) * from[at < 0 ? 0 : at >= n ? n - 1 : at];
	}
	return (int)((2 * sum + width) / (2 * width)); /* halves upwards */
}

static void test_rows(void **state)
{
	(void)state;
	for (int s = 0; s < SIDES; s++) {
		int n = sides[s][0], to = sides[s][1];
		struct resize r;
		uint8_t from[4096], out[2048], work[2048];

		fill(from, (size_t)n);
		assert_int_equal(resize_init(&r, n, 1, to, 1), 0);
		resize_picture(&r, from, work, out);
		for (int i = 0; i < to; i++)
			assert_int_equal(out[i], mean_of(from, n, to, i));
		resize_free(&r);
		/* the same as a column */
		assert_int_equal(resize_init(&r, 1, n, 1, to), 0);
		resize_picture(&r, from, from, out); /* one column stays as it is */
		for (int i = 0; i < to; i++)
			assert_int_equal(out[i], mean_of(from, n, to, i));
		resize_free(&r);
	}
}

/* Sums that are halves, or just below, for every divisor there is. */
static void test_rounding(void **state)
{
	(void)state;
	for (int n = 1; n <= 4096; n++) {
		uint8_t from[4096], out;
		struct resize r;

		for (int pass = 0; pass < 3; pass++) { /* the mean is v + 1/2, less 1/n, and just below v */
			int v = (int)(draw() % 254) + 1, up = (pass == 0 ? n + 1 : pass == 1 ? n - 1 : 2 * n - 1) / 2;
			memset(from, v, (size_t)n);
			memset(from, v + 1, (size_t)up);
			assert_int_equal(resize_init(&r, n, 1, 1, 1), 0);
			resize_kernels_c.across(&r.across, from, &out);
			assert_int_equal(out, 2 * up >= n ? v + 1 : v);
			resize_free(&r);
		}
	}
}

#if defined(__x86_64__)
static void test_levels_agree(void **state)
{
	(void)state;
	if (lacks_avx2())
		skip();
	for (int round = 0; round < 200; round++) {
		const int *a = sides[draw() % (SIDES - 1)];
		int w = round % 2 ? a[0] : 1 + (int)(draw() % 300), to_w = round % 2 ? a[1] : 1 + (int)(draw() % 200);
		int h = 1 + (int)(draw() % 40), to_h = 1 + (int)(draw() % 40);
		size_t bytes = (size_t)w * (size_t)h, out_bytes = (size_t)to_w * (size_t)to_h;
		struct guarded from = guard(bytes), work = guard((size_t)to_w * (size_t)h), out = guard(out_bytes);
		uint8_t *want = malloc(out_bytes);
		struct resize r;

		assert_non_null(want);
		assert_int_equal(resize_init(&r, w, h, to_w, to_h), 0);
		fill((uint8_t *)from.at, bytes);
		assert_int_equal(cpu_limit("scalar", NULL), 0);
		resize_picture(&r, (uint8_t *)from.at, (uint8_t *)work.at, want);
		assert_int_equal(cpu_limit("avx2", NULL), 0);
		assert_ptr_equal(resize_kernels(), &resize_kernels_avx2);
		resize_picture(&r, (uint8_t *)from.at, (uint8_t *)work.at, (uint8_t *)out.at);
		assert_memory_equal(out.at, want, out_bytes);
		resize_free(&r);
		free(want);
		unguard(&from);
		unguard(&work);
		unguard(&out);
	}
	assert_int_equal(cpu_limit("", NULL), 0);
}

/* All voxels, with windows that rise, fall, and hold nothing. */
static void test_greys(void **state)
{
	(void)state;
	static const float windows[][2] = { { 0.0127F, 63.9F }, { -0.031F, 17.2F }, { 255, -3 }, { 0, 128 },
					    { 1e30F, -1e30F }, { NAN, 1 } };

	if (lacks_avx2())
		skip();
	for (size_t q = 0; q < sizeof windows / sizeof *windows; q++)
		for (int n = 0; n < 65536; n = n < 80 ? n + 1 : 2 * n + 1) {
			struct guarded in = guard((size_t)n * sizeof(int16_t)), out = guard((size_t)n);
			int16_t *v = (int16_t *)(void *)in.at;
			uint8_t *want = malloc((size_t)n + 1);
			assert_non_null(want);
			for (int i = 0; i < n; i++)
				v[i] = (int16_t)(INT16_MIN + 65535LL * i / (n > 1 ? n - 1 : 1));
			resize_kernels_c.greys(v, n, windows[q][0], windows[q][1], want);
			resize_kernels_avx2.greys(v, n, windows[q][0], windows[q][1], (uint8_t *)out.at);
			assert_memory_equal(out.at, want, (size_t)n);
			free(want);
			unguard(&in);
			unguard(&out);
		}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rounding),
#if defined(__x86_64__)
		cmocka_unit_test(test_levels_agree),
		cmocka_unit_test(test_greys),
#endif
	};

	print_message("random pictures from seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
