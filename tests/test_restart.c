/* Large compressed volumes, slice by slice in any order, by several threads. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/parallel.h"
#include "scan/restart.h"

#define NX 190
#define NY 120
#define NZ 61
#define SLICE ((size_t)NX * NY)
#define HEAD 352

static char dir[64];
static uint8_t content[HEAD + 2 * SLICE * NZ];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/restart_test_XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* Noise, and repeats from as far back as the format reaches. */
static void fill(void)
{
	uint32_t x = 99;

	for (size_t i = 0; i < sizeof content; i++) {
		x = x * 1664525u + 1013904223u;
		size_t back = 1 + (x >> 8) % 32000;
		content[i] =
			i % 5000 < 3000 && i >= 32768 ? content[i - back % 7 * 4000 - 300] : (uint8_t)(x >> 24 & 15);
	}
}

static void layout(struct flat_layout *l, enum voxel_type type, size_t bytes)
{
	*l = (struct flat_layout){ .nx = NX, .ny = NY, .nz = NZ, .packed = true, .offset = HEAD,
				   .map = { .type = type, .file_slope = 1, .slope = 1 } };
	snprintf(l->path, sizeof l->path, "%s/v.gz", dir);
	gzFile gz = gzopen(l->path, "wb1");
	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, content, (unsigned)bytes), (int)bytes);
	assert_int_equal(gzclose(gz), Z_OK);
}

struct readers {
	struct restart *r;
	const struct flat_layout *l;
	int turn;
	int16_t *dst[4];
};

static int read_one(void *arg, int item, int worker, struct gppi_error *err)
{
	struct readers *s = arg;
	int z = s->turn == 0 ? item * 4 % NZ : s->turn == 1 ? item * 37 % NZ : s->turn == 2 ? NZ - 1 - item : item;
	int rc = restart_slice(s->r, z, s->dst[worker], err);

	for (size_t i = 0; i < SLICE && rc == 0; i++) {
		const uint8_t *at = content + HEAD + ((size_t)z * SLICE + i) * (s->l->map.type == VOXEL_UINT8 ? 1 : 2);
		int16_t want = at[0];
		if (s->l->map.type == VOXEL_INT16)
			memcpy(&want, at, sizeof want);
		if (want != s->dst[worker][i])
			return err_set(err, -100, "slice %d, voxel %zu", z, i);
	}
	return rc;
}

static void any_order(void **state)
{
	(void)state;
	static const enum voxel_type types[] = { VOXEL_INT16, VOXEL_UINT8 };

	fill();
	for (int t = 0; t < 2; t++) {
		struct flat_layout l;
		struct gppi_error err = { 0 };
		layout(&l, types[t], HEAD + SLICE * NZ * (t ? 1 : 2));
		for (int turn = 0; turn < 4; turn++) {
			struct readers s = { .l = &l, .turn = turn };
			for (int i = 0; i < 4; i++)
				s.dst[i] = malloc(SLICE * sizeof(int16_t));
			assert_int_equal(restart_open(&l, &s.r, &err), 0);
			for (int again = 0; again < 2; again++) {
				assert_int_equal(parallel_for(4, NZ, read_one, &s, &err), 0);
				assert_int_equal(restart_finish(s.r, &err), 0);
			}
			restart_free(s.r);
			for (int i = 0; i < 4; i++)
				free(s.dst[i]);
		}
		unlink(l.path);
	}
}

static void cut_and_damaged(void **state)
{
	(void)state;
	struct flat_layout l;
	struct gppi_error err = { 0 };
	struct restart *r;
	int16_t *dst = malloc(SLICE * sizeof *dst);

	fill();
	layout(&l, VOXEL_INT16, sizeof content - 100);
	assert_int_equal(restart_open(&l, &r, &err), 0);
	assert_int_equal(restart_slice(r, NZ - 2, dst, &err), 0);
	assert_int_equal(restart_slice(r, NZ - 1, dst, &err), GPPI_E_FORMAT);
	assert_non_null(strstr(err.text, l.path));
	assert_true(restart_slice(r, NZ - 1, dst, &err) < 0);
	assert_int_equal(restart_slice(r, 3, dst, &err), 0);
	assert_true(restart_finish(r, &err) < 0);
	restart_free(r);

	/* a wrong sum is told at the end only */
	layout(&l, VOXEL_INT16, sizeof content);
	FILE *f = fopen(l.path, "r+b");
	assert_int_equal(fseek(f, -8, SEEK_END), 0);
	fputc(0x55, f);
	fputc(0xaa, f);
	fclose(f);
	assert_int_equal(restart_open(&l, &r, &err), 0);
	assert_int_equal(restart_slice(r, 5, dst, &err), 0);
	assert_int_equal(restart_finish(r, &err), GPPI_E_FORMAT);
	restart_free(r);
	unlink(l.path);
	free(dst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_order, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(cut_and_damaged, make_dir, drop_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
