/* The plane does not depend on the scale or the offset of values, nor on a few voxels that are broken. */
#define _POSIX_C_SOURCE 200809L
#include "temp_dir.h"

#include <math.h>

#include "gppi/gppi.h"
#include "phantom/render.h"

/* NIfTI's names of voxel types */
enum { UINT8 = 2, INT16 = 4, INT32 = 8, FLOAT32 = 16, FLOAT64 = 64, UINT16 = 512, UINT32 = 768 };

static struct gppi_models *models;
static int16_t *bone; /* of a synthetic femur, in HU */
static size_t voxels;
static int dims[3];
static int plain;     /* its plane */

static size_t put_number(int type, double v, uint8_t out[8])
{
	switch (type) {
	case INT16: memcpy(out, &(int16_t){ (int16_t)v }, 2); return 2;
	case UINT16: memcpy(out, &(uint16_t){ (uint16_t)v }, 2); return 2;
	case INT32: memcpy(out, &(int32_t){ (int32_t)v }, 4); return 4;
	case UINT32: memcpy(out, &(uint32_t){ (uint32_t)v }, 4); return 4;
	case FLOAT32: memcpy(out, &(float){ (float)v }, 4); return 4;
	default: memcpy(out, &v, 8); return 8;
	}
}

struct change {
	const char *name;
	int type, times; /* times: each of hot */
	double scale, offset;
	double hot[4];   /* values of single voxels; 0: none */
};

static void save(const char *path, const struct change *c)
{
	uint8_t header[352] = { 0 }, number[8];
	const int16_t dim[8] = { 3, (int16_t)dims[0], (int16_t)dims[1], (int16_t)dims[2], 1, 1, 1, 1 };
	const float zoom[8] = { 1, 0.04f, 0.04f, 0.01f, 1, 1, 1, 1 }, offset = 352;
	const int32_t size = 348;
	const int16_t type = (int16_t)c->type, bits = (int16_t)(8 * put_number(c->type, 0, number));
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	memcpy(header, &size, 4);
	memcpy(header + 40, dim, 16);
	memcpy(header + 70, &type, 2);
	memcpy(header + 72, &bits, 2);
	memcpy(header + 76, zoom, 32);
	memcpy(header + 108, &offset, 4);
	header[123] = 2; /* mm */
	memcpy(header + 344, "n+1", 4);
	fwrite(header, 1, sizeof header, f);
	size_t hots = 4 * (size_t)c->times, every = voxels / (hots + 1), next = every, k = 0, bytes = 0;
	uint8_t *all = malloc(8 * voxels);
	assert_non_null(all);
	for (size_t i = 0; i < voxels; i++) {
		double v = bone[i] * c->scale + c->offset;
		if (i == next) {
			double hot = c->hot[k++ % 4];
			v = hot < 0 || hot > 0 || isnan(hot) ? hot : v;
			next += k < hots ? every : voxels;
		}
		bytes += put_number(c->type, v, all + bytes);
	}
	fwrite(all, 1, bytes, f);
	free(all);
	assert_int_equal(fclose(f), 0);
}

static int plane_of(const struct change *c)
{
	char name[64];
	struct gppi_error err = { 0 };
	struct gppi_input *in = NULL;
	struct gppi_result *r = NULL;

	snprintf(name, sizeof name, "%s.nii", c->name);
	save(in_dir(name), c);
	if (gppi_input_open(in_dir(name), &in, &err) == GPPI_OK)
		(void)gppi_detect(models, in, 0, NULL, &r, &err);
	if (!r)
		fail_msg("%s: %s", c->name, err.text);
	int plane = r ? r->gppi : -1;
	if (plane != plain && plain)
		print_error("%s: plane %d, not %d\n", c->name, plane, plain);
	gppi_result_free(r);
	gppi_input_free(in);
	assert_int_equal(remove(in_dir(name)), 0);
	return plane;
}

static void render(void)
{
	struct phantom_params p;
	struct scan *scan;
	struct gppi_error err = { 0 };
	const int16_t *slab;
	float truth;

	phantom_params_draw(&p, 500005, PHANTOM_TYPICAL);
	assert_int_equal(phantom_scan(&p, 4, 0, NULL, &scan, &truth, NULL, &err), 0);
	const struct scan_info *info = scan_info(scan);
	dims[0] = info->nx;
	dims[1] = info->ny;
	dims[2] = info->nz;
	size_t slice = (size_t)info->nx * (size_t)info->ny;
	voxels = slice * (size_t)info->nz;
	bone = malloc(voxels * sizeof *bone);
	assert_non_null(bone);
	for (int z = 0; z < info->nz; z++) {
		assert_int_equal(scan_slab(scan, z, 1, bone + slice * (size_t)z, &slab, &err), 0);
		if (slab != bone + slice * (size_t)z)
			memcpy(bone + slice * (size_t)z, slab, slice * sizeof *bone);
	}
	scan_close(scan);
	plain = plane_of(&(struct change){ "plain", INT16, 0, 1, 0, { 0 } });
	assert_true(fabs(plain - (double)truth) <= 3);
}

static int set_up(void **state)
{
	struct gppi_error err;

	make_dir(state);
	assert_int_equal(gppi_models_open(NULL, &models, &err), GPPI_OK);
	render();
	return 0;
}

static int tear_down(void **state)
{
	gppi_models_free(models);
	free(bone);
	return drop_dir(state);
}

static void same_plane(const struct change *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(plane_of(&c[i]), plain);
}

static void scale_and_offset(void **s)
{
	static const struct change changes[] = {
		{ "small", FLOAT32, 0, 1e-8, 0, { 0 } },
		{ "large", FLOAT32, 0, 1e9, 0, { 0 } },
		{ "int32", INT32, 0, 1, 1e9, { 0 } },
		{ "below", INT32, 0, 1, -1e9, { 0 } },
		{ "uint32", UINT32, 0, 1, 2147483648.0, { 0 } },
		{ "far", FLOAT64, 0, 1, 1e12, { 0 } },
	};
	(void)s;
	same_plane(changes, sizeof changes / sizeof *changes);
}

static void a_few_voxels(void **s)
{
	static const struct change changes[] = {
		{ "hot", FLOAT32, 1, 1, 0, { 0, 1e9, 0, 0 } },
		{ "cold", INT32, 1, 1, 0, { 0, 0, -1e9, 0 } },
		{ "none", FLOAT32, 5, 1, 0, { NAN, INFINITY, -INFINITY, NAN } },
		{ "all", FLOAT64, 4, 1e-8, 0, { 1e30, -1e30, NAN, INFINITY } },
		/* grey values from 0 on: a dark voxel makes no Hounsfield units of them */
		{ "grey", INT16, 5, 1, 2000, { 32767, -32768, 32767, 32767 } },
	};
	(void)s;
	same_plane(changes, sizeof changes / sizeof *changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scale_and_offset), cmocka_unit_test(a_few_voxels),
	};
	return cmocka_run_group_tests_name("numbers", tests, set_up, tear_down);
}
