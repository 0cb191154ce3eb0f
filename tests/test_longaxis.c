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

#include "bone/models.h"
#include "plane/table.h"
#include "gppi/gppi.h"
#include "phantom/picture.h"
#include "picture/picture.h"
#include "flat/flat_plane.h"
#include "flat/crossing.h"
#include "tiny_net.h"

static char dir[64], bone[96], other[96], side[96];
static int truth;
static struct picture picture, from_side, beside; /* at constant x, and y, of the same bone; at another x */
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
	struct gppi_error err;
	float row;

	(void)state;
	strcpy(dir, "/tmp/gppi-longaxis-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(bone, sizeof bone, "%s/bone.pgm", dir);
	snprintf(other, sizeof other, "%s/other.pgm", dir);
	snprintf(side, sizeof side, "%s/side.pgm", dir);
	phantom_params_draw(&p, 500005, PHANTOM_TYPICAL);
	p.nz = 440; /* the shaft beyond tells nothing */
	if (picture_write(bone, &p, 'x', &row, &err) < 0 || picture_write(side, &p, 'y', &row, &err) < 0)
		return -1;
	truth = (int)lrintf(row);
	if (picture_read(bone, &picture, &err) < 0 || picture_read(side, &from_side, &err) < 0)
		return -1;
	p.centre[0] += 5;
	if (picture_write(other, &p, 'x', &row, &err) < 0 || picture_read(other, &beside, &err) < 0)
		return -1;
	return gppi_models_open(NULL, &models, &error);
}

static int tear_down(void **state)
{
	(void)state;
	picture_free(&picture);
	picture_free(&from_side);
	picture_free(&beside);
	gppi_models_free(models);
	unlink(bone);
	unlink(other);
	unlink(side);
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
	struct gppi_error err;
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

/* Two planes of a volume share a line; a plane and itself share all of them, parallel ones none. */
static int cross(const struct picture *a, const struct picture *b, int *at_a, int *at_b)
{
	struct strip_frame fa, fb;
	struct gppi_error err;

	assert_int_equal(strip_locate(a, 10, 0, bone, &fa, &err), 0);
	assert_int_equal(strip_locate(b, 10, 0, bone, &fb, &err), 0);
	return strip_crossing(a, &fa, b, &fb, at_a, at_b, &err);
}

static void pictures_cross_where_their_planes_do(void **state)
{
	struct picture wide = { .w = 2000, .h = picture.h, .grey = picture.grey }, torn = picture;
	struct strip_frame none = { .centre = picture.w / 2.0, .width = picture.w, .dark = 300,
				    .bright = 300 }, any = none;
	struct gppi_error err;
	int a, b, gap = 7;

	(void)state;
	assert_int_equal(cross(&picture, &from_side, &a, &b), 1);
	assert_in_range(a, picture.w / 2 - 1, picture.w / 2 + 1);
	assert_in_range(b, from_side.w / 2 - 1, from_side.w / 2 + 1);
	assert_int_equal(cross(&from_side, &picture, &b, &a), 1);
	assert_in_range(a, picture.w / 2 - 1, picture.w / 2 + 1);
	assert_int_equal(cross(&picture, &picture, &a, &b), 0);
	assert_int_equal(cross(&picture, &beside, &a, &b), 0);
	assert_int_equal(strip_crossing(&picture, &none, &from_side, &none, &a, &b, &err), 0); /* no bone */
	any.dark = 0;
	assert_int_equal(strip_crossing(&wide, &any, &from_side, &any, &a, &b, &err), 0);
	torn.h -= gap; /* the same columns, but not of the same rows */
	assert_int_equal(cross(&torn, &from_side, &a, &b), 0);
	torn.grey += (size_t)gap * (size_t)torn.w;
	struct picture cut = { .w = from_side.w, .h = torn.h, .grey = from_side.grey };
	assert_int_equal(cross(&torn, &cut, &a, &b), 0);
}

/* Stand-ins that answer with the mean of all they are shown. */
static struct plane_models stand_ins(void *image[2], struct net **view, struct net **rows)
{
	static const float none[PLANE_ROWS];
	static int one[PLANE_ROWS];
	size_t view_size, rows_size;
	struct gppi_error err;

	for (int i = 0; i < PLANE_ROWS; i++)
		one[i] = 1;
	image[0] = tiny_view("picture", "view", PLANE_PICTURE_CHANNELS, &view_size);
	image[1] = tiny_net("picture-rows", "rows", PLANE_SEEN, PLANE_SEEN_ROWS, 1, PLANE_ROWS, one,
			    1.0f / PLANE_SEEN, none, &rows_size);
	assert_int_equal(net_load(image[0], view_size, "view", view, &err), 0);
	assert_int_equal(net_load(image[1], rows_size, "rows", rows, &err), 0);
	return (struct plane_models){ .net = { [PLANE_NET_PICTURE] = { *view },
					       [PLANE_NET_PICTURE_ROWS] = { *rows } } };
}

/* The networks are told where planes pass the bone, if it is known; how far the nearest one is off is answered. */
static void networks_are_told_where_planes_pass(void **state)
{
	const struct picture both[2] = { picture, from_side };
	void *image[2];
	struct net *view, *rows;
	const struct plane_models nets = stand_ins(image, &view, &rows);
	struct strip_frame frame[2];
	struct plane_belief belief;
	struct net_run *run;
	struct gppi_error err;
	struct plane_crossings c;
	double nearest, middle[2], said[4];

	(void)state;
	assert_int_equal(plane_models_check(&nets, (enum plane_choice)0, &err), 0);
	assert_int_equal(net_run_new(nets.net[PLANE_NET_PICTURE][0], NET_INT8, &run, &err), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(strip_locate(&both[i], 10, 0, bone, &frame[i], &err), 0);
	assert_int_equal(plane_pictures_cross(both, frame, 2, &c, &err), 0);
	assert_true(isnan(c.at[0][0]) && isnan(c.at[1][1]));
	assert_true(fabs(c.at[0][1] - 0.5 * picture.w) < 2 && fabs(c.at[1][0] - 0.5 * from_side.w) < 2);
	c.at[0][1] = c.at[1][0] = NAN;
	assert_int_equal(plane_pictures(&nets, run, both, frame, 2, &c, &belief, &nearest, &err), 0);
	assert_true(isnan(nearest));
	said[0] = belief.logit[0];
	int plane = (int)plane_belief_verdict(&belief).plane;
	for (int i = 0; i < 2; i++)
		assert_int_equal(strip_middles(&both[i], &frame[i], plane, 1, &middle[i], &err), 0);
	assert_true(fabs(middle[0] - frame[0].centre) < 40 && fabs(middle[1] - frame[1].centre) < 40);
	for (int k = 0; k < 3; k++) { /* of the two planes one is 25 columns off the middle, the other much farther */
		double far = k == 2 ? 1e6 : 35;
		c.at[0][1] = middle[0] + (k == 1 ? -25 : 25);
		c.at[1][0] = middle[1] + (k == 1 ? -far : far);
		assert_int_equal(plane_pictures(&nets, run, both, frame, 2, &c, &belief, &nearest, &err), 0);
		assert_true(fabs(nearest - 25) < 1e-9);
		said[k + 1] = belief.logit[0];
	}
	assert_true(said[0] < fmin(said[1], said[2]) && fmax(said[1], said[2]) < said[3]);
	net_run_free(run);
	net_free(view);
	net_free(rows);
	free(image[0]);
	free(image[1]);
}

/* Around every slice the columns between the bone's walls, the same alone and in a row; around none of the bone, no
 * number. */
static void the_middle_of_the_outline(void **state)
{
	struct strip_frame f;
	double middle[2][440], one;
	struct gppi_error err;

	(void)state;
	assert_int_equal(picture.h, 440);
	for (int way = 0; way < 2; way++) {
		assert_int_equal(strip_locate(&picture, 10, way, bone, &f, &err), 0);
		assert_int_equal(strip_middles(&picture, &f, 0, 440, middle[way], &err), 0);
	}
	for (int i = 20; i < 420; i++) {
		assert_int_equal(strip_middles(&picture, &f, i, 1, &one, &err), 0);
		assert_true(one == middle[1][i] || (isnan(one) && isnan(middle[1][i])));
		if (!isnan(one)) /* 10 slices aside: more rows before than behind are looked at */
			assert_true(fabs(middle[1][i] - middle[0][439 - i]) < 25);
	}
	assert_int_equal(strip_middles(&picture, &f, 100000, 1, &one, &err), 0);
	assert_true(one == middle[1][439] || isnan(one));
	f.dark = f.bright = 300;
	assert_int_equal(strip_middles(&picture, &f, 100, 1, &one, &err), 0);
	assert_true(isnan(one));
}

static void faint_bone_is_told_from_noise(void **state)
{
	struct picture p = picture;
	struct strip_frame clear, f;
	struct gppi_error err;
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
		cmocka_unit_test(pictures_cross_where_their_planes_do),
		cmocka_unit_test(networks_are_told_where_planes_pass),
		cmocka_unit_test(the_middle_of_the_outline),
		cmocka_unit_test(faint_bone_is_told_from_noise),
		cmocka_unit_test(bad_pictures),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
