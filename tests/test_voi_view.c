/* Pictures of a measured VOI: a tube with a plate from its wall beyond its axis, whose outlines and thickness are
 * those of geometry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bone/measure.h"
#include "near.h"
#include "report/qc_measures.h"
#include "report/qc_page.h"
#include "report/voi_view.h"

#define PI 3.14159265358979
#define N 120
#define NZ 140
#define OUTER 45.0
#define INNER 36.0
#define PLATE 8.0
#define END 12.0 /* of the plate, beyond the axis */
enum { AIR = -1000, MARROW = -400, BONE = 1600, FIRST = 60, LAST = 89 };

static double share(double depth)
{
	return depth < -0.5 ? 0 : depth > 0.5 ? 1 : depth + 0.5;
}

static int read_tube(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	(void)user;
	(void)z0;
	(void)err;
	for (int z = 0; z < nz; z++)
		for (int y = 0; y < N; y++)
			for (int x = 0; x < N; x++) {
				double a = x - (N - 1) / 2.0, b = y - (N - 1) / 2.0, r = hypot(a, b),
				       inside = share(OUTER - r);
				double wall = share(r - INNER), plate = a < END ? share(PLATE / 2 - fabs(b)) : 0,
					bone = wall > plate ? wall : plate;
				const double tissue = bone * BONE + (1 - bone) * MARROW;
				*dst++ = (int16_t)lrint((1 - inside) * AIR + inside * tissue);
			}
	return 0;
}

/* The tube measured, with slices FIRST to LAST as its VOI. */
static int setup(void **state)
{
	struct scan_info info = { .nx = N, .ny = N, .nz = NZ, .spacing_um = { 10, 10, 10 }, .slope = 1,
				  .unit = SCAN_UNIT_HU };
	struct scan_source source = { .read = read_tube };
	struct bone_measuring how = { .maps = true };
	struct bone *bone = calloc(1, sizeof *bone);
	struct gppi_error err = { 0 };

	assert_int_equal(scan_wrap(&info, &source, &bone->scan, &err), 0);
	bone->frame = (struct frame){ .cx = N / 2.0, .cy = N / 2.0, .side_x = 110, .side_y = 110, .native_nz = NZ,
				      .native_per_slice = 1, .nslices = NZ, .bone_value = BONE, .medium_value = AIR,
				      .raw_lo = -1000,
				      .raw_hi = 2000, .axis_at = { N / 2.0, N / 2.0 } };
	bone->result = (struct gppi_result){ .name = "tube", .dims = { N, N, NZ }, .gppi = 30, .voi_first = FIRST,
					     .voi_last = LAST, .spacing_um = { 10, 10, 10 } };
	bone->threads = 1;
	segment_options_default(&how.segment);
	if (bone_measure(bone, &how, &err) < 0)
		fail_msg("%s", err.text);
	*state = bone;
	return 0;
}

static int teardown(void **state)
{
	struct bone *bone = *state;

	bone_free(bone);
	free(bone);
	return 0;
}

/* Pixels with a bit, in mm2. */
static double area(const struct voi_view *v, int bit)
{
	int sum = 0;

	for (int i = 0; i < v->w * v->h; i++)
		sum += (v->tissue[i] & bit) != 0;
	return sum / (v->px_per_mm * v->px_per_mm);
}

static void outlines_lie_on_the_bone(void **state)
{
	struct voi_view v;
	struct gppi_error err;

	assert_int_equal(voi_view_slice(*state, 340, 340, &v, &err), 0);
	assert_int_equal(v.at, (FIRST + LAST) / 2);
	near(area(&v, VOI_INSIDE), PI * 0.45 * 0.45, 0.01);
	near(area(&v, VOI_TV), PI * 0.36 * 0.36, 0.012);
	near(area(&v, VOI_STRUT), 0.08 * 0.48, 0.004);
	/* grey and outline tell the same: pixels well within the wall are white, those outside black */
	const int middle = v.h / 2 * v.w;
	int left = middle;
	while (!(v.tissue[left] & VOI_INSIDE))
		left++;
	assert_true(v.grey[left + 8] > 200 && v.grey[left - 8] < 30);
	near((v.w / 2.0 - (left - middle)) / v.px_per_mm, 0.45, 0.01);
	voi_view_free(&v);
}

static void thickness_is_that_of_the_plate(void **state)
{
	struct voi_view v;
	struct gppi_error err;

	assert_int_equal(voi_view_along(*state, 300, 300, &v, &err), 0);
	const int centre = v.h / 2 * v.w + v.w / 2;
	near(v.thickness[centre], PLATE / 100, 1e-6);
	assert_true(v.spacing[centre] == 0);
	assert_int_equal(v.tissue[centre], VOI_INSIDE | VOI_TV | VOI_STRUT);
	/* the VOI has 30 slices */
	int rows = 0;
	for (int j = 0; j < v.h; j++)
		rows += (v.tissue[j * v.w + v.w / 2] & VOI_TV) != 0;
	near(rows / v.px_per_mm, 0.30, 0.006);
	voi_view_free(&v);

	/* in the middle of a half, a ball as wide as it fits: between plate and wall */
	assert_int_equal(voi_view_slice(*state, 340, 340, &v, &err), 0);
	const int half = (int)(v.h / 2.0 - 0.20 * v.px_per_mm) * v.w + v.w / 2;
	assert_true(v.thickness[half] == 0);
	near(v.spacing[half], (INNER - PLATE / 2) / 100, 0.02);
	voi_view_free(&v);
}

static void sections_lie_where_the_bone_does(void **state)
{
	static uint8_t tissue[220 * 280];

	for (int kind = SECTION_AT_X; kind < SECTIONS; kind++) { /* 2 pixels a voxel: 110 of them, and 140 slices */
		int first = -1, wide = 0;
		voi_tissue_section(*state, (enum section_kind)kind, 220, 280, tissue);
		for (int j = 0; j < 280; j++)
			if (tissue[j * 220 + 110] && first < 0)
				first = j;
		for (int i = 0; i < 220; i++)
			wide += (tissue[(first + 20) * 220 + i] & VOI_INSIDE) != 0;
		assert_int_equal(first, 2 * FIRST);
		near(wide, 4 * OUTER, 4);
		assert_int_equal(tissue[(2 * LAST + 1) * 220 + 110] != 0, 1);
		assert_int_equal(tissue[(2 * LAST + 2) * 220 + 110], 0);
	}
}

static bool is_coloured(const struct canvas *c, int x, int y)
{
	const uint8_t *p = c->rgb + 3 * ((size_t)y * (size_t)c->width + (size_t)x);

	return abs(p[0] - p[1]) + abs(p[1] - p[2]) > 60;
}

static void maps_are_coloured(void **state)
{
	static const struct colour black = { 0, 0, 0 };
	struct canvas c;
	struct gppi_error err;
	int columns[3] = { 0 };

	assert_int_equal(canvas_init(&c, QC_WIDTH, QC_MEASURES_HEIGHT, black), 0);
	assert_int_equal(qc_measures_draw(*state, &c, 0, &err), 0);
	for (int y = 60; y < 380; y++)
		for (int x = 0; x < QC_WIDTH; x++)
			columns[x * 3 / QC_WIDTH] += is_coloured(&c, x, y);
	/* 3.18 pixels a voxel. Outlines: circles of 900 and 720 pixels, or up to 4 / pi of it, and the plate's 336.
	 * Maps: the plate's 384 voxels, and those of the inside without it */
	assert_in_range(columns[0], 1800, 2600);
	assert_in_range(columns[1], 1600 + 0.95 * 384 * 10.1, 2200 + 1.05 * 384 * 10.1);
	assert_in_range(columns[2], 1600 + 0.95 * 3690 * 10.1, 2200 + 1.05 * 3690 * 10.1);
	canvas_free(&c);
}

/* Across a shaft whose axis is not known: measured, and told. The last test: the bone is measured anew. */
static void an_unknown_axis_is_told(void **state)
{
	struct bone *bone = *state;
	struct bone_measuring how = { .shaft = true };
	struct gppi_error err;

	segment_options_default(&how.segment);
	for (int unknown = 0; unknown < 2; unknown++) {
		bone->frame.flags = unknown ? FRAME_NO_AXIS : 0;
		assert_int_equal(bone_measure(bone, &how, &err), 0);
		int told = 0;
		for (int i = 0; i < bone->measures->segment.ndoubts; i++)
			told += strstr(bone->measures->segment.doubt[i], "too short to show the axis") != NULL;
		assert_int_equal(told, unknown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outlines_lie_on_the_bone),
		cmocka_unit_test(thickness_is_that_of_the_plate),
		cmocka_unit_test(sections_lie_where_the_bone_does),
		cmocka_unit_test(maps_are_coloured),
		cmocka_unit_test(an_unknown_axis_is_told),
	};

	return cmocka_run_group_tests_name("voi_view", tests, setup, teardown);
}
