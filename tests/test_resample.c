/* The box filter's kernels: every processor level gives the bits of plain C and reads nothing
 * beyond its rows. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "guarded.h"
#include "resample/resample.h"

static void fill_voxels(int16_t *v, size_t n)
{
	static const int16_t extreme[] = { INT16_MIN, INT16_MAX, 0, -1 };

	for (size_t i = 0; i < n; i++)
		v[i] = draw() % 8 ? (int16_t)draw() : extreme[draw() % 4];
}

#if defined(__x86_64__)
static void test_columns(void **state)
{
	(void)state;
	static const int widths[] = { 1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 100, 257 };

	if (lacks_avx2())
		skip();
	for (size_t q = 0; q < sizeof widths / sizeof widths[0]; q++)
		for (int count = 1; count <= 9; count++) {
			int n = widths[q], stride = n + (int)(draw() % 3);
			int16_t fixed[10] = { 0 };
			size_t voxels = (size_t)stride * (size_t)(count - 1) + (size_t)n;
			struct guarded in = guard(voxels * sizeof(int16_t));
			struct guarded out = guard((size_t)n * sizeof(float));
			float want[257];
			struct resample_range range = { (int16_t)draw(), (int16_t)draw(), 0 };

			if (q % 3 == 0) /* no clipping at all */
				range = (struct resample_range){ INT16_MIN, INT16_MAX, 0 };
			if (range.lo > range.hi)
				range = (struct resample_range){ range.hi, range.lo, 0 };
			for (int t = 0; t < count; t++)
				fixed[t] = (int16_t)(draw() % 7 ? 8192 / count * (int)(draw() % 9) : 0);
			fill_voxels((int16_t *)(void *)in.at, voxels);
			resample_kernels_c.columns((int16_t *)(void *)in.at, (size_t)stride, fixed, count, n, range,
						   want);
			resample_kernels_avx2.columns((int16_t *)(void *)in.at, (size_t)stride, fixed, count, n, range,
						 (float *)(void *)out.at);
			assert_memory_equal(out.at, want, (size_t)n * sizeof(float));
			unguard(&in);
			unguard(&out);
		}
}

/* Whole slices: squares inside, across and outside the image, cells larger and smaller than voxels. */
static void test_levels_agree(void **state)
{
	(void)state;

	if (lacks_avx2())
		skip();
	for (int round = 0; round < 300; round++) {
		int nx = 1 + (int)(draw() % 150), ny = 1 + (int)(draw() % 150);
		int ox = 1 + (int)(draw() % 40), oy = 1 + (int)(draw() % 40);
		double lx = 0.3 * nx + draw() % 1000 / 700.0 * nx, ly = 0.3 * ny + draw() % 1000 / 700.0 * ny;
		double x0 = (draw() % 1000 / 500.0 - 1) * nx, y0 = (draw() % 1000 / 500.0 - 1) * ny;
		void *mx = malloc(resample_bytes(lx, ox)), *my = malloc(resample_bytes(ly, oy));
		struct resample bx, by;
		struct resample_range range = { (int16_t)-(int)(draw() % 32768), (int16_t)(draw() % 32768), -761.25F };

		assert_non_null(mx);
		assert_non_null(my);
		resample_init(&bx, mx, nx, x0, lx, ox);
		resample_init(&by, my, ny, y0, ly, oy);
		size_t rows = (size_t)(by.end - by.begin), cells = (size_t)ox * (size_t)oy;
		struct guarded in = guard(rows * (size_t)nx * sizeof(int16_t));
		struct guarded work = guard(resample_scratch(nx, ox)), out = guard(cells * sizeof(float));
		float *want = malloc(cells * sizeof(float));
		assert_non_null(want);
		fill_voxels((int16_t *)(void *)in.at, rows * (size_t)nx);
		assert_int_equal(cpu_limit("scalar", NULL), 0);
		resample_reduce(&bx, &by, (int16_t *)(void *)in.at, nx, range, work.at, want);
		assert_int_equal(cpu_limit("avx2", NULL), 0);
		assert_ptr_equal(resample_kernels(), &resample_kernels_avx2);
		resample_reduce(&bx, &by, (int16_t *)(void *)in.at, nx, range, work.at, (float *)(void *)out.at);
		assert_memory_equal(out.at, want, cells * sizeof(float));
		unguard(&in);
		unguard(&work);
		unguard(&out);
		free(want);
		free(mx);
		free(my);
	}
	assert_int_equal(cpu_limit("", NULL), 0);
}

/* Values within the window and beyond it, of lengths that leave some over. */
static void test_bytes(void **state)
{
	(void)state;
	if (lacks_avx2())
		skip();
	for (int n = 0; n < 100; n++) {
		float v[100];
		uint8_t want[100], out[101];
		for (int i = 0; i < n; i++)
			v[i] = (float)(int)(draw() % 9000) - 3000 + (float)(draw() % 16) / 16;
		resample_kernels_c.bytes(v, n, 127.0F / 4588, 39.72F, want);
		out[n] = 213;
		resample_kernels_avx2.bytes(v, n, 127.0F / 4588, 39.72F, out);
		assert_int_equal(out[n], 213);
		assert_memory_equal(out, want, (size_t)n);
	}
}
#endif

/* The fixed-point weights never leave 32 bits, and a uniform image stays uniform. */
static void test_uniform(void **state)
{
	(void)state;
	static const struct { int in, out; double start, length; } axes[] = {
		{ 450, 96, 100.3, 290.7 }, { 65535, 1, 0, 65535 }, { 65535, 192, 0, 65535 }, { 12, 96, 3.1, 5.2 },
		{ 3, 96, 0, 3 }, { 400, 96, -50, 500 }, { 1, 1, 0, 1 },
	};
	static const int16_t values[] = { INT16_MIN, -1417, 0, 1, INT16_MAX };

	for (size_t a = 0; a < sizeof axes / sizeof axes[0]; a++) {
		void *mem = malloc(resample_bytes(axes[a].length, axes[a].out)), *one = malloc(resample_bytes(1, 1));
		struct resample by, bx;
		int16_t *column = malloc(sizeof *column * (size_t)axes[a].in);
		void *work = malloc(resample_scratch(1, 1));
		float out[192];

		assert_true(mem && one && column && work);
		resample_init(&by, mem, axes[a].in, axes[a].start, axes[a].length, axes[a].out);
		resample_init(&bx, one, 1, 0, 1, 1);
		for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
			struct resample_range range = { INT16_MIN, INT16_MAX, values[v] };
			for (int i = 0; i < axes[a].in; i++)
				column[i] = values[v];
			resample_reduce(&bx, &by, column, 1, range, work, out);
			for (int j = 0; j < axes[a].out; j++) {
				float off = out[j] - (float)values[v];
				assert_true(off * off <= 0.01F * 0.01F);
			}
		}
		free(mem);
		free(one);
		free(column);
		free(work);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_levels_agree),
		cmocka_unit_test(test_bytes),
#endif
		cmocka_unit_test(test_uniform),
	};

	print_message("random rows from seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
