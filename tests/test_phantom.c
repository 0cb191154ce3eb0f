/* The synthetic bones: the truth follows its definition, a seed is a bone, training slices are those
 * that detection sees. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "phantom/dataset.h"
#include "phantom/render.h"
#include "train/samples.h"

/* A plate without waves, edges and tilt: the truth can be written down. */
static void plain_plate(struct phantom_params *p, uint64_t seed)
{
	phantom_params_draw(p, seed, PHANTOM_TYPICAL);
	p->tilt = 0;
	p->wave = 0;
	p->cartilage_vary = 0;
	p->edge[0] = p->edge[1] = p->edge[2] = 0;
	for (int i = 0; i < PHANTOM_MOUNDS; i++) { /* mounds that leave the middle free */
		p->mound[i][0] = (i & 1 ? 1.f : -1.f) * 60;
		p->mound[i][1] = (i & 2 ? 1.f : -1.f) * 60;
		p->mound[i][2] = p->mound[i][3] = 40;
	}
}

static void truth_is_floor_plus_half_cartilage_plus_rim(void **s)
{
	(void)s;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct phantom_params p;
		struct shape shape;

		plain_plate(&p, seed);
		shape_init(&shape, &p);
		assert_float_equal(shape.truth, p.floor_z + 0.5f * p.cartilage + p.rim, 1e-3);
		p.edge[0] = 40; /* a trough at one side does not move it */
		p.edge_start = 0.6f;
		shape_init(&shape, &p);
		assert_float_equal(shape.truth, p.floor_z + 0.5f * p.cartilage + p.rim, 1e-3);
		p.floor_z += 7;
		shape_init(&shape, &p);
		assert_float_equal(shape.truth, p.floor_z + 0.5f * p.cartilage + p.rim, 1e-3);
	}
}

static int16_t *slice(const struct phantom_params *p, int reverse, int z, size_t *n)
{
	struct scan *scan;
	const int16_t *at;
	struct err err;

	assert_int_equal(phantom_scan(p, 2, reverse, &scan, NULL, NULL, &err), 0);
	*n = (size_t)scan_info(scan)->nx * (size_t)scan_info(scan)->ny;
	int16_t *out = malloc(*n * sizeof *out);
	assert_non_null(out);
	assert_int_equal(scan_slab(scan, z, 1, out, &at, &err), 0);
	if (at != out)
		memcpy(out, at, *n * sizeof *out);
	scan_close(scan);
	return out;
}

static void a_seed_is_a_bone(void **s)
{
	struct phantom_params p, q;
	size_t n, m;

	(void)s;
	phantom_params_draw(&p, 77, PHANTOM_ANY);
	phantom_params_draw(&q, 77, PHANTOM_ANY);
	assert_memory_equal(&p, &q, sizeof p);
	int16_t *a = slice(&p, 0, 150, &n), *b = slice(&q, 0, 150, &m);
	int16_t *c = slice(&q, 1, q.nz - 1 - 150, &m);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n * sizeof *a); /* the same every time, from either end */
	assert_memory_equal(a, c, n * sizeof *a);
	free(b);
	phantom_params_draw(&q, 78, PHANTOM_ANY);
	q.nx = p.nx;
	q.ny = p.ny;
	b = slice(&q, 0, 150, &m);
	assert_int_equal(n, m);
	assert_memory_not_equal(a, b, n * sizeof *a);
	free(a);
	free(b);
	free(c);
}

static void conditions_are_what_they_say(void **s)
{
	(void)s;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct phantom_params p;
		phantom_params_draw(&p, seed, PHANTOM_TILT);
		assert_true(p.tilt >= 0.15f && p.tilt <= 0.35f);
		phantom_params_draw(&p, seed, PHANTOM_NOISY);
		assert_true(p.noise >= 350);
		phantom_params_draw(&p, seed, PHANTOM_CROP);
		assert_true(p.nx < 391 && p.ny < 391);
		phantom_params_draw(&p, seed, PHANTOM_UNSEEN);
		assert_true(p.mound_power < 0.76f || p.mound_power > 1.99f); /* outside what training draws */
		phantom_params_draw(&p, seed, PHANTOM_ANY);
		assert_true(p.mound_power >= 0.8f && p.mound_power <= 1.9f);
	}
}

/* The shard holds what slices_extract() gives for the frame of the same bone. */
static void shards_hold_the_slices_of_detection(void **s)
{
	char dir[] = "/tmp/gppi-test-XXXXXX", prefix[64], path[80];
	struct phantom_params p;
	struct scan *scan;
	struct frame frame;
	struct err err;
	int16_t index[SAMPLES_SLICES];
	float truth;

	(void)s;
	assert_non_null(mkdtemp(dir));
	snprintf(prefix, sizeof prefix, "%s/s", dir);
	uint64_t seed = 4;
	assert_int_equal(dataset_write(prefix, seed, 1, PHANTOM_TYPICAL, 0, 1, &err), 0);

	snprintf(path, sizeof path, "%s.i16", prefix);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(index, sizeof index, 1, f), 1);
	fclose(f);
	unlink(path);
	uint8_t *pixels = malloc((size_t)SAMPLES_SLICES * SAMPLES_PIXELS), *out = malloc(SAMPLES_PIXELS);
	assert_non_null(pixels);
	assert_non_null(out);
	snprintf(path, sizeof path, "%s.u8", prefix);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(pixels, SAMPLES_PIXELS, SAMPLES_SLICES, f), SAMPLES_SLICES);
	fclose(f);
	unlink(path);
	snprintf(path, sizeof path, "%s.csv", prefix);
	assert_int_equal(unlink(path), 0);
	rmdir(dir);

	phantom_params_draw(&p, seed, PHANTOM_TYPICAL);
	assert_int_equal(phantom_scan(&p, 2, 0, &scan, &truth, NULL, &err), 0);
	assert_int_equal(frame_locate(scan, 2, &frame, &err), 0);
	void *scratch = malloc(slices_scratch(scan, &frame));
	assert_non_null(scratch);
	for (int i = 0; i < SAMPLES_DENSE; i += 30) {
		double sum = 0;
		assert_int_equal(index[i], (int)lrintf(truth) - SAMPLES_DENSE / 2 + i);
		assert_int_equal(slices_extract(scan, &frame, index[i], 1, scratch, out, &err), 0);
		for (int k = 0; k < SAMPLES_PIXELS; k++)
			sum += abs(out[k] - pixels[(size_t)i * SAMPLES_PIXELS + (size_t)k]);
		/* the shard's bone is located on a coarser rendering: the square may differ a little */
		assert_true(sum / SAMPLES_PIXELS < 4);
	}
	free(scratch);
	free(pixels);
	free(out);
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_floor_plus_half_cartilage_plus_rim),
		cmocka_unit_test(a_seed_is_a_bone),
		cmocka_unit_test(conditions_are_what_they_say),
		cmocka_unit_test(shards_hold_the_slices_of_detection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
