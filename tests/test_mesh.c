/* The surface as triangles, the structure model index, and the mid-axes of bone, of bodies whose values geometry
 * gives. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bodies.h"
#include "measure/measures.h"
#include "near.h"

#define PI 3.14159265358979323846
#define MM 0.01

static struct surface surface_of(const struct grid *g, const uint8_t *v, const uint8_t *where, int threads)
{
	struct surface all = { 0, 0, 0 }, *by_slice = calloc((size_t)g->n[2], sizeof *by_slice);
	struct grey smooth;
	struct gppi_error err = { 0 };

	assert_non_null(by_slice);
	assert_int_equal(mesh_smooth(g, v, threads, &smooth, &err), 0);
	assert_int_equal(mesh_measure(&smooth, where, 0, g->n[2] - 1, threads, by_slice, &err), 0);
	for (int z = 0; z < g->n[2]; z++)
		mesh_add(&all, &by_slice[z]);
	grey_free(&smooth);
	free(by_slice);
	return all;
}

static struct surface surface_of_body(body_fn body, int nx, int ny, int nz)
{
	struct grid g;
	uint8_t *v = body_make(body, nx, ny, nz, &g);

	assert_non_null(v);
	struct surface s = surface_of(&g, v, NULL, 2);
	free(v);
	return s;
}

static bool slanted_rod(const int n[3], double x, double y, double z)
{
	const double d[3] = { x - n[0] / 2.0, y - n[1] / 2.0, z - n[2] / 2.0 },
		     t = 0.36 * d[0] + 0.48 * d[1] + 0.8 * d[2];
	return d[0] * d[0] + d[1] * d[1] + d[2] * d[2] - t * t < 25;
}

static bool ring(const int n[3], double x, double y, double z)
{
	double a = hypot(x - n[0] / 2.0, y - n[1] / 2.0) - 24, b = z - n[2] / 2.0;
	return a * a + b * b < 49;
}

static bool hole(const int n[3], double x, double y, double z)
{
	return !body_sphere(n, x, y, z);
}

/* A ball of radius 20: 4 pi r^2, 8 pi r more for each unit outwards, 4/3 pi r^3. */
static void test_ball(void **state)
{
	struct surface s = surface_of_body(body_sphere, 60, 60, 60);

	(void)state;
	near(s.area / (4 * PI * 400 * MM * MM), 1, 0.01);
	near(s.growth / (8 * PI * 20 * MM), 1, 0.01);
	near(s.volume / (4.0 / 3 * PI * 8000 * MM * MM * MM), 1, 0.01);
}

/* 4 of balls, 3 of rods and rings, 0 of plates and of a surface that bends as much one way as the other. */
static void test_smi(void **state)
{
	struct surface ball = surface_of_body(body_sphere, 60, 60, 60), rods = surface_of_body(body_rods, 96, 96, 20);
	struct surface slanted = surface_of_body(slanted_rod, 80, 80, 80), torus = surface_of_body(ring, 80, 80, 40);
	struct surface plates = surface_of_body(body_plates6, 80, 20, 20),
		       gyroid = surface_of_body(body_gyroid, 80, 80, 80);
	struct surface hollow = surface_of_body(hole, 60, 60, 60);

	(void)state;
	near(mesh_smi(&ball), 4, 0.06);
	near(mesh_smi(&rods), 3, 0.12);
	near(mesh_smi(&slanted), 3, 0.06);
	near(mesh_smi(&torus), 3, 0.06);
	near(mesh_smi(&plates), 0, 1e-9);
	near(mesh_smi(&gyroid), 0, 0.01);
	near(hollow.growth / ball.growth, -1, 0.001); /* concave */
	near(hollow.area / ball.area, 1, 1e-6);
}

/* Of parts that make up the block: as much as of all of it. */
static void test_parts(void **state)
{
	struct grid g;
	uint8_t *v = body_make(body_lattice, 48, 48, 48, &g), *where = malloc(grid_voxels(&g));
	struct surface all, sum = { 0, 0, 0 };

	(void)state;
	assert_true(v && where);
	all = surface_of(&g, v, NULL, 1);
	for (int part = 0; part < 2; part++) {
		for (size_t i = 0; i < grid_voxels(&g); i++)
			where[i] = (i * 2654435761u >> 7 & 1) == (unsigned)part;
		struct surface s = surface_of(&g, v, where, 3);
		mesh_add(&sum, &s);
	}
	near(sum.area / all.area, 1, 1e-9);
	near(sum.growth / all.growth, 1, 1e-9);
	near(sum.volume / all.volume, 1, 1e-9);
	free(v);
	free(where);
}

static struct measures measured(body_fn body, int n, unsigned also)
{
	struct grid g;
	uint8_t *v = body_make(body, n, n, n, &g);
	struct measure_input in = { .grid = g, .bone = v, .last = n - 1, .also = also, .threads = 2 };
	struct measures m;
	struct gppi_error err = { 0 };

	assert_non_null(v);
	assert_int_equal(measures_make(&in, &m, &err), 0);
	free(v);
	return m;
}

/* Plates of 7 in a period of 21: the axis is one voxel, 20 lie between. Of 6 in 20: two voxels, 18 between. The block
 * ends at whole periods' middles, so that all gaps are alike but for both ends. */
static void test_mid_axes(void **state)
{
	struct measures odd = measured(body_plates7, 63, ALSO_TB_N_MID),
			even = measured(body_plates6, 60, ALSO_TB_N_MID);

	(void)state;
	/* ends: 10 voxels from the block's face to the axis, whose balls reach beyond it: 20 wide as well */
	near(1 / odd.value[MEASURE_TB_N_MID], 0.20, 1e-9);
	near(1 / even.value[MEASURE_TB_N_MID], 0.18, 1e-9);
	near(odd.value[MEASURE_TB_N], 1 / 0.24, 1e-6); /* 7 voxels read 8: (7 / 21) / 0.08 */
	measures_free(&odd);
	measures_free(&even);
}

static void test_on_request(void **state)
{
	struct measures without = measured(body_rods, 48, 0), with = measured(body_rods, 48, ALSO_SMI);

	(void)state;
	assert_true(isnan(without.value[MEASURE_SMI]) && without.why[MEASURE_SMI]);
	assert_true(isnan(without.value[MEASURE_TB_N_MID]) && without.why[MEASURE_TB_N_MID] &&
		    with.why[MEASURE_TB_N_MID]);
	near(with.value[MEASURE_SMI], 3, 0.12);
	measures_free(&without);
	measures_free(&with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ball), cmocka_unit_test(test_smi), cmocka_unit_test(test_parts),
		cmocka_unit_test(test_mid_axes), cmocka_unit_test(test_on_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
