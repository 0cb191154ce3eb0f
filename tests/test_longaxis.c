/* The plane in pictures along the bone: readers of pictures, the strip around the bone, and gppi_longaxis()
 * on a synthetic bone either way up, mirrored, squeezed and in the wrong hands. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
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

#include "gppi/gppi.h"
#include "phantom/picture.h"
#include "picture/picture.h"
#include "slices/strip.h"

static char dir[64], bone[96], other[96];
static int truth;
static struct picture picture;
static struct gppi_models *models;

static void write_pgm(const char *path, const struct picture *p)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fprintf(f, "P5\n# a comment\n%d %d 255\n", p->w, p->h);
	assert_int_equal(fwrite(p->grey, (size_t)p->w, (size_t)p->h, f), p->h);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	struct phantom_params p;
	struct gppi_error error;
	struct err err;
	float row;

	(void)state;
	strcpy(dir, "/tmp/gppi-longaxis-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(bone, sizeof bone, "%s/bone.pgm", dir);
	snprintf(other, sizeof other, "%s/other.pgm", dir);
	phantom_params_draw(&p, 500005, PHANTOM_TYPICAL);
	p.nz = 440; /* the shaft beyond tells nothing */
	if (picture_write(bone, &p, 'x', &row, &err) < 0)
		return -1;
	truth = (int)lrintf(row);
	return picture_read(bone, &picture, &err) < 0 ? -1 : gppi_models_open(NULL, &models, &error);
}

static int tear_down(void **state)
{
	(void)state;
	picture_free(&picture);
	gppi_models_free(models);
	unlink(bone);
	unlink(other);
	return rmdir(dir);
}

static struct gppi_picture_result ask(const char *path, double um_per_row)
{
	struct gppi_picture_options opt = { .um_per_row = um_per_row };
	struct gppi_picture_result r;
	struct gppi_error error;

	if (gppi_longaxis(models, &path, 1, &opt, &r, &error) < 0)
		fail_msg("%s", error.text);
	return r;
}

static void finds_the_plane(void **state)
{
	(void)state;
	struct gppi_picture_result r = ask(bone, 0);
	assert_true(abs(r.row - truth) <= 5);
	assert_true(!r.distal_down && isnan(r.mm));
	assert_true(r.confidence > 0.1 && r.confidence <= 1);
	struct gppi_picture_result mm = ask(bone, 10);
	assert_int_equal(mm.row, r.row);
	assert_true(fabs(mm.mm - r.row * 0.01) < 1e-9);
}

/* Turned upside down, mirrored, or with half as many rows of twice the height: the same place. */
static void other_way_round(void **state)
{
	struct picture p = picture;
	struct gppi_picture_result r = ask(bone, 0), t;

	(void)state;
	p.grey = malloc((size_t)p.w * (size_t)p.h);
	assert_non_null(p.grey);
	for (int y = 0; y < p.h; y++)
		memcpy(p.grey + (size_t)y * (size_t)p.w,
		       picture.grey + (size_t)(p.h - 1 - y) * (size_t)p.w, (size_t)p.w);
	write_pgm(other, &p);
	t = ask(other, 0);
	assert_true(t.distal_down);
	assert_int_equal(p.h - 1 - t.row, r.row);

	for (int y = 0; y < p.h; y++)
		for (int x = 0; x < p.w; x++)
			p.grey[y * p.w + x] = picture.grey[y * p.w + p.w - 1 - x];
	write_pgm(other, &p);
	assert_true(abs(ask(other, 0).row - r.row) <= 1);

	p.h /= 2;
	for (int y = 0; y < p.h; y++)
		for (int x = 0; x < p.w; x++)
			p.grey[y * p.w + x] = (uint8_t)((picture.grey[2 * y * p.w + x] +
							 picture.grey[(2 * y + 1) * p.w + x]) / 2);
	write_pgm(other, &p);
	assert_true(abs(2 * ask(other, 20).row - r.row) <= 3);
	free(p.grey);
}

static void pictures_of_one_bone(void **state)
{
	const char *both[] = { bone, bone };
	struct gppi_picture_options opt = { 0 };
	struct gppi_picture_result one = ask(bone, 0), two;
	struct gppi_error error;
	struct picture p = picture;

	(void)state;
	assert_int_equal(gppi_longaxis(models, both, 2, &opt, &two, &error), 0);
	assert_int_equal(two.row, one.row);
	p.h -= 10;
	write_pgm(other, &p);
	both[1] = other;
	assert_int_equal(gppi_longaxis(models, both, 2, &opt, &two, &error), GPPI_E_FORMAT);
	assert_non_null(strstr(error.text, other));
}

static void strip_is_where_the_bone_is(void **state)
{
	struct strip_frame f;
	struct err err;
	uint8_t row[2][SLICE_PX];

	(void)state;
	assert_int_equal(strip_locate(&picture, 10, 0, bone, &f, &err), 0);
	assert_true(f.per_slice == 1 && f.nslices == picture.h);
	assert_true(f.distal_share > 0.5 && f.centre > 0 && f.centre < picture.w);
	assert_true(f.bright > f.dark + 50);
	strip_extract(&picture, &f, 1, 0, truth, 1, row[0]);
	strip_extract(&picture, &f, 1, 1, truth, 1, row[1]);
	for (int i = 0; i < SLICE_PX; i++)
		assert_int_equal(row[0][i], row[1][SLICE_PX - 1 - i]);
	for (int way = 0; way < 2; way++) { /* rows and slices lead back to each other */
		assert_int_equal(strip_locate(&picture, 5, way, bone, &f, &err), 0);
		assert_true(fabs(strip_row(&picture, &f, 0) - (way ? picture.h - 1.5 : 0.5)) < 1e-9);
	}
}

static void faint_bone_is_told_from_noise(void **state)
{
	struct picture p = picture;
	struct strip_frame clear, f;
	struct err err;
	size_t n = (size_t)p.w * (size_t)p.h;
	unsigned seed = 1;

	(void)state;
	p.grey = malloc(n);
	assert_non_null(p.grey);
	for (size_t i = 0; i < n; i++)
		p.grey[i] = (uint8_t)(70 + picture.grey[i] / 16);
	assert_int_equal(strip_locate(&picture, 10, 0, bone, &clear, &err), 0);
	assert_int_equal(strip_locate(&p, 10, 0, bone, &f, &err), 0);
	assert_true(f.bright - f.dark < 16 && fabs(f.centre - clear.centre) < 4 && fabs(f.width - clear.width) < 8);
	for (size_t i = 0; i < n; i++) { /* of 12 levels either way, a triangle */
		unsigned a = seed = seed * 1664525u + 1013904223u, b = seed = seed * 1664525u + 1013904223u;
		p.grey[i] = (uint8_t)(70 + (a >> 24) % 13 + (b >> 24) % 13);
	}
	assert_int_equal(strip_locate(&p, 10, 0, bone, &f, &err), GPPI_E_NOBONE);
	free(p.grey);
}

static void refuse(const char *bytes, size_t n, int code)
{
	struct gppi_picture_options opt = { 0 };
	struct gppi_picture_result r;
	struct gppi_error error;
	const char *path = other;
	FILE *f = fopen(other, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(gppi_longaxis(models, &path, 1, &opt, &r, &error), code);
	assert_non_null(strstr(error.text, other));
	assert_int_equal(r.row, -1);
}

static void bad_pictures(void **state)
{
	static char flat[64 * 64 + 32];
	struct gppi_picture_options opt = { .um_per_row = 1e9 };
	struct gppi_picture_result r;
	struct gppi_error error;
	const char *path = bone;

	(void)state;
	refuse("", 0, GPPI_E_FORMAT);
	refuse("a text, no picture", 18, GPPI_E_FORMAT);
	refuse("P5 10 10 255\nshort", 18, GPPI_E_FORMAT);
	refuse("P5 99999 99999 255\n", 19, GPPI_E_FORMAT);
	refuse("P5 -3 4 255\n", 12, GPPI_E_FORMAT);
	refuse("\x89PNG\r\n\x1a\nrubbish", 15, GPPI_E_FORMAT);
	refuse("\xff\xd8\xff\xe0 no JPEG", 12, GPPI_E_FORMAT);
	int head = snprintf(flat, sizeof flat, "P5 64 64 255\n");
	refuse(flat, (size_t)head + (size_t)64 * 64, GPPI_E_NOBONE);
	assert_int_equal(gppi_longaxis(models, &path, 1, &opt, &r, &error), GPPI_E_USAGE);
	assert_int_equal(gppi_longaxis(models, &path, 0, &opt, &r, &error), GPPI_E_USAGE);
	path = "/no/such/picture.png";
	opt.um_per_row = 0;
	assert_int_equal(gppi_longaxis(models, &path, 1, &opt, &r, &error), GPPI_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_plane),
		cmocka_unit_test(other_way_round),
		cmocka_unit_test(pictures_of_one_bone),
		cmocka_unit_test(strip_is_where_the_bone_is),
		cmocka_unit_test(faint_bone_is_told_from_noise),
		cmocka_unit_test(bad_pictures),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
