/* Unpacking against zlib: every kind of stream, cut and damaged ones, and the checksum. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "scan/gunzip.h"

static uint32_t seed = 77;

static uint32_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/* Text of several natures: noise, runs, repeats at all distances, few symbols. */
static void write_text(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t part = 1 + draw() % 3000, kind = draw() % 5, back = 1 + draw() % 40000;
		for (size_t k = 0; k < part && i < n; k++, i++)
			p[i] = kind == 0 ? (uint8_t)draw() : kind == 1 ? (uint8_t)(part & 255)
			     : kind == 2 && i >= back ? p[i - back] : kind == 3 ? (uint8_t)(draw() % 3)
			     : (uint8_t)(__builtin_ctz(draw() | 1u << 30) * 7);
	}
}

/* A gzip member with the settings of `round`. */
static size_t pack(int round, uint8_t *text, size_t n, uint8_t *out, size_t room)
{
	static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED, Z_FILTERED };
	z_stream z = { 0 };
	assert_int_equal(deflateInit2(&z, round % 10, Z_DEFLATED, 15 + 16, 1 + round % 9,
				      strategies[round % 5]), Z_OK);
	z.next_in = text;
	z.next_out = out;
	z.avail_out = (uInt)room;
	for (size_t done = 0; done < n;) { /* empty and odd blocks in between */
		size_t part = round % 3 ? n - done : 1 + draw() % 70000;
		part = part < n - done ? part : n - done;
		z.avail_in = (uInt)part;
		assert_int_equal(deflate(&z, round % 2 ? Z_FULL_FLUSH : Z_SYNC_FLUSH), Z_OK);
		done += part;
	}
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t size = z.total_out;
	deflateEnd(&z);
	return size;
}

/* All that gunzip makes of a file; the status in *rc. */
static size_t unpack(const char *path, uint8_t *out, size_t room, int *rc)
{
	struct gunzip *gz = NULL;
	struct gppi_error err = { 0 };
	size_t sum = 0, got = 1;
	*rc = gunzip_open(path, 0, &gz, &err);
	while (*rc == 0 && got && sum < room) {
		size_t part = 1 + draw() % 200000;
		*rc = gunzip_some(gz, out + sum, part < room - sum ? part : room - sum, &got, &err);
		sum += got;
	}
	if (*rc == 0)
		*rc = gunzip_finish(gz, &err);
	assert_true(*rc == 0 || strstr(err.text, path));
	gunzip_close(gz);
	return sum;
}

/* What zlib makes of the same bytes. */
static size_t unpack_zlib(uint8_t *in, size_t n, uint8_t *out, size_t room, int *rc)
{
	z_stream z = { 0 };
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = in;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)room;
	int status = inflate(&z, Z_FINISH);
	*rc = status == Z_STREAM_END ? 0 : -1;
	size_t size = z.total_out;
	inflateEnd(&z);
	return size;
}

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/inflate_test_XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* Unpacks n bytes by way of a file. */
static size_t unpack_bytes(const uint8_t *bytes, size_t n, uint8_t *out, size_t room, int *rc)
{
	char path[96];
	snprintf(path, sizeof path, "%s/t.gz", dir);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	size_t size = unpack(path, out, room, rc);
	unlink(path);
	return size;
}

#define TEXT ((size_t)700000)
#define ROOM (2 * TEXT)

static void streams(void **state)
{
	(void)state;
	uint8_t *text = malloc(TEXT), *packed = malloc(ROOM), *out = malloc(2 * ROOM);
	assert_true(text && packed && out);
	for (int round = 0; round < 45; round++) {
		size_t n = round < 4 ? (size_t)round : draw() % TEXT;
		int rc;
		write_text(text, n);
		size_t size = pack(round, text, n, packed, ROOM);
		assert_int_equal(unpack_bytes(packed, size, out, ROOM, &rc), n);
		assert_int_equal(rc, 0);
		assert_memory_equal(out, text, n);
		/* a second member behind it, then padding */
		size_t more = pack(round + 1, text, n / 2, packed + size, ROOM - size);
		memset(packed + size + more, 0, 100);
		assert_int_equal(unpack_bytes(packed, size + more + 100, out, 2 * ROOM, &rc), n + n / 2);
		assert_int_equal(rc, 0);
		assert_memory_equal(out + n, text, n / 2);
	}
	free(text);
	free(packed);
	free(out);
}

static void cut_streams(void **state)
{
	(void)state;
	static uint8_t text[3000], packed[6000], out[9000];
	for (int round = 0; round < 5; round++) {
		write_text(text, sizeof text);
		size_t size = pack(3 * round, text, sizeof text, packed, sizeof packed);
		for (size_t n = 0; n < size; n += 1 + n / 40) {
			int rc;
			size_t got = unpack_bytes(packed, n, out, sizeof out, &rc);
			assert_int_equal(rc, GPPI_E_FORMAT);
			assert_memory_equal(out, text, got < sizeof text ? got : sizeof text);
		}
	}
}

/* One bit or byte wrong: an error, never a wrong result, and the same verdict as zlib. */
static void damaged_streams(void **state)
{
	(void)state;
	static uint8_t text[4000], packed[8000], out[16000], other[16000];
	for (int round = 0; round < 3000; round++) {
		size_t n = 1 + draw() % sizeof text;
		write_text(text, n);
		size_t size = pack(round, text, n, packed, sizeof packed);
		for (uint32_t k = draw() % 3 + 1; k > 0; k--)
			packed[draw() % size] ^= (uint8_t)(draw() % 2 ? 1u << draw() % 8 : draw());
		int rc, want;
		size_t got = unpack_bytes(packed, size, out, sizeof out, &rc);
		size_t expected = unpack_zlib(packed, size, other, sizeof other, &want);
		/* the fields zlib does not look at behind the stream are another matter */
		if (want == 0) {
			assert_int_equal(rc, 0);
			assert_int_equal(got, expected);
			assert_memory_equal(out, other, got);
		} else {
			assert_int_equal(rc, GPPI_E_FORMAT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(streams, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(cut_streams, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(damaged_streams, make_dir, drop_dir),
	};
	print_message("texts from seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
