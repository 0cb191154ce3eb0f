/* Temporary folders and files for the tests of the readers. */
#ifndef TESTS_SCAN_FILES_H
#define TESTS_SCAN_FILES_H

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scan/scan.h"

static char test_dir[64]; /* fresh for every test */

/* A path inside test_dir; valid until the fourth call after. */
static const char *in_dir(const char *name)
{
	static char ring[4][512];
	static int next;
	char *p = ring[next++ % 4];
	snprintf(p, sizeof ring[0], "%s/%s", test_dir, name);
	return p;
}

/* With SEEDS=folder in the environment, small files of the tests are kept there for `make fuzz`, by kind. */
static void keep_seed(const char *path, const void *bytes, size_t n)
{
	const char *folder = getenv("SEEDS"), *dot = strrchr(path, '.');
	char name[600];
	uint64_t hash = 14695981039346656037u;
	if (!folder || !dot || strchr(dot, '/') || n == 0 || n > 20000)
		return;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
	snprintf(name, sizeof name, "%s/%.8s", folder, dot + 1);
	mkdir(name, 0777);
	snprintf(name, sizeof name, "%s/%.8s/%016llx", folder, dot + 1, (unsigned long long)hash);
	FILE *f = fopen(name, "wb");
	if (f) {
		fwrite(bytes, 1, n, f);
		fclose(f);
	}
}

static void keep_seed_file(const char *path)
{
	static uint8_t bytes[20001];
	FILE *f = getenv("SEEDS") ? fopen(path, "rb") : NULL;
	if (f) {
		keep_seed(path, bytes, fread(bytes, 1, sizeof bytes, f));
		fclose(f);
	}
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char sub[512];
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		struct stat st;
		if (stat(sub, &st) == 0 && S_ISREG(st.st_mode))
			keep_seed_file(sub);
		if (unlink(sub) < 0)
			remove_tree(sub);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(test_dir, "/tmp/scan_test_XXXXXX");
	return mkdtemp(test_dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	remove_tree(test_dir);
	return 0;
}

static void put_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	keep_seed(path, bytes, n);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline uint8_t *get_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f);
	rewind(f);
	uint8_t *p = malloc(*n + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, *n, f), *n);
	fclose(f);
	return p;
}

/* Opens volume `index` of path; the scan must not need its set. */
static int open_scan(const char *path, int index, double voxel_um, struct scan **out,
		     struct err *err)
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
static int16_t *read_all(struct scan *scan, struct err *err)
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
static void assert_refused(const char *path, int code, const char *word)
{
	struct err err = { 0 };
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
