/* Scans seen along another axis, and bones that lie. */
#define _POSIX_C_SOURCE 200809L
#include "nifti_files.h"

#include "scan/axis.h"
#include "find/lying.h"

/* Voxel (x, y, z) is 100 x + 10 y + z, whatever axis it is seen along. */
static double value(int x, int y, int z)
{
	return 100 * x + 10 * y + z;
}

static void assert_turned(const char *path, enum scan_axis axis, const int dims[3], const double um[3])
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	assert_int_equal(open_scan(path, 0, 0.0, &scan, &err), 0);
	const struct scan_place before = scan_info(scan)->place;
	assert_int_equal(axis_turn(&scan, axis, 2, &err), 0);
	const struct scan_info *info = scan_info(scan);
	assert_true(info->nx == dims[0] && info->ny == dims[1] && info->nz == dims[2]);
	assert_true(axis == SCAN_AXIS_Z || info->unit != SCAN_UNIT_PENDING);
	for (int i = 0; i < 3; i++)
		assert_true(fabs(info->spacing_um[i] - um[i]) < 1e-3);
	int16_t *all = read_all(scan, &err), scratch[N];
	const int16_t *rows;
	assert_non_null(all);
	for (int z = 0; z < dims[2]; z++)
		for (int y = 0; y < dims[1]; y++)
			for (int x = 0; x < dims[0]; x++) {
				double want = axis == SCAN_AXIS_X   ? value(z, x, y)
					      : axis == SCAN_AXIS_Y ? value(y, z, x)
								    : value(x, y, z);
				int16_t raw = all[(z * dims[1] + y) * dims[0] + x];
				if (fabs(raw * info->slope + info->intercept - want) > 0.5)
					fail_msg("axis %d: voxel %d %d %d is %d", (int)axis, x, y, z, raw);
			}
	assert_int_equal(scan_rows(scan, 1, 1, 2, scratch, &rows, &err), 0);
	assert_memory_equal(rows, all + (size_t)((dims[1] + 1) * dims[0]), (size_t)(2 * dims[0]) * sizeof *rows);
	assert_int_equal(scan_slab(scan, dims[2], 1, scratch, &rows, &err), GPPI_E_USAGE);
	/* the voxel at the origin stays where it was, and the axes go with their new names */
	int first = axis == SCAN_AXIS_X ? 1 : axis == SCAN_AXIS_Y ? 2 : 0;
	assert_memory_equal(info->place.origin, before.origin, sizeof before.origin);
	for (int i = 0; i < 3; i++)
		assert_memory_equal(info->place.step[i], before.step[(first + i) % 3], sizeof before.step[0]);
	free(all);
	scan_close(scan);
}

static void scans_are_turned(void **state)
{
	(void)state;
	static const char *const names[] = { "a.nii", "a.nii.gz" };
	double v[N];
	struct nii h = plain(4, 16);
	for (int i = 0; i < N; i++)
		v[i] = value(i % NX, i / NX % NY, i / NX / NY);
	h.units = 2;
	h.pixdim[0] = 0.01;
	h.pixdim[1] = 0.02;
	h.pixdim[2] = 0.03;
	for (int k = 0; k < 2; k++) {
		const char *path = save(names[k], &h, v);
		assert_turned(path, SCAN_AXIS_Z, (const int[3]){ NX, NY, NZ }, (const double[3]){ 10, 20, 30 });
		assert_turned(path, SCAN_AXIS_X, (const int[3]){ NY, NZ, NX }, (const double[3]){ 20, 30, 10 });
		assert_turned(path, SCAN_AXIS_Y, (const int[3]){ NZ, NX, NY }, (const double[3]){ 30, 10, 20 });
	}
}

static int fails(void *user, int z0, int nz, int16_t *dst, struct gppi_error *err)
{
	(void)user;
	memset(dst, 0, (size_t)(NX * NY * nz) * sizeof *dst);
	return z0 + nz > 20 ? err_set(err, GPPI_E_IO, "slice %d cannot be read", z0) : 0;
}

/* A scan that cannot be read to its end stays as it was. */
static void failures_leave_the_scan(void **state)
{
	(void)state;
	struct scan_info info = { .name = "w", .path = "w", .nx = NX, .ny = NY, .nz = 40, .slope = 1 };
	struct scan_source source = { NULL, fails, NULL };
	struct gppi_error err = { 0 };
	struct scan *scan;
	assert_int_equal(scan_wrap(&info, &source, &scan, &err), 0);
	assert_int_equal(axis_turn(&scan, SCAN_AXIS_X, 2, &err), GPPI_E_IO);
	assert_string_equal(err.text, "slice 16 cannot be read");
	assert_int_equal(scan_info(scan)->nz, 40);
	scan_close(scan);
}

/* A box of bone of these sizes in mm, in 40 um voxels. */
static int lies(double x, double y, double z)
{
	struct overview c = { .nx = 120, .ny = 120, .nz = 120, .um = { 40, 40, 40 } };
	c.value = calloc(overview_count(&c), sizeof *c.value);
	assert_non_null(c.value);
	for (int k = 0; k < c.nz; k++)
		for (int j = 0; j < c.ny; j++)
			for (int i = 0; i < c.nx; i++)
				if (i * 0.04 < x && j * 0.04 < y && k * 0.04 < z)
					c.value[(k * c.ny + j) * c.nx + i] = 1;
	int axis = lying_axis(&c, NULL, 0.5);
	uint8_t *mask = calloc(overview_count(&c), 1); /* the same as a mask, all voxels bright */
	assert_non_null(mask);
	for (size_t i = 0; i < overview_count(&c); i++)
		mask[i] = c.value[i] > 0.5f;
	assert_int_equal(lying_axis(&c, mask, -1), axis);
	free(mask);
	free(c.value);
	return axis;
}

static void bones_that_lie_are_told(void **state)
{
	(void)state;
	assert_int_equal(lies(1, 1, 4), -1);
	assert_int_equal(lies(4, 1, 1), 0);
	assert_int_equal(lies(1, 4, 1), 1);
	assert_int_equal(lies(2, 1.5, 1.5), -1); /* a knee alone is as wide as long */
	assert_int_equal(lies(4, 4, 1), -1);
	assert_int_equal(lies(0, 0, 0), -1);
}

#define AXIS(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = { AXIS(scans_are_turned), cmocka_unit_test(failures_leave_the_scan),
					    cmocka_unit_test(bones_that_lie_are_told) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
