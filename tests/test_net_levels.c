/* Whole networks at every level of kernels this machine has: the bytes of the answers are those of
 * plain C, for the fixtures and for the networks built into the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "net/builtin.h"
#include "net/net.h"

#include "net_files.h"

#define IMAGES 3

static uint64_t seed = 7;

/* Full range, including what the engine must clamp; every other image is sparse. */
static void draw(uint8_t *in, size_t n, int sparse)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		in[i] = (uint8_t)(sparse && seed >> 40 & 7 ? 0 : seed >> 33 & 255);
	}
}

/* The answers to IMAGES images at the present level; the caller frees them. */
static float *answers(const void *data, size_t size, const char *name, size_t *bytes)
{
	struct net *net;
	struct net_run *run;
	struct gppi_error err = { 0 };

	if (net_load(data, size, name, &net, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(net_isa(NET_INT8), cpu_level_name(cpu_features()));
	const struct net_info *info = net_info(net);
	size_t image = (size_t)info->in_c * (size_t)info->in_h * (size_t)info->in_w, n = (size_t)info->out_n;
	uint8_t *in = malloc(image);
	float *out = calloc(IMAGES * n, sizeof *out);
	assert_true(in && out);
	assert_int_equal(net_run_new(net, NET_INT8, &run, &err), 0);
	seed = 7;
	for (size_t i = 0; i < IMAGES; i++) {
		draw(in, image, i & 1);
		assert_int_equal(net_forward(run, in, 1, out + i * n, &err), 0);
	}
	net_run_free(run);
	net_free(net);
	free(in);
	*bytes = IMAGES * n * sizeof *out;
	return out;
}

static void every_level(const void *data, size_t size, const char *name)
{
	size_t bytes = 0, again = 0;

	assert_int_equal(cpu_limit("scalar", NULL), 0);
	float *wanted = answers(data, size, name, &bytes);
	for (int l = 1; l < cpu_nlevels; l++) {
		if ((cpu_present() & cpu_levels[l].needs) != cpu_levels[l].needs)
			continue;
		assert_int_equal(cpu_limit(cpu_levels[l].name, NULL), 0);
		float *got = answers(data, size, name, &again);
		assert_int_equal(again, bytes);
		if (memcmp(got, wanted, bytes) != 0)
			fail_msg("%s: %s answers otherwise than plain C", name, cpu_levels[l].name);
		free(got);
	}
	free(wanted);
	assert_int_equal(cpu_limit("", NULL), 0);
}

static void test_fixtures(void **unused)
{
	(void)unused;
	static const char *const names[] = { "net-residual", "net-separable", "net-merged", "net-folding",
					     "net-softmax", "net-sigmoid" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct file f = slurp(names[i], ".gppiw");
		every_level(f.data, f.size, names[i]);
		free(f.data);
	}
}

static void test_builtin(void **unused)
{
	(void)unused;
	for (int i = 0; i < net_builtin_count(); i++) {
		size_t size = 0;
		const void *data = net_builtin_data(i, &size);
		every_level(data, size, net_builtin_name(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_builtin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
