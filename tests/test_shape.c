/* Masks grown, shrunk, closed and filled, beside the plainest way to do the same: every voxel beside every other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cpu.h"
#include "measure/distance.h"
#include "measure/sections.h"
#include "measure/shape.h"

static uint32_t seed;

/* Pieces of some voxels' size: each voxel is like the one before it most of the time. */
static uint8_t *random_mask(const struct grid *g, int share, int alike)
{
	uint8_t *v = malloc(grid_voxels(g));

	for (size_t i = 0; i < grid_voxels(g); i++) {
		seed = seed * 1664525u + 1013904223u;
		v[i] = i && (int)(seed >> 12) % 100 < alike ? v[i - 1] : (int)(seed >> 20) % 100 < share;
	}
	return v;
}

/* Squared distance of (x, y, z), which may lie outside, to the nearest voxel of the value; 1 << 30: there is none. */
static int nearest(const struct grid *g, const uint8_t *v, int value, int x, int y, int z)
{
	int best = 1 << 30;

	for (int c = 0; c < g->n[2]; c++)
		for (int b = 0; b < g->n[1]; b++)
			for (int a = 0; a < g->n[0]; a++) {
				const int d = (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z);
				best = v[grid_at(g, a, b, c)] == value && d < best ? d : best;
			}
	return best;
}

static void compare_balls(int nx, int ny, int nz, int share, int limit, int threads)
{
	struct grid g = { { nx, ny, nz }, { 1, 1, 1 } };
	uint8_t *v = random_mask(&g, share, 80), *out[2] = { malloc(grid_voxels(&g)), malloc(grid_voxels(&g)) };
	struct gppi_error err;

	memcpy(out[1], v, grid_voxels(&g)); /* in place */
	assert_int_equal(distance_balls(&g, v, false, limit, threads, out[0], &err), 0);
	assert_int_equal(distance_balls(&g, out[1], true, limit, threads, out[1], &err), 0);
	for (int z = 0; z < nz; z++)
		for (int y = 0; y < ny; y++)
			for (int x = 0; x < nx; x++) {
				size_t i = grid_at(&g, x, y, z);
				assert_int_equal(out[0][i], nearest(&g, v, 0, x, y, z) > limit);
				assert_int_equal(out[1][i], nearest(&g, v, 1, x, y, z) <= limit);
			}
	free(v);
	free(out[0]);
	free(out[1]);
}

static void test_balls(void **state)
{
	static const char *const level[] = { "scalar", "avx2", "avx512vnni", NULL };

	(void)state;
	for (int i = 0; level[i]; i++) {
		struct gppi_error err;
		assert_int_equal(cpu_limit(level[i], &err), 0);
		seed = 11;
		compare_balls(40, 19, 11, 3, 9, 2);
		compare_balls(33, 9, 8, 97, 8, 1);
		compare_balls(7, 20, 9, 50, 2, 3);
		compare_balls(18, 18, 9, 1, 150, 2);
		compare_balls(1, 1, 30, 20, 1, 2);
		compare_balls(20, 12, 5, 0, 16, 2);   /* nothing to be near to */
		compare_balls(20, 12, 5, 100, 16, 2);
	}
	cpu_limit(NULL, NULL);
}

/* Balls of whole-numbered radius; the closing of a mask lies between its columns. */
static void test_close(void **state)
{
	struct grid g = { { 21, 17, 9 }, { 1, 1, 1 } };
	const int r = 4, pad = 2 * r + 1;
	struct grid wide = { { g.n[0] + 2 * pad, g.n[1] + 2 * pad, g.n[2] }, { 1, 1, 1 } };
	uint8_t *v = NULL, *grown = malloc(grid_voxels(&wide));
	struct gppi_error err;

	(void)state;
	seed = 3;
	v = random_mask(&g, 2, 50);
	for (int z = 0; z < wide.n[2]; z++)
		for (int y = 0; y < wide.n[1]; y++)
			for (int x = 0; x < wide.n[0]; x++)
				grown[grid_at(&wide, x, y, z)] = nearest(&g, v, 1, x - pad, y - pad, z) <= r * r;
	uint8_t *out = malloc(grid_voxels(&g));
	assert_int_equal(shape_close(&g, v, r, false, 2, out, &err), 0);
	for (int z = 0; z < g.n[2]; z++)
		for (int y = 0; y < g.n[1]; y++)
			for (int x = 0; x < g.n[0]; x++)
				assert_int_equal(out[grid_at(&g, x, y, z)],
						 nearest(&wide, grown, 0, x + pad, y + pad, z) > r * r);
	memset(v, 0, grid_voxels(&g));
	assert_int_equal(shape_close(&g, v, r, true, 2, out, &err), 0);
	assert_memory_equal(out, v, grid_voxels(&g));
	free(v);
	free(out);
	free(grown);
}

/* A hole is what is left when the outside has grown until it grows no more. */
static void fill_slowly(int nx, int ny, uint8_t *v)
{
	bool more = true;

	for (int y = 0; y < ny; y++)
		for (int x = 0; x < nx; x++)
			if (!v[y * nx + x] && (x == 0 || y == 0 || x == nx - 1 || y == ny - 1))
				v[y * nx + x] = 2;
	while (more) {
		more = false;
		for (int y = 0; y < ny; y++)
			for (int x = 0; x < nx; x++)
				if (!v[y * nx + x] && (v[y * nx + x - 1] == 2 || v[y * nx + x + 1] == 2 ||
						       v[(y - 1) * nx + x] == 2 || v[(y + 1) * nx + x] == 2)) {
					v[y * nx + x] = 2;
					more = true;
				}
	}
	for (int i = 0; i < nx * ny; i++)
		v[i] = v[i] != 2;
}

static void test_fill(void **state)
{
	static const int side[][2] = { { 200, 90 }, { 64, 40 }, { 65, 33 }, { 5, 60 }, { 1, 1 }, { 129, 2 } };

	(void)state;
	seed = 7;
	for (size_t i = 0; i < sizeof side / sizeof *side; i++)
		for (int share = 25; share < 60; share += 10) {
			struct grid g = { { side[i][0], side[i][1], 3 }, { 1, 1, 1 } };
			uint8_t *v = random_mask(&g, share, 30), *out = malloc(grid_voxels(&g));
			struct gppi_error err;
			assert_int_equal(sections_fill(&g, v, 2, out, &err), 0);
			for (int z = 0; z < 3; z++)
				fill_slowly(g.n[0], g.n[1], v + grid_at(&g, 0, 0, z));
			assert_memory_equal(out, v, grid_voxels(&g));
			free(v);
			free(out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_balls), cmocka_unit_test(test_close),
					    cmocka_unit_test(test_fill) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
