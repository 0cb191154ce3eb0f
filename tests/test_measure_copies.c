/* The same body reversed along z, turned, transposed, and by any number of threads: the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "bodies.h"
#include "measure/measures.h"
#include "near.h"

enum { BONE, TV, CORTEX, WALL, MASKS };

struct body {
	struct grid g;
	uint8_t *mask[MASKS];
};

/* An oblique shaft of an uneven width with struts, single voxels and pores: no symmetry hides a difference. */
static bool part(int which, double x, double y, double z)
{
	double a = (x - 30 - 0.05 * z) / 26, b = (y - 37) / 33, r = sqrt(a * a + b * b) + 0.03 * sin(0.3 * x + 0.2 * z);
	double w = sin(0.33 * x + 0.1 * z) * cos(0.41 * y) + sin(0.37 * y) * cos(0.29 * z) +
		   sin(0.31 * z + 0.07 * y) * cos(0.35 * x);
	int hash = ((int)x * 73 + (int)y * 179 + (int)z * 283) % 97;
	bool inside = r < 0.8, shell = r < 1 && !inside;

	if (which == TV)
		return inside;
	if (which == CORTEX)
		return shell;
	if (which == WALL)
		return !inside;
	return (shell && hash > 3) || (inside && (w > 0.45 || hash == 50));
}

static struct body body(void)
{
	struct body b = { .g = { { 64, 75, 50 }, { 0.01, 0.01, 0.01 } } };

	for (int m = 0; m < MASKS; m++) {
		uint8_t *p = b.mask[m] = malloc(grid_voxels(&b.g));
		assert_non_null(p);
		for (int z = 0; z < b.g.n[2]; z++)
			for (int y = 0; y < b.g.n[1]; y++)
				for (int x = 0; x < b.g.n[0]; x++)
					*p++ = part(m, x, y, z);
	}
	return b;
}

static void body_free(struct body *b)
{
	for (int m = 0; m < MASKS; m++)
		free(b->mask[m]);
}

enum copy { REVERSED, TURNED, TRANSPOSED, COPIES };

static struct body copy_of(const struct body *from, enum copy how)
{
	const int *n = from->g.n;
	struct body b = { .g = from->g };

	if (how != REVERSED) {
		b.g.n[0] = n[1];
		b.g.n[1] = n[0];
	}
	for (int m = 0; m < MASKS; m++) {
		const uint8_t *p = from->mask[m];
		b.mask[m] = malloc(grid_voxels(&b.g));
		assert_non_null(b.mask[m]);
		for (int z = 0; z < n[2]; z++)
			for (int y = 0; y < n[1]; y++)
				for (int x = 0; x < n[0]; x++) {
					size_t at = how == REVERSED ? grid_at(&b.g, x, y, n[2] - 1 - z)
						    : how == TURNED ? grid_at(&b.g, n[1] - 1 - y, x, z)
								    : grid_at(&b.g, y, x, z);
					b.mask[m][at] = *p++;
				}
	}
	return b;
}

static struct measures measured(const struct body *b, bool parts, int first, int last, int threads)
{
	struct measure_input in = { .grid = b->g, .bone = b->mask[BONE], .first = first, .last = last, .around = 3,
				    .also = ALSO_SMI | ALSO_TB_N_MID, .threads = threads };
	struct measures m;
	struct gppi_error err = { 0 };

	if (parts) {
		in.tv = b->mask[TV];
		in.cortex = b->mask[CORTEX];
		in.wall = b->mask[WALL];
	}
	assert_int_equal(measures_make(&in, &m, &err), 0);
	return m;
}

static void same_value(enum measure which, const struct measures *a, const struct measures *b, double share)
{
	const double x = a->value[which], y = b->value[which];

	assert_true(isnan(x) == isnan(y));
	if (!isnan(x) && !(fabs(x - y) <= share * fabs(x)))
		fail_msg("%s: %.12g, and %.12g of the copy", measure_name(which)->json, x, y);
}

/* Counts exactly. Lengths and moments are sums of the same numbers in another order. SMI rests
 * on smoothed voxels, whose sums are rounded. */
static void same(const struct measures *a, const struct measures *b)
{
	static const struct { enum measure first, last; double share; } list[] = {
		{ MEASURE_TV, MEASURE_BV_TV, 0 }, { MEASURE_TB_TH, MEASURE_TB_N_MID, 1e-9 },
		{ MEASURE_BS, MEASURE_BS_TV, 1e-9 },
		{ MEASURE_CONN_D, MEASURE_CONN_D, 0 }, { MEASURE_DA, MEASURE_DA_UNIT, 1e-6 },
		{ MEASURE_SMI, MEASURE_SMI, 1e-4 },
		{ MEASURE_TT_AR, MEASURE_J, 1e-9 },
	};

	assert_true(a->tv_voxels == b->tv_voxels && a->bv_voxels == b->bv_voxels && a->bv_voxels > 1000);
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		for (int m = (int)list[i].first; m <= (int)list[i].last; m++)
			same_value((enum measure)m, a, b, list[i].share);
}

static void test_copies(void **state)
{
	struct body b = body();
	const int first = 8, last = 33, end = b.g.n[2] - 1;

	(void)state;
	for (int parts = 0; parts < 2; parts++) {
		struct measures m = measured(&b, parts, first, last, 2);
		assert_true(m.value[MEASURE_TB_TH] > 0 && m.value[MEASURE_TB_SP] > 0 && m.value[MEASURE_CT_TH] > 0);
		for (int how = 0; how < COPIES; how++) {
			struct body c = copy_of(&b, (enum copy)how);
			bool back = how == REVERSED;
			struct measures n =
				measured(&c, parts, back ? end - last : first, back ? end - first : last, 2);
			double moved[2][MEASURES];
			same(&m, &n);
			/* and where the VOI is moved */
			assert_true(measures_moved(&m, 3, moved[0]) && measures_moved(&n, back ? -3 : 3, moved[1]));
			near(moved[1][MEASURE_BV], moved[0][MEASURE_BV], 0);
			near(moved[1][MEASURE_TB_SP], moved[0][MEASURE_TB_SP], 1e-9);
			measures_free(&n);
			body_free(&c);
		}
		measures_free(&m);
	}
	body_free(&b);
}

/* To the last bit, also with more threads than slices. */
static void test_threads(void **state)
{
	static const int threads[] = { 2, 3, 7, 64 };
	struct body b = body();

	(void)state;
	for (int parts = 0; parts < 2; parts++) {
		struct measures m = measured(&b, parts, 8, 33, 1);
		for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
			struct measures n = measured(&b, parts, 8, 33, threads[i]);
			assert_memory_equal(m.value, n.value, sizeof m.value);
			measures_free(&n);
		}
		measures_free(&m);
	}
	body_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_copies), cmocka_unit_test(test_threads) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
