/* Folders of slices as pictures, of values that are known. The includer asks for POSIX 2008. */
#ifndef TESTS_STACK_FILES_H
#define TESTS_STACK_FILES_H

#include "picture_files.h"

enum { W = 18, H = 13, NZ = 12, SLICE = W * H, N = SLICE * NZ };

static uint8_t narrow[N];
static uint16_t wide[N];

static inline int make_values(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++) { /* smooth, so that JPEG keeps it */
		int x = i % W, y = i / W % H, z = i / SLICE;
		narrow[i] = (uint8_t)(x * 7 + y * 5 + z * 3);
		wide[i] = (uint16_t)(i * 23);
	}
	return make_dir(NULL);
}

static inline struct plane plane_of(int bytes, int z)
{
	return (struct plane){ W, H, bytes, bytes == 1 ? (const void *)&narrow[(size_t)z * SLICE]
						       : (const void *)&wide[(size_t)z * SLICE], 0 };
}

/* A folder "s" of slices named by a pattern. */
static inline void write_stack(const char *pattern, int format, int bytes, int first, int step)
{
	char name[256], number[64];
	mkdir(in_dir("s"), 0777);
	for (int z = 0; z < NZ; z++) {
		struct plane p = plane_of(bytes, z);
		snprintf(number, sizeof number, pattern, first + step * z); /* NOLINT: patterns of this file */
		snprintf(name, sizeof name, "s/%s.%s", number, formats[format]);
		write_slice(in_dir(name), format, &p);
	}
}

static inline struct scan *must_open(const char *path)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, 0.0, &scan, &err) < 0)
		fail_msg("%s", err.text);
	return scan;
}

static inline void assert_stack(const char *path, int bytes, int tolerance)
{
	struct gppi_error err = { 0 };
	struct scan *scan = must_open(path);
	const struct scan_info *info = scan_info(scan);
	assert_int_equal(info->nx, W);
	assert_int_equal(info->ny, H);
	assert_int_equal(info->nz, NZ);
	assert_int_equal(info->unit, SCAN_UNIT_UNKNOWN);
	int16_t *raw = read_all(scan, &err);
	if (!raw)
		fail_msg("%s", err.text);
	for (int i = 0; raw && i < N; i++) {
		double v = raw[i] * info->slope + info->intercept, want = bytes == 1 ? narrow[i] : wide[i];
		if (fabs(v - want) > tolerance)
			fail_msg("%s: voxel %d is %g, expected %g", path, i, v, want);
	}
	free(raw);
	scan_close(scan);
}

#define STACK(f) cmocka_unit_test_setup_teardown(f, make_values, drop_dir)

#endif
