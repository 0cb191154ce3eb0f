/* Scans in temporary folders: what the tests of all readers share. */
#ifndef TESTS_SCAN_FILES_H
#define TESTS_SCAN_FILES_H

#include <stdbool.h>

#include "scan/scan.h"

#include "temp_dir.h"

/* Opens volume `index` of path; the scan must not need its set. */
static inline int open_scan(const char *path, int index, double voxel_um, struct scan **out,
		     struct gppi_error *err)
{
	struct scan_set *set;
	*out = NULL;
	int rc = scan_set_open(path, &set, err);
	if (rc < 0)
		return rc;
	rc = scan_open(set, index, voxel_um, out, err);
	scan_set_free(set);
	return rc;
}

/* All voxels of a scan, read in slabs of three slices; NULL and *err on failure. */
static inline int16_t *read_all(struct scan *scan, struct gppi_error *err)
{
	const struct scan_info *info = scan_info(scan);
	size_t slice = (size_t)info->nx * (size_t)info->ny;
	int16_t *all = malloc(slice * (size_t)info->nz * 2), *scratch = malloc(slice * 3 * 2);
	assert_non_null(all);
	assert_non_null(scratch);
	for (int z = 0; z < info->nz; z += 3) {
		int n = info->nz - z < 3 ? info->nz - z : 3;
		const int16_t *p;
		if (scan_slab(scan, z, n, scratch, &p, err) < 0) {
			free(all);
			all = NULL;
			break;
		}
		memcpy(all + slice * (size_t)z, p, slice * (size_t)n * 2);
	}
	free(scratch);
	return all;
}

/* The input fails with this code and a sentence that names `word`, at opening or reading. */
static inline void assert_refused(const char *path, int code, const char *word)
{
	struct gppi_error err = { 0 };
	struct scan *scan;
	int rc = open_scan(path, 0, 0.0, &scan, &err);
	if (rc == 0) {
		int16_t *all = read_all(scan, &err);
		rc = all ? 0 : err.code;
		free(all);
		scan_close(scan);
	}
	if (rc != code || !strstr(err.text, word))
		print_error("%s: got %d \"%s\", expected %d with \"%s\"\n", path, rc, err.text, code,
			    word);
	assert_int_equal(rc, code);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, word));
}

#endif
