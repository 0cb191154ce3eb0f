/* Damaged and hostile weight files: refused with a sentence, or run; never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"
#include "net/net.h"

#include "net_files.h"

#define HEADER ((size_t)160)
#define NODE ((size_t)128)

/* Refused with one sentence that names the file. */
static void refused(const void *data, size_t size, const char *why)
{
	struct net *net = (struct net *)1;
	struct gppi_error err = { 0 };

	if (net_load(data, size, "some.gppiw", &net, &err) != GPPI_E_WEIGHTS)
		fail_msg("accepted: %s", why);
	assert_null(net);
	assert_ptr_equal(strstr(err.text, "some.gppiw: "), err.text);
	assert_true(strlen(err.text) > 30);
}

static void sign(struct file f)
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, f.data, f.size - 32);
	sha256_final(&s, f.data + f.size - 32);
}

static void test_truncated(void **unused)
{
	(void)unused;
	struct file f = slurp("net-separable", ".gppiw");

	for (size_t n = 0; n < f.size; n += n < 2000 || n + 200 > f.size ? 1 : 97) {
		/* A copy of the exact size: the sanitizer sees a read behind the end. */
		uint8_t *cut = malloc(n ? n : 1);
		memcpy(cut, f.data, n);
		refused(cut, n, "a cut file");
		if (n > HEADER + 32) { /* a cut file that claims to be whole */
			struct file c = { cut, n };
			uint64_t size = n;
			memcpy(cut + 16, &size, 8);
			sign(c);
			refused(cut, n, "a cut and signed file");
		}
		free(cut);
	}
	free(f.data);
}

static void test_longer(void **unused)
{
	(void)unused;
	struct file f = slurp("net-separable", ".gppiw");

	for (size_t more = 1; more < 200; more += 7) {
		struct file g = { calloc(1, f.size + more), f.size + more };
		uint64_t size = g.size;
		memcpy(g.data, f.data, f.size);
		refused(g.data, g.size, "something behind the end");
		memset(g.data + f.size - 32, 0, 32);
		memcpy(g.data + 16, &size, 8);
		sign(g);
		refused(g.data, g.size, "something before the checksum");
		free(g.data);
	}
	free(f.data);
}

static void test_bit_flips(void **unused)
{
	(void)unused;
	struct file f = slurp("net-separable", ".gppiw");

	for (size_t i = 0; i < f.size; i += i < 1500 ? 1 : 13) {
		f.data[i] ^= (uint8_t)(1 << i % 8);
		refused(f.data, f.size, "a flipped bit");
		f.data[i] ^= (uint8_t)(1 << i % 8);
	}
	free(f.data);
}

/* Signed files with one hostile field. */
static void test_hostile_fields(void **unused)
{
	(void)unused;
	static const struct {
		size_t at;
		uint32_t value;
		const char *why;
	} bad[] = {
		{ 8, 2, "version" }, { 8, 0, "version" },
		{ 12, 0, "no nodes" }, { 12, 1, "one node" }, { 12, 257, "many nodes" }, { 12, 0xffffffff, "nodes" },
		{ 24, 6, "channels" }, { 28, 0, "height" }, { 32, 0xffffffff, "width" }, { 36, 2, "outputs" },
		{ 40, 0, "no description" }, { 40, 0xffffffff, "description" }, { 40, 10, "cut description" },
		{ 44, 1, "reserved" }, { 64, 0, "no kind" }, { 64, 0x0a410a41, "kind" }, { 96, 0, "no name" },
		{ 96, 0x2f2f2e2e, "path as name" },
		{ HEADER, 1, "first node no input" }, { HEADER + 4, 0, "input reads" },
		{ HEADER + 40, 128, "byte of 0" }, { HEADER + 16, 4, "input channels" },
		{ HEADER + 16, 0, "no channels" }, { HEADER + 20, 4097, "tall" },
		{ HEADER + NODE, 10, "operator" }, { HEADER + NODE, 0, "second input" },
		{ HEADER + NODE, 0xffffffff, "operator" },
		{ HEADER + NODE + 4, 1, "reads itself" }, { HEADER + NODE + 4, 2, "reads a later one" },
		{ HEADER + NODE + 4, 0xffffffff, "reads nothing" }, { HEADER + NODE + 8, 0, "reads two" },
		{ HEADER + NODE + 12, 2, "relu" }, { HEADER + NODE + 12, 1, "relu of a signed result" },
		{ HEADER + NODE + 16, 6, "channels" }, { HEADER + NODE + 20, 16, "height" },
		{ HEADER + NODE + 24, 14, "width" },
		{ HEADER + NODE + 28, 0, "kernel" }, { HEADER + NODE + 28, 2, "even kernel" },
		{ HEADER + NODE + 28, 9, "kernel" },
		{ HEADER + NODE + 28, 0x80000003, "kernel" }, { HEADER + NODE + 32, 0, "stride" },
		{ HEADER + NODE + 32, 3, "stride" },
		{ HEADER + NODE + 36, 2, "padding" }, { HEADER + NODE + 36, 0, "padding" },
		{ HEADER + NODE + 40, 1, "zero point" },
		{ HEADER + NODE + 40, 0, "zero point" }, { HEADER + NODE + 56, 1, "reserved" },
		{ HEADER + NODE + 104, 1, "reserved" },
		{ HEADER + NODE + 64, 0, "no weights" }, { HEADER + NODE + 64, 64, "place" },
		{ HEADER + NODE + 68, 1, "far place" },
		{ HEADER + NODE + 72, 0xffffffc0, "place" }, { HEADER + NODE + 84, 0x80000000, "place" },
		{ HEADER + 2 * NODE + 4, 0, "skips a layer" },
		{ HEADER + 4 * NODE + 48, 0x7fc00000, "not a number" },
		{ HEADER + 4 * NODE + 48, 0x42000000, "factor 32" },
		{ HEADER + 4 * NODE + 48, 0xbf800000, "negative factor" },
		{ HEADER + 4 * NODE + 20, 8, "pooled height" },
		{ HEADER + 7 * NODE + 20, 2, "height of an average" },
		{ HEADER + 8 * NODE + 4, 6, "dense on an image" },
		{ HEADER + 8 * NODE, 8, "softmax on sums" },
	};
	struct file f = slurp("net-separable", ".gppiw");

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint32_t old;
		memcpy(&old, f.data + bad[i].at, 4);
		memcpy(f.data + bad[i].at, &bad[i].value, 4);
		sign(f);
		refused(f.data, f.size, bad[i].why);
		memcpy(f.data + bad[i].at, &old, 4);
	}
	free(f.data);
}

/* Signed files with one hostile weight, bias or factor. */
static void test_hostile_arrays(void **unused)
{
	(void)unused;
	struct file f = slurp("net-separable", ".gppiw");
	struct net *net;
	uint64_t weights, bias, factor, w32;
	static const uint32_t float_bad[] = { 0x7fc00000, 0x7f800000, 0xff800000 };

	memcpy(&weights, f.data + HEADER + 3 * NODE + 64, 8);
	memcpy(&bias, f.data + HEADER + 3 * NODE + 72, 8);
	memcpy(&factor, f.data + HEADER + 3 * NODE + 80, 8);
	memcpy(&w32, f.data + HEADER + 3 * NODE + 88, 8);

	uint8_t *at = f.data + weights, old[4];
	memcpy(old, at, 4);
	*at = 0x80;
	sign(f);
	refused(f.data, f.size, "weight -128");
	memcpy(at, old, 4);

	static const int32_t far_bias[] = { INT32_MIN, INT32_MAX, 1 << 24, -(1 << 24), (1 << 24) - 1 };
	at = f.data + bias;
	memcpy(old, at, 4);
	for (int i = 0; i < 5; i++) {
		memcpy(at, &far_bias[i], 4);
		sign(f);
		refused(f.data, f.size, "a sum beyond 24 bits");
	}
	memcpy(at, old, 4);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 2; k++) {
			at = f.data + (k ? factor : w32);
			memcpy(old, at, 4);
			memcpy(at, &float_bad[i], 4);
			sign(f);
			refused(f.data, f.size, "not a number");
			memcpy(at, old, 4);
		}
	}
	sign(f);
	assert_int_equal(net_load(f.data, f.size, "restored", &net, NULL), 0);
	net_free(net);
	free(f.data);
}

/* Random signed damage: refused or run, never a crash. */
static void test_random_damage(void **unused)
{
	(void)unused;
	static const char *const names[] = { "net-separable", "net-residual", "net-softmax", "net-folding" };
	uint64_t state = 11;
	int accepted = 0, rejected = 0;

	printf("seed 11\n");
	for (int i = 0; i < 3000; i++) {
		struct file f = slurp(names[i % 3], ".gppiw");
		int changes = 1 + i % 3;
		for (int k = 0; k < changes; k++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			size_t span = i & 1 ? HEADER + 10 * NODE : f.size - 32;
			f.data[(state >> 33) % span] = (uint8_t)(state >> 24 & (i & 2 ? 0xff : 0x07));
		}
		sign(f);
		struct net *net;
		struct gppi_error err = { 0 };
		if (net_load(f.data, f.size, "damaged", &net, &err) < 0) {
			rejected++;
			assert_true(strlen(err.text) > 20);
		} else {
			struct net_run *run;
			const struct net_info *info = net_info(net);
			size_t image = (size_t)info->in_c * (size_t)info->in_h * (size_t)info->in_w;
			uint8_t *in = malloc(image);
			float out[16];
			accepted++;
			assert_non_null(in);
			memset(in, 255, image);
			assert_true(info->out_n <= 16);
			for (int e = 0; e < 2; e++) {
				assert_int_equal(net_run_new(net, e ? NET_FP32 : NET_INT8, &run, &err), 0);
				assert_int_equal(net_forward(run, in, 1, out, &err), 0);
				net_run_free(run);
			}
			free(in);
			net_free(net);
		}
		free(f.data);
	}
	assert_true(accepted > 100 && rejected > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_hostile_arrays),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
