/* One small volume and what every reader must make of it. */
#ifndef TESTS_SCAN_RAMP_H
#define TESTS_SCAN_RAMP_H

#include <math.h>

#include "scan_files.h"

/* Odd sizes, so that halves and paddings show. */
enum { NX = 7, NY = 5, NZ = 4, N = NX * NY * NZ };

/* A file under construction, little-endian unless said. */
struct bytes {
	uint8_t at[65536];
	size_t n;
};

static void add(struct bytes *b, const void *data, size_t n)
{
	assert_true(b->n + n <= sizeof b->at);
	memcpy(b->at + b->n, data, n);
	b->n += n;
}

static inline void add_text(struct bytes *b, const char *text)
{
	add(b, text, strlen(text));
}

/* Whole numbers and floats of 1, 2, 4 or 8 bytes; the tests run on little-endian machines. */
static void put_number(uint8_t *p, const void *value, int width, bool big)
{
	const uint8_t *v = value;
	for (int i = 0; i < width; i++)
		p[i] = v[big ? width - 1 - i : i];
}

static inline void put_int(struct bytes *b, size_t at, int64_t v, int width)
{
	assert_true(at + (size_t)width <= sizeof b->at);
	put_number(b->at + at, &v, width, false);
	b->n = b->n > at + (size_t)width ? b->n : at + (size_t)width;
}

enum kind { SIGNED, UNSIGNED, FLOAT };

/* Appends values as a type of `width` bytes. */
static inline void add_values(struct bytes *b, const double *v, int n, enum kind kind, int width, bool big)
{
	for (int i = 0; i < n; i++) {
		int64_t whole = (int64_t)v[i];
		float f = (float)v[i];
		uint8_t p[8];
		const void *value = kind != FLOAT ? (const void *)&whole : width == 4 ? (const void *)&f : &v[i];
		put_number(p, value, width, big);
		add(b, p, (size_t)width);
	}
}

static inline const char *save_bytes(const char *name, const struct bytes *b)
{
	const char *path = in_dir(name);
	put_file(path, b->at, b->n);
	return path;
}

static struct scan *must_open(const char *path, double voxel_um)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	if (open_scan(path, 0, voxel_um, &scan, &err) < 0)
		fail_msg("%s", err.text);
	if (scan_settle(scan, &err) < 0)
		fail_msg("%s", err.text);
	return scan;
}

/* The voxels read equal value[i] within the tolerance, as slabs and as rows. */
static inline void assert_values(const char *path, const double *value, double tolerance)
{
	struct gppi_error err = { 0 };
	struct scan *scan = must_open(path, 0.0);
	const struct scan_info *info = scan_info(scan);
	assert_int_equal(info->nx, NX);
	assert_int_equal(info->ny, NY);
	assert_int_equal(info->nz, NZ);
	assert_string_equal(info->path, path);
	int16_t *raw = read_all(scan, &err), scratch[NX * NY];
	const int16_t *rows;
	if (!raw)
		fail_msg("%s", err.text);
	for (int i = 0; raw && i < N; i++) {
		double v = raw[i] * info->slope + info->intercept;
		if (!(fabs(v - value[i]) <= tolerance))
			fail_msg("%s: voxel %d is %.9g, expected %.9g", path, i, v, value[i]);
	}
	for (int z = 0; raw && z < NZ; z++) {
		assert_int_equal(scan_rows(scan, z, 2, 2, scratch, &rows, &err), 0);
		assert_memory_equal(rows, raw + (z * NY + 2) * NX, 2 * NX * sizeof *rows);
	}
	free(raw);
	scan_close(scan);
}

static inline void assert_spacing(const char *path, double x, double y, double z, enum scan_known known)
{
	struct scan *scan = must_open(path, 0.0);
	const double um[3] = { x, y, z };
	for (int i = 0; i < 3; i++)
		if (fabs(scan_info(scan)->spacing_um[i] - um[i]) > 1e-4)
			fail_msg("%s: spacing %d is %.9g, expected %g", path, i, scan_info(scan)->spacing_um[i],
				 um[i]);
	assert_int_equal(scan_info(scan)->spacing_known, known);
	scan_close(scan);
	scan = must_open(path, 7.5);
	assert_true(scan_info(scan)->spacing_um[1] == 7.5);
	assert_int_equal(scan_info(scan)->spacing_known, SCAN_GIVEN);
	scan_close(scan);
}

static inline void assert_detail(const char *path, const char *part)
{
	struct scan *scan = must_open(path, 0.0);
	if (!strstr(scan_info(scan)->detail, part))
		fail_msg("%s: \"%s\" lacks \"%s\"", path, scan_info(scan)->detail, part);
	scan_close(scan);
}

/* Why its spacing must be looked at; "": no reason. A given voxel size ends every doubt. */
static inline void assert_doubt(const char *name, const char *part)
{
	struct scan *scan = must_open(in_dir(name), 0.0);
	const char *doubt = scan_info(scan)->spacing_doubt;
	if (!part[0] != !doubt[0] || !strstr(doubt, part))
		fail_msg("%s: doubt \"%s\" instead of \"%s\"", name, doubt, part);
	scan_close(scan);
	scan = must_open(in_dir(name), 7.5);
	assert_string_equal(scan_info(scan)->spacing_doubt, "");
	scan_close(scan);
}

/* Cut anywhere before byte `end`, a file fails with a sentence that names it; nothing crashes. */
static inline void assert_cuts_refused(const char *name, const struct bytes *b, size_t end)
{
	for (size_t n = 0; n < end; n += n < 24 || end - n < 24 ? 1 : 13) {
		struct gppi_error err = { 0 };
		struct scan *scan;
		put_file(in_dir(name), b->at, n);
		int rc = open_scan(in_dir(name), 0, 0.0, &scan, &err);
		if (rc == 0) {
			int16_t *all = read_all(scan, &err);
			rc = all ? 0 : err.code;
			free(all);
			scan_close(scan);
		}
		/* a cut name of a data file is that of a missing one */
		if (rc != GPPI_E_FORMAT && rc != GPPI_E_UNSUPPORTED && rc != GPPI_E_IO)
			fail_msg("%s cut at %zu gives %d", name, n, rc);
		assert_non_null(strstr(err.text, name));
	}
}

#endif
