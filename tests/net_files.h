/* The weight files of tests/data, made by net_fixture.py. Include after cmocka.h. */
#ifndef TESTS_NET_FILES_H
#define TESTS_NET_FILES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct file {
	uint8_t *data;
	size_t size;
};

/* tests/data/NAMESUFFIX; the caller frees data. */
static inline struct file slurp(const char *name, const char *suffix)
{
	struct file file = { 0 };
	char path[256];

	snprintf(path, sizeof path, "tests/data/%s%s", name, suffix);
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("%s: run the tests from the top folder", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	file.size = (size_t)ftell(f);
	rewind(f);
	file.data = malloc(file.size);
	assert_int_equal(fread(file.data, 1, file.size, f), file.size);
	fclose(f);
	return file;
}

#endif
