/* Layers of the network over a block, against loops that are written down once more; the same bits with every
 * instruction set and on two threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cpu.h"
#include "measure/volume.h"

static uint32_t state = 1;

static float number(void)
{
	state = state * 1664525u + 1013904223u;
	return (float)(int32_t)state / 2147483648.0f;
}

static struct volume draw(int nx, int ny, int nz, int channels)
{
	const int n[3] = { nx, ny, nz };
	struct gppi_error err;
	struct volume v;

	assert_int_equal(volume_make(n, channels, &v, &err), 0);
	for (int z = 0; z < nz; z++)
		for (int y = 0; y < ny; y++)
			for (int i = 0; i < nx * channels; i++)
				volume_at(&v, 0, y, z)[i] = number();
	return v;
}

static float wanted(const struct volume *a, const struct volume_layer *l, int x, int y, int z, int out)
{
	float sum = l->bias[out];
	const float *w = l->w + out;

	for (int k = 0; k < 27; k++)
		for (int c = 0; c < l->in; c++, w += l->out)
			sum += *w * volume_at(a, x + k % 3 - 1, y + k / 3 % 3 - 1, z + k / 9 - 1)[c];
	return sum > 0 ? sum : 0;
}

static void check_conv(const struct volume *a, const struct volume_layer *l, int threads)
{
	struct gppi_error err;
	struct volume out;

	assert_int_equal(volume_conv(a, l, threads, &out, &err), 0);
	assert_int_equal(out.channels, l->out);
	for (int z = -1; z <= a->n[2]; z++)
		for (int y = -1; y <= a->n[1]; y++)
			for (int x = -1; x <= a->n[0]; x++)
				for (int c = 0; c < l->out; c++) {
					const int in = x >= 0 && y >= 0 && z >= 0 && x < a->n[0] && y < a->n[1] &&
						       z < a->n[2];
					const float should = in ? wanted(a, l, x, y, z, c) : 0;
					assert_memory_equal(&volume_at(&out, x, y, z)[c], &should, sizeof should);
				}
	volume_free(&out);
}

static void test_conv(void **unused)
{
	static const int size[][5] = { { 1, 1, 1, 4, 8 },   { 7, 3, 2, 4, 8 },    { 8, 2, 3, 8, 16 },
				       { 21, 2, 2, 16, 8 }, { 12, 4, 3, 32, 32 } };
	static const char *const level[] = { "scalar", NULL };

	(void)unused;
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		const int *s = size[i], count = 27 * s[3] * s[4];
		struct volume a = draw(s[0], s[1], s[2], s[3]);
		float *w = malloc((size_t)(count + s[4]) * sizeof *w);
		assert_non_null(w);
		for (int k = 0; k < count + s[4]; k++)
			w[k] = number();
		const struct volume_layer l = { s[3], s[4], w, w + count };
		for (int k = 0; k < 2; k++) {
			assert_int_equal(cpu_limit(level[k], NULL), 0);
			check_conv(&a, &l, 1 + k);
		}
		free(w);
		volume_free(&a);
	}
}

static void test_halve(void **unused)
{
	struct volume a = draw(6, 4, 2, 3), half;
	struct gppi_error err;

	(void)unused;
	assert_int_equal(volume_halve(&a, 2, &half, &err), 0);
	for (int y = 0; y < 2; y++)
		for (int x = 0; x < 3; x++)
			for (int c = 0; c < 3; c++) {
				double sum = 0;
				for (int k = 0; k < 8; k++)
					sum += (double)volume_at(&a, 2 * x + k % 2, 2 * y + k / 2 % 2, k / 4)[c];
				assert_true(fabs((double)volume_at(&half, x, y, 0)[c] - sum / 8) < 1e-6);
			}
	struct volume b = draw(6, 4, 2, 3), before = draw(6, 4, 2, 3);
	memcpy(before.v, b.v, sizeof(float) * 8 * 6 * 4 * 3);
	assert_int_equal(volume_add_up(&b, &half, 2, &err), 0);
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 6; x++)
			for (int z = 0; z < 2; z++)
				for (int c = 0; c < 3; c++) {
					const float *up = volume_at(&half, x / 2, y / 2, 0);
					const float sum = volume_at(&before, x, y, z)[c] + up[c];
					assert_memory_equal(&volume_at(&b, x, y, z)[c], &sum, sizeof sum);
				}
	volume_free(&a);
	volume_free(&b);
	volume_free(&before);
	volume_free(&half);
}

/* More than memory can hold is an error, not a small block. */
static void test_huge(void **unused)
{
	const int n[3] = { INT32_MAX - 2, INT32_MAX - 2, INT32_MAX - 2 };
	struct gppi_error err;
	struct volume v;

	(void)unused;
	assert_int_equal(volume_make(n, 32, &v, &err), GPPI_E_NOMEM);
	volume_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv),
		cmocka_unit_test(test_halve),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
