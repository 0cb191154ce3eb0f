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

/* A plate without waves, edges, slope and tilt: the truth can be written down. */
static void plain_plate(struct phantom_params *p, uint64_t seed)
{
	phantom_params_draw(p, seed, PHANTOM_TYPICAL);
	p->tilt = 0;
	p->foam = 1; /* a sharp rim that stands out from empty marrow */
	p->rim_fade = 0;
	p->rim_density = 0.9f;
	p->meta_bv[0] = p->columns_reach = 0;
	p->wave = 0;
	p->slope[0] = p->slope[1] = 0;
	p->cartilage_vary = 0;
	p->edge[0] = p->edge[1] = p->edge[2] = 0;
	for (int i = 0; i < PHANTOM_MOUNDS; i++) { /* mounds that leave the middle free */
		p->mound[i][0] = (i & 1 ? 1.f : -1.f) * 60;
		p->mound[i][1] = (i & 2 ? 1.f : -1.f) * 60;
		p->mound[i][2] = p->mound[i][3] = 40;
	}
}

/* Half the cartilage and what is seen of the rim, less one: the last slice that shows it. */
static float below(const struct phantom_params *p, float seen)
{
	return p->floor_z + 0.5f * p->cartilage + seen - 1;
}

static void truth_is_the_last_slice_of_the_rim_below_the_floor(void **s)
{
	(void)s;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct phantom_params p;
		struct shape shape;
		float truth;

		plain_plate(&p, seed);
		p.rim = rintf(4 * p.rim) / 4; /* the steps in which it is looked for */
		shape_init(&shape, &p);
		truth = shape.truth;
		assert_float_equal(truth, below(&p, fminf(p.rim, 7)), 1e-3);
		p.edge[0] = 40; /* a trough at one side does not move it */
		p.edge_start = 0.6f;
		shape_init(&shape, &p);
		assert_float_equal(shape.truth, truth, 1e-3);
		p.floor_z += 7;
		shape_init(&shape, &p);
		assert_float_equal(shape.truth, truth + 7, 1e-3);
	}
}

static void a_rim_counts_as_far_as_it_shows(void **s)
{
	struct phantom_params p;
	struct shape shape;

	(void)s;
	plain_plate(&p, 5);
	p.rim = 4;
	p.rim_density = 0.2f; /* fainter than what is seen as rim */
	shape_init(&shape, &p);
	assert_float_equal(shape.truth, below(&p, 0), 1e-3);
	p.columns_bv = 0.6f; /* dense columns cover its end */
	p.columns_reach = 100;
	shape_init(&shape, &p);
	assert_float_equal(shape.truth, below(&p, 7), 1e-3);
	p.columns_reach = 0;
	p.rim_density = 0.75f; /* one that fades is seen longer than half of it: a third of it is a quarter of bone */
	p.rim_fade = 6;
	shape_init(&shape, &p);
	assert_float_equal(shape.truth, below(&p, 4 + 6.1f / 6), 0.02);
}

static int16_t *slice(const struct phantom_params *p, int reverse, const struct crop *only, int z, size_t *n)
{
	struct scan *scan;
	const int16_t *at;
	struct gppi_error err;

	assert_int_equal(phantom_scan(p, 2, reverse, only, &scan, NULL, NULL, &err), 0);
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
	int16_t *a = slice(&p, 0, NULL, 150, &n), *b = slice(&q, 0, NULL, 150, &m);
	int16_t *c = slice(&q, 1, NULL, q.nz - 1 - 150, &m);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n * sizeof *a); /* the same every time, from either end */
	assert_memory_equal(a, c, n * sizeof *a);
	free(b);
	phantom_params_draw(&q, 78, PHANTOM_ANY);
	q.nx = p.nx;
	q.ny = p.ny;
	b = slice(&q, 0, NULL, 150, &m);
	assert_int_equal(n, m);
	assert_memory_not_equal(a, b, n * sizeof *a);
	free(a);
	free(b);
	free(c);
}

/* Blur brings the edge of a part one voxel in, motion some more. */
static void a_part_is_drawn_like_the_whole(void **s)
{
	enum { EDGE = 8 };
	struct phantom_params p;
	size_t n, m, same = 0, outside = 0;

	(void)s;
	phantom_params_draw(&p, 79, PHANTOM_TYPICAL);
	struct crop only = { p.nx / 8, p.ny / 7, p.nx / 4, p.ny / 5 };
	int16_t *whole = slice(&p, 0, NULL, 150, &n), *part = slice(&p, 0, &only, 150, &m);
	assert_int_equal(n, m);
	for (int y = 0; y < p.ny / 2; y++)
		for (int x = 0; x < p.nx / 2; x++) {
			size_t i = (size_t)y * (size_t)(p.nx / 2) + (size_t)x;
			int dx = x - only.x0, dy = y - only.y0;
			if (dx >= EDGE && dx < only.nx - EDGE && dy >= EDGE && dy < only.ny - EDGE)
				assert_int_equal(whole[i], part[i]);
			else
				outside++, same += whole[i] == part[i];
		}
	assert_true(same < outside); /* and the rest was left out */
	free(whole);
	free(part);
}

static void conditions_are_what_they_say(void **s)
{
	int bells = 0, lumps = 0, along = 0, big = 0;

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
		phantom_params_draw(&p, seed, PHANTOM_ADULT);
		assert_true(p.foam && p.columns_reach == 0 && p.tilt <= 0.1f && p.edge[0] <= 24);
		phantom_params_draw(&p, seed, PHANTOM_ANY);
		assert_true(p.mound_power >= 0.8f && p.mound_power <= 1.9f);
		phantom_params_draw(&p, seed, PHANTOM_WIDE);
		assert_true(p.mound_power >= 0.8f && p.mound_power <= 1.9f && p.epi_length < 63 && p.meta_length < 45);
		bells += p.mound_bell;
		lumps += p.blobs;
		along += p.layers_along_axis;
		big += p.size > 1.35f;
	}
	assert_true(bells > 2 && lumps > 2 && along > 2 && big > 0 && bells < 40); /* each in some bones */
}

/* ---- shards ---- */

static char prefix[64];

static void *read_part(const char *suffix, size_t size)
{
	char path[80];
	char *data = calloc(1, size + 1);

	snprintf(path, sizeof path, "%s.%s", prefix, suffix);
	FILE *f = fopen(path, "rb");
	assert_true(f && data);
	size_t n = fread(data, 1, size, f);
	assert_int_equal(fgetc(f), EOF); /* no more than that */
	assert_true(n == size || strcmp(suffix, "csv") == 0);
	fclose(f);
	unlink(path);
	return data;
}

static void write_shard(uint64_t seed, int count, enum phantom_kind kind)
{
	static char dir[32];
	struct gppi_error err;

	strcpy(dir, "/tmp/gppi-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(prefix, sizeof prefix, "%s/s", dir);
	if (dataset_write(prefix, seed, count, PHANTOM_TYPICAL, kind, 0, 1, &err) != 0)
		fail_msg("%s", err.text);
}

#define SHARD_BONE ((size_t)SAMPLES_SLICES * (size_t)SLICE_BYTES)

static void remove_shard(void)
{
	*strrchr(prefix, '/') = 0;
	assert_int_equal(rmdir(prefix), 0); /* there was nothing but the two files */
}

/* The shard holds what slices_extract() gives for the frame of the same bone, from slice 0 on. */
static void shards_hold_the_slices_of_detection(void **s)
{
	const uint64_t seed = 4;
	struct phantom_params p;
	struct scan *scan;
	struct frame frame;
	struct gppi_error err;
	float truth, plane, blobs, expected;
	int slices;

	(void)s;
	write_shard(seed, 1, PHANTOM_FEMUR);
	uint8_t *pixels = read_part("u8", SHARD_BONE), *out = malloc((size_t)SLICE_BYTES);
	char *table = read_part("csv", 1000), condition[24];
	remove_shard();

	phantom_params_draw(&p, seed, PHANTOM_TYPICAL);
	assert_int_equal(phantom_scan(&p, 2, 0, NULL, &scan, &truth, &expected, &err), 0);
	assert_int_equal(frame_locate(scan, 2, &frame, &err), 0);
	const char *head = "name,condition,plane,blobs_from,slices,fold\n";
	assert_memory_equal(table, head, strlen(head));
	assert_int_equal(sscanf(table + strlen(head), "4,%23[^,],%f,%f,%d,\n", condition, &plane, &blobs, &slices), 4);
	assert_string_equal(condition, phantom_condition_name(PHANTOM_TYPICAL));
	assert_float_equal(plane, truth, 1e-3);
	assert_float_equal(blobs, expected, 1e-3);
	assert_int_equal(slices, frame.nslices < SAMPLES_SLICES ? frame.nslices : SAMPLES_SLICES);

	void *scratch = malloc(slices_scratch(scan, &frame));
	assert_true(scratch && out);
	slices_begin(scan, &frame, scratch);
	for (int k = 7; k < SAMPLES_SLICES; k += 40) {
		double sum = 0;
		assert_int_equal(slices_extract(scratch, k, 1, out, &err), 0);
		for (int i = 0; i < SLICE_BYTES; i++)
			sum += abs(out[i] - pixels[(size_t)k * (size_t)SLICE_BYTES + (size_t)i]);
		/* the shard's bone is located on a coarser rendering: the square may differ a little */
		assert_true(sum / SLICE_BYTES < 4);
	}
	free(scratch);
	free(pixels);
	free(table);
	free(out);
	scan_close(scan);
}

/* A volume without a plate is a lesson, too: its plane is nan, its slices are there. */
static void shards_without_a_plate_say_so(void **s)
{
	char name[24], kind[24], plane[24], blobs[24];
	int slices, end = 0, bright = 0;

	(void)s;
	write_shard(21, 1, PHANTOM_SHAFT);
	uint8_t *pixels = read_part("u8", SHARD_BONE);
	char *table = read_part("csv", 1000), *row = strchr(table, '\n') + 1;
	remove_shard();
	assert_int_equal(sscanf(row, "%23[^,],%23[^,],%23[^,],%23[^,],%d,\n%n", name, kind, plane, blobs, &slices,
				&end), 5);
	assert_int_equal(row[end], 0);
	assert_string_equal(name, "21");
	assert_string_equal(kind, phantom_kind_name(PHANTOM_SHAFT));
	assert_string_equal(plane, "nan");
	assert_string_equal(blobs, "nan");
	assert_in_range(slices, 100, SAMPLES_SLICES);
	for (size_t k = 0; k < SHARD_BONE; k++)
		bright += pixels[k] > 60;
	assert_true(bright > 10000);
	free(pixels);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_the_last_slice_of_the_rim_below_the_floor),
		cmocka_unit_test(a_rim_counts_as_far_as_it_shows),
		cmocka_unit_test(a_seed_is_a_bone),
		cmocka_unit_test(a_part_is_drawn_like_the_whole),
		cmocka_unit_test(conditions_are_what_they_say),
		cmocka_unit_test(shards_hold_the_slices_of_detection),
		cmocka_unit_test(shards_without_a_plate_say_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
