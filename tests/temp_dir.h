/* A temporary folder for a test, and the files in it. The includer asks for POSIX 2008 (mkdtemp). */
#ifndef TESTS_TEMP_DIR_H
#define TESTS_TEMP_DIR_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char test_dir[64]; /* fresh for every test */

/* A path inside test_dir; valid until the 32nd call after. */
static inline const char *in_dir(const char *name)
{
	static char ring[32][512];
	static int next;
	char *p = ring[next++ % 32];
	snprintf(p, sizeof ring[0], "%s/%s", test_dir, name);
	return p;
}

/* With SEEDS=folder in the environment, small files of the tests are kept there for `make fuzz`, by kind. */
static inline void keep_seed(const char *path, const void *bytes, size_t n)
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

static inline void keep_seed_file(const char *path)
{
	static uint8_t bytes[20001];
	FILE *f = getenv("SEEDS") ? fopen(path, "rb") : NULL;
	if (f) {
		keep_seed(path, bytes, fread(bytes, 1, sizeof bytes, f));
		fclose(f);
	}
}

static inline void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char sub[512];
		assert_true(snprintf(sub, sizeof sub, "%s/%s", path, e->d_name) < (int)sizeof sub);
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

static inline int make_dir(void **state)
{
	(void)state;
	strcpy(test_dir, "/tmp/scan_test_XXXXXX");
	return mkdtemp(test_dir) ? 0 : -1;
}

static inline int drop_dir(void **state)
{
	(void)state;
	remove_tree(test_dir);
	return 0;
}

static inline void put_file(const char *path, const void *bytes, size_t n)
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

/* How many files and folders the test left in its folder, hidden ones included. */
static inline int dir_count(void)
{
	int n = 0;
	DIR *d = opendir(test_dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static inline void put_text(const char *path, const char *text)
{
	put_file(path, text, strlen(text));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

#endif
