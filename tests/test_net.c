/* Whole networks: the int8 engine bit for bit as tools/train/gppiw.py models it, fp32 as PyTorch
 * computes it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/builtin.h"
#include "net/net.h"

#include "net_files.h"

#define COUNT 6 /* images per fixture */

static void compare(const char *name, double near_float)
{
	struct file weights = slurp(name, ".gppiw"), expected = slurp(name, ".bin");
	struct net *net;
	struct net_run *run[2];
	struct gppi_error err = { 0 };

	if (net_load(weights.data, weights.size, name, &net, &err) != 0)
		fail_msg("%s", err.text);
	const struct net_info *info = net_info(net);
	size_t image = (size_t)info->in_c * (size_t)info->in_h * (size_t)info->in_w, n = (size_t)info->out_n;
	assert_int_equal(expected.size, COUNT * (image + 2 * n * sizeof(float)));
	assert_string_equal(info->name, name);
	assert_non_null(strstr(info->meta, "recipe"));
	assert_int_equal(strlen(info->hash), 64);
	assert_true(info->params > 100 && info->macs > 1000);
	for (int e = 0; e < 2; e++)
		assert_int_equal(net_run_new(net, e ? NET_FP32 : NET_INT8, &run[e], &err), 0);
	for (size_t i = 0; i < COUNT; i++) {
		float out[2][64], wanted[2][64];
		for (size_t e = 0; e < 2; e++) {
			memcpy(wanted[e], expected.data + COUNT * image + (e * COUNT + i) * n * sizeof(float),
			       n * sizeof(float));
			assert_int_equal(net_forward(run[e], expected.data + i * image, 1, out[e], &err), 0);
		}
		assert_memory_equal(out[0], wanted[0], n * sizeof(float));
		for (size_t k = 0; k < n; k++) {
			const double should = (double)wanted[1][k];
			assert_true(fabs((double)out[1][k] - should) < 1e-4 * (1 + fabs(should)));
			assert_true(fabs((double)out[1][k] - (double)out[0][k]) < near_float);
		}
	}
	for (int e = 0; e < 2; e++)
		net_run_free(run[e]);
	net_free(net);
	free(weights.data), free(expected.data);
}

static void test_residual(void **unused)
{
	(void)unused;
	compare("net-residual", 0.1);
}

static void test_separable(void **unused)
{
	(void)unused;
	compare("net-separable", 0.2);
}

static void test_merged(void **unused)
{
	(void)unused;
	compare("net-merged", 0.2);
}

static void test_folding(void **unused)
{
	(void)unused;
	compare("net-folding", 0.1);
}

static void test_last_node(void **unused)
{
	(void)unused;
	struct file plain = slurp("net-residual", ".gppiw"), data = slurp("net-residual", ".bin");
	struct file last[2] = { slurp("net-softmax", ".gppiw"), slurp("net-sigmoid", ".gppiw") };
	const size_t third = (size_t)2 * 23 * 18; /* place of the third image */
	float v[2], out[2];
	struct net *net;
	struct net_run *run;

	for (int e = 0; e < 2; e++) {
		enum net_engine engine = e ? NET_FP32 : NET_INT8;
		assert_int_equal(net_load(plain.data, plain.size, "plain", &net, NULL), 0);
		assert_int_equal(net_run_new(net, engine, &run, NULL), 0);
		assert_int_equal(net_forward(run, data.data + third, 1, v, NULL), 0);
		net_run_free(run);
		net_free(net);
		for (int s = 0; s < 2; s++) {
			assert_int_equal(net_load(last[s].data, last[s].size, "last", &net, NULL), 0);
			assert_int_equal(net_run_new(net, engine, &run, NULL), 0);
			assert_int_equal(net_forward(run, data.data + third, 1, out, NULL), 0);
			for (int k = 0; k < 2; k++) {
				double x = (double)v[k] - (s ? 0 : (double)v[1 - k]);
				assert_true(fabs((double)out[k] - 1 / (1 + exp(-x))) < 1e-6);
			}
			net_run_free(run);
			net_free(net);
		}
	}
	free(plain.data), free(data.data), free(last[0].data), free(last[1].data);
}

/* One run lent to several networks answers as a run of each network's own. */
static void test_lent_run(void **unused)
{
	static const char *const name[] = { "net-softmax", "net-folding", "net-merged", "net-residual", "net-folding" };
	struct net_run *lent = NULL;
	struct net *net;

	(void)unused;
	for (size_t i = 0; i < 5; i++) {
		struct file weights = slurp(name[i], ".gppiw");
		struct file data = slurp(strcmp(name[i], "net-softmax") ? name[i] : "net-residual", ".bin");
		struct net_run *own;
		float a[64], b[64];
		assert_int_equal(net_load(weights.data, weights.size, name[i], &net, NULL), 0);
		assert_int_equal(net_run_new(net, NET_INT8, &own, NULL), 0);
		assert_int_equal(lent ? net_run_use(lent, net, NULL) : net_run_new(net, NET_INT8, &lent, NULL), 0);
		assert_int_equal(net_forward(own, data.data, 1, a, NULL), 0);
		assert_int_equal(net_forward(lent, data.data, 1, b, NULL), 0);
		assert_memory_equal(a, b, (size_t)net_info(net)->out_n * sizeof *a);
		net_run_free(own);
		net_free(net);
		free(weights.data), free(data.data);
	}
	net_run_free(lent);
}

static void test_builtin(void **unused)
{
	(void)unused;
	int n = net_builtin_count();
	size_t size = 0;

	assert_true(n >= 0);
	assert_null(net_builtin_data(-1, &size));
	assert_null(net_builtin_data(n, &size));
	assert_null(net_builtin_name(n));
	for (int i = 0; i < n; i++) {
		struct net *net;
		struct gppi_error err = { 0 };
		const void *data = net_builtin_data(i, &size);
		assert_non_null(strstr(net_builtin_name(i), ".gppiw"));
		if (net_load(data, size, net_builtin_name(i), &net, &err) < 0)
			fail_msg("%s", err.text);
		assert_true(net_info(net)->params > 1000);
		/* what is taken on trust at every start is the truth */
		struct net *known;
		assert_int_equal(net_load_known(data, size, "known", net_builtin_hash(i), &known, &err), 0);
		assert_string_equal(net_info(known)->hash, net_info(net)->hash);
		assert_int_equal(net_info(known)->params, net_info(net)->params);
		net_free(known);
		net_free(net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_residual),
		cmocka_unit_test(test_separable),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_last_node),
		cmocka_unit_test(test_lent_run),
		cmocka_unit_test(test_builtin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
