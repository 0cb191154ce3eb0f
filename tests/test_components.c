/* Components by runs against a plain flood fill, on volumes of every density. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "find/components.h"

#define NX 13
#define NY 9
#define NZ 7
#define N (NX * NY * NZ)

static const int size[3] = { NX, NY, NZ };

static void fill(const uint8_t *v, uint8_t least, enum components_joined how, int *label, int at, int number)
{
	int x = at % NX, y = at / NX % NY, z = at / (NX * NY);

	if (v[at] < least || label[at] >= 0)
		return;
	label[at] = number;
	for (int d = 0; d < 27; d++) {
		int dx = d % 3 - 1, dy = d / 3 % 3 - 1, dz = d / 9 - 1, apart = abs(dx) + abs(dy) + abs(dz);
		if (x + dx < 0 || x + dx >= NX || y + dy < 0 || y + dy >= NY || z + dz < 0 || z + dz >= NZ ||
		    (how != JOINED_BY_CORNERS && apart > 1) || (how == JOINED_IN_SLICES && dz))
			continue;
		fill(v, least, how, label, at + dx + NX * dy + NX * NY * dz, number);
	}
}

static void check(const uint8_t *v, uint8_t least, enum components_joined how)
{
	int label[N], got[N], parts = 0;
	struct components r;

	memset(label, -1, sizeof label);
	memset(got, -1, sizeof got);
	for (int i = 0; i < N; i++)
		if (v[i] >= least && label[i] < 0)
			fill(v, least, how, label, i, parts++);
	assert_int_equal(components_find(v, size, least, how, &r), 0);
	assert_int_equal(r.parts, parts);
	for (int row = 0; row < NY * NZ; row++)
		for (int32_t i = r.row[row]; i < r.row[row + 1]; i++) {
			assert_true(r.run[i].first < r.run[i].end && r.run[i].end <= NX);
			for (int x = r.run[i].first; x < r.run[i].end; x++)
				got[row * NX + x] = r.run[i].part;
		}
	assert_memory_equal(got, label, sizeof got);
	components_free(&r);
}

static void test_random(void **state)
{
	uint32_t seed = 1;
	uint8_t v[N];

	(void)state;
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < N; i++) {
			seed = seed * 1664525u + 1013904223u;
			v[i] = (int)(seed >> 24) < round * 255 / 300 ? (uint8_t)(1 + (seed >> 16) % 3) : 0;
		}
		for (enum components_joined how = JOINED_BY_FACES; how <= JOINED_BY_CORNERS; how++)
			for (uint8_t least = 1; least <= 2; least++)
				check(v, least, how);
	}
}

static void test_extremes(void **state)
{
	uint8_t v[N];

	(void)state;
	memset(v, 0, sizeof v);
	check(v, 1, JOINED_BY_FACES);
	memset(v, 255, sizeof v);
	check(v, 255, JOINED_BY_FACES);
	check(v, 1, JOINED_IN_SLICES);
	check(v, 1, JOINED_BY_CORNERS);
	for (int i = 0; i < N; i++) /* no two share a face */
		v[i] = (uint8_t)((i % NX + i / NX % NY + i / (NX * NY)) & 1);
	check(v, 1, JOINED_BY_FACES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_extremes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
