/* Holders: parts of scans, what is a bone among several, their order, and slices made together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "scan/crop.h"
#include "scan/window.h"
#include "slices/holder_slices.h"
#include "find/holder.h"
#include "slices_model.h"

/* ---- bones beside each other, each in its own square of a coarse field ---- */

struct post { double x, y, r, z0, z1; }; /* um; a hollow bone with a wide end at z0 (z1 < z0: at the upper end) */

struct field {
	int n, nz;
	double um, um_z;
	const struct post *post;
	int count;
	int tube;   /* a bright wall around the first post */
	int16_t *voxels; /* while it is open */
};

static int16_t field_value(const struct field *f, int x, int y, int z)
{
	double v = -760 + 40 * (uniform(1, (unsigned)x, (unsigned)y, (unsigned)z) - 0.5);

	for (int i = 0; i < f->count; i++) {
		const struct post *p = &f->post[i];
		double lo = fmin(p->z0, p->z1), hi = fmax(p->z0, p->z1), h = (z + 0.5) * f->um_z;
		if (h < lo || h > hi)
			continue;
		double t = fabs(h - p->z0), r = p->r * (t < 1800 ? 1.6 : t < 2400 ? 1.6 - (t - 1800) / 1000 : 1);
		double d = hypot((x + 0.5) * f->um - p->x, (y + 0.5) * f->um - p->y);
		if (d < r &&
		    (d > r - 200 || (t < 1800 && uniform(2, (unsigned)x / 2, (unsigned)y / 2, (unsigned)z / 2) < 0.4)))
			v = 1680;
		if (f->tube && i == 0 && fabs(d - 2500) < 120)
			v = 1200;
	}
	return (int16_t)lround(v);
}

static int field_read(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	const struct field *f = user;
	size_t slice = (size_t)f->n * (size_t)f->n;
	(void)err;
	memcpy(dst, f->voxels + (size_t)z0 * slice, (size_t)nz * slice * sizeof *dst);
	return 0;
}

static void field_close(void *user)
{
	struct field *f = user;
	free(f->voxels);
}

static struct scan *field_open(struct field *f)
{
	struct scan_info info = { .nx = f->n, .ny = f->n, .nz = f->nz, .spacing_um = { f->um, f->um, f->um_z },
				  .spacing_known = SCAN_READ, .slope = 1, .unit = SCAN_UNIT_HU };
	struct scan_source source = { .user = f, .read = field_read, .close = field_close };
	struct scan *scan;

	snprintf(info.path, sizeof info.path, "field");
	snprintf(info.name, sizeof info.name, "field");
	f->voxels = malloc((size_t)f->n * (size_t)f->n * (size_t)f->nz * sizeof *f->voxels);
	assert_non_null(f->voxels);
	int16_t *v = f->voxels;
	for (int z = 0; z < f->nz; z++)
		for (int y = 0; y < f->n; y++)
			for (int x = 0; x < f->n; x++)
				*v++ = field_value(f, x, y, z);
	assert_int_equal(scan_wrap(&info, &source, &scan, NULL), 0);
	return scan;
}

static const struct post four[] = {
	{ 6300, 2200, 700, 300, 6400 }, { 2100, 1900, 650, 5900, 0 },
	{ 1900, 6100, 700, 900, 6400 }, { 6100, 6500, 750, 200, 6400 },
};

static struct field field_of(const struct post *post, int count)
{
	return (struct field){ .n = 212, .nz = 160, .um = 40, .um_z = 40, .post = post, .count = count };
}

static struct holder find(struct field *f)
{
	struct scan *scan = field_open(f);
	struct holder h;
	struct overview c;

	assert_true(holder_possible(scan_info(scan)));
	assert_int_equal(overview_read_field(scan, 2, &c, NULL), 0);
	assert_int_equal(holder_find(scan_info(scan), &c, 500, &h, NULL), 0);
	overview_free(&c);
	scan_close(scan);
	return h;
}

static void finds_four(void **state)
{
	(void)state;
	static const int order[] = { 1, 0, 2, 3 };
	struct field f = field_of(four, 4);
	struct holder h = find(&f);

	assert_int_equal(h.n, 4);
	for (int i = 0; i < 4; i++) {
		const struct post *p = &four[order[i]];
		const struct crop *b = &h.box[i];
		double reach = 1.6 * p->r;
		/* the whole bone with a margin, but nothing of the next one */
		assert_true(b->x0 * f.um < p->x - reach - 300 && (b->x0 + b->nx) * f.um > p->x + reach + 300);
		assert_true(b->y0 * f.um < p->y - reach - 300 && (b->y0 + b->ny) * f.um > p->y + reach + 300);
		assert_true(b->nx * f.um < 2 * reach + 1500 && b->ny * f.um < 2 * reach + 1500);
	}
	for (int i = 0; i < 4; i++)
		for (int k = i + 1; k < 4; k++) {
			const struct crop *a = &h.box[i], *b = &h.box[k];
			assert_true(a->x0 + a->nx <= b->x0 || b->x0 + b->nx <= a->x0 || a->y0 + a->ny <= b->y0 ||
				    b->y0 + b->ny <= a->y0);
		}
}

static void a_tube_is_no_bone(void **state)
{
	(void)state;
	static const struct post far[] = { { 2800, 4200, 700, 300, 6400 }, { 7200, 4200, 650, 300, 6400 } };
	struct field f = field_of(far, 2);

	f.tube = 1;
	assert_int_equal(find(&f).n, 2);
}

/* Short pieces, thin ones, and a neighbour at the edge of the field belong to nobody. */
static void one_stays_one(void **state)
{
	(void)state;
	static const struct post patella[] = { { 4200, 4200, 700, 300, 6400 }, { 6900, 4200, 400, 500, 2300 } };
	static const struct post fibula[] = { { 4200, 4200, 700, 300, 6400 }, { 6900, 4200, 130, 300, 6400 } };
	static const struct post neighbour[] = { { 4200, 4200, 700, 300, 6400 }, { 8400, 4200, 700, 300, 6400 } };
	static const struct post tibia[] = { { 4200, 4200, 700, 3300, 6400 }, { 4200, 4200, 700, 2900, 0 } };
	const struct post *all[] = { patella, fibula, neighbour, tibia };

	for (int i = 0; i < 4; i++) {
		struct field f = field_of(all[i], 2);
		struct holder h = find(&f);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.box[0].nx, f.n);
	}
	struct field none = field_of(four, 0);
	assert_int_equal(find(&none).n, 1);
}

static void narrow_fields_are_not_looked_at(void **state)
{
	(void)state;
	struct scan_info info = { .nx = 550, .ny = 532, .nz = 642, .spacing_um = { 10, 10, 10 } };

	assert_false(holder_possible(&info));
	info.ny = 700;
	assert_true(holder_possible(&info));
}

static void sorts_rows(void **state)
{
	(void)state;
	/* six in three columns, two rows, nowhere quite in line */
	struct crop box[] = { { 800, 420, 200, 200 }, { 10, 30, 200, 200 }, { 820, 0, 200, 220 }, { 400, 60, 210, 200 },
			      { 0, 460, 200, 200 }, { 420, 400, 180, 200 } };
	static const int x[] = { 10, 400, 820, 0, 420, 800 };

	holder_sort(box, 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(box[i].x0, x[i]);
}

/* ---- parts of a scan ---- */

static void crop_is_a_part(void **state)
{
	(void)state;
	struct field f = field_of(four, 4);
	struct scan *scan = field_open(&f), *view;
	const struct crop box = { 30, 50, 64, 40 };
	int16_t *scratch = malloc(sizeof *scratch * 2 * 64 * 40);
	const int16_t *at;

	assert_int_equal(crop_open(scan, &box, "part", &view, NULL), 0);
	assert_string_equal(scan_info(view)->name, "part");
	assert_int_equal(scan_info(view)->nx, 64);
	assert_int_equal(scan_info(view)->nz, f.nz);
	assert_int_equal(scan_slab(view, 100, 2, scratch, &at, NULL), 0);
	for (int i = 0; i < 2 * 64 * 40; i++)
		assert_int_equal(at[i], field_value(&f, 30 + i % 64, 50 + i / 64 % 40, 100 + i / 2560));
	assert_int_equal(scan_rows(view, 7, 39, 1, scratch, &at, NULL), 0);
	assert_int_equal(at[63], field_value(&f, 93, 89, 7));
	/* the place moves along */
	struct scan_place place;
	scan_place_of(view, &place);
	assert_true(fabs(place.origin[0] - 30 * 0.04) < 1e-9 && fabs(place.origin[1] - 50 * 0.04) < 1e-9);
	assert_true(fabs(place.origin[2]) < 1e-9);
	scan_close(view);

	static const struct crop bad[] = { { -1, 0, 9, 9 }, { 0, 0, 213, 9 }, { 208, 0, 5, 9 }, { 0, 9, 9, 0 },
					   { 0, 212, 9, 1 }, { 2147483647, 0, 9, 9 } };
	for (int i = 0; i < 6; i++)
		assert_int_equal(crop_open(scan, &bad[i], NULL, &view, NULL), GPPI_E_USAGE);
	free(scratch);
	scan_close(scan);
}

static void window_keeps_and_passes_on(void **state)
{
	(void)state;
	struct field f = field_of(four, 4);
	struct scan *scan = field_open(&f), *w;
	int16_t *scratch = malloc(sizeof *scratch * 212 * 212);
	const int16_t *at;

	assert_int_equal(window_open(scan, 3, &w, NULL), 0);
	assert_int_equal(window_load(w, 10, 5, &(struct window_band){ 100, 50 }, 1, NULL), 0);
	for (int z = 8; z < 16; z++)
		for (int y = 98; y < 153; y += 18) {
			assert_int_equal(scan_rows(w, z, y, 2, scratch, &at, NULL), 0);
			assert_int_equal(at[212 + 17], field_value(&f, 17, y + 1, z));
		}
	scan_close(w);
	free(scratch);
	scan_close(scan);
}

/* ---- made together as made alone ---- */

static void bones_together_as_alone(void **state)
{
	(void)state;
	/* two voxels a coarse one */
	struct field f = { .n = 424, .nz = 160, .um = 20, .um_z = 40, .post = four, .count = 4 };
	struct scan *scan = field_open(&f);
	struct holder_slices_bone bone[4];
	struct holder h;
	struct overview c;

	assert_int_equal(overview_read_field(scan, 2, &c, NULL), 0);
	assert_int_equal(holder_find(scan_info(scan), &c, 500, &h, NULL), 0);
	assert_int_equal(h.n, 4);
	for (int i = 0; i < 4; i++) {
		struct scan *view;
		struct frame alone;
		bone[i] = (struct holder_slices_bone){ .box = h.box[i] };
		assert_int_equal(crop_open(scan, &h.box[i], NULL, &view, NULL), 0);
		assert_int_equal(holder_locate(scan_info(view), &c, &h.box[i], &bone[i].frame, NULL), 0);
		assert_int_equal(frame_locate(view, 1, &alone, NULL), 0);
		assert_memory_equal(&alone, &bone[i].frame, sizeof alone);
		bone[i].slices.first = alone.bone_first + i;
		bone[i].slices.n = alone.bone_last - alone.bone_first + 1 - 2 * i;
		assert_int_equal((alone.flags & FRAME_FLIPPED_Z) != 0, i == 0);
		scan_close(view);
	}
	overview_free(&c);
	assert_int_equal(holder_slices_make(scan, bone, 4, 3, NULL), 0);
	for (int i = 0; i < 4; i++) {
		const struct slices *made = &bone[i].slices;
		struct scan *view;
		assert_int_equal(crop_open(scan, &h.box[i], NULL, &view, NULL), 0);
		uint8_t *u7 = malloc((size_t)made->n * (size_t)SLICE_BYTES);
		assert_true(made->u7 && made->first == bone[i].frame.bone_first + i);
		assert_int_equal(slices_extract_all(view, &bone[i].frame, made->first, made->n, 2, u7, NULL), 0);
		assert_memory_equal(u7, made->u7, (size_t)made->n * (size_t)SLICE_BYTES);
		free(u7);
		slices_free(&bone[i].slices);
		scan_close(view);
	}
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_four), cmocka_unit_test(a_tube_is_no_bone), cmocka_unit_test(one_stays_one),
		cmocka_unit_test(narrow_fields_are_not_looked_at), cmocka_unit_test(sorts_rows),
		cmocka_unit_test(crop_is_a_part), cmocka_unit_test(window_keeps_and_passes_on),
		cmocka_unit_test(bones_together_as_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
