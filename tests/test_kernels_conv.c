/* Convolutions: every vector kernel this machine can run, and the templates of those it cannot (emulated),
 * against the scalar reference: the same bytes, borders and surroundings included. Seed: first argument. */
#define _GNU_SOURCE
#include "kernel_tensors.h"

enum weights { ANY, EXTREME, SMALL, LIMIT, WEIGHTS };

/* LIMIT: sums of two weights that add up to exactly 258, the most a bundle allows, and to 259. */
static void make_weights(enum weights how, int amplitude, int8_t *w, int count)
{
	static const int8_t pair[][2] = { { 127, 2 }, { 64, 65 }, { 43, 43 }, { 65, 65 }, { 86, 0 }, { 0, 0 } };

	for (int i = 0; i < count; i++) {
		int v = how == ANY ? (int)rnd(255) - 127 : how == EXTREME ? (rnd(2) ? 127 : -127) :
			how == SMALL ? (int)(rnd(64) + rnd(64)) - 63 : pair[rnd(6)][i % 2] * (i % 64 < 32 ? 1 : -1);
		w[i] = (int8_t)(v > amplitude ? amplitude : v < -amplitude ? -amplitude : v);
	}
}

struct shape {
	int in_c, out_c, h, w, kernel, stride, pad;
};

static int32_t *make_bias(const struct shape *s, int per, const int8_t *weights, int zero_in)
{
	int32_t *bias = malloc((size_t)s->out_c * sizeof *bias);

	assert_non_null(bias);
	for (int o = 0; o < s->out_c; o++) {
		int sum = 0;
		for (int i = 0; i < per; i++)
			sum += weights[o * per + i];
		bias[o] = (int)rnd(2001) - 1000 - zero_in * sum;
	}
	return bias;
}

static void run_conv(const struct net_kernels *k, int deep, struct net_conv conv, const int8_t *weights,
		     const struct net_tensor *in, const struct net_tensor *out)
{
	size_t size = deep ? k->depthwise_packed_size(&conv) : k->conv_packed_size(&conv);
	size_t room = deep ? k->depthwise_scratch(&conv) : k->conv_scratch(&conv);
	uint8_t *packed = aligned_alloc(64, (size + 127) / 64 * 64),
		*scratch = aligned_alloc(64, (room + 127) / 64 * 64);

	assert_true(packed && scratch);
	memset(packed, 0xa5, size + 1);
	memset(scratch, 0x5a, room + 1);
	(deep ? k->depthwise_pack : k->conv_pack)(&conv, weights, packed);
	conv.packed = packed;
	(deep ? k->depthwise : k->conv)(&conv, in, out, scratch);
	assert_int_equal(packed[size], 0xa5);
	assert_int_equal(scratch[room], 0x5a);
	free(packed), free(scratch);
}

static void one_conv(int deep, const struct shape *s, enum fill how, enum weights kind)
{
	int oh = (s->h + 2 * s->pad - s->kernel) / s->stride + 1, ow = (s->w + 2 * s->pad - s->kernel) / s->stride + 1;
	int per = s->kernel * s->kernel * (deep ? 1 : s->in_c), zero_in = rnd(2) ? 64 : 0, zero = rnd(2) ? 64 : 0;
	int most = 16000000 / 127 / per, halo = (int)rnd(3);
	struct guarded in = make(s->in_c, s->h, s->w, s->pad + (int)rnd(2), zero_in, (int)rnd(2));
	int8_t *weights = calloc((size_t)per, (size_t)s->out_c);
	float *requant = malloc((size_t)s->out_c * sizeof *requant);

	assert_true(weights && requant);
	fill(&in, how);
	make_weights(kind, most < 127 ? most : 127, weights, per * s->out_c);
	int32_t *bias = make_bias(s, per, weights, zero_in);
	for (int o = 0; o < s->out_c; o++) /* halves often: ties are the hard case of rounding */
		requant[o] = rnd(3) ? (float)(1 + rnd(1000)) / 100000.0f : 1.0f / (float)(1 << rnd(14));
	struct net_conv conv = {
		.kernel = s->kernel, .stride = s->stride, .pad = s->pad, .in_c = s->in_c, .in_pitch = in.t.pitch,
		.out_c = s->out_c, .zero = zero, .bias = bias, .requant = requant,
	};
	struct guarded wanted = make(s->out_c, oh, ow, halo, zero, 0);
	conv.out_pitch = wanted.t.pitch;
	run_conv(net_kernels_ref(), deep, conv, weights, &in.t, &wanted.t);
	for (int i = 0; i < ntables; i++) {
		struct guarded got = make(s->out_c, oh, ow, halo, zero, (int)rnd(2));
		char what[96];
		snprintf(what, sizeof what, "%s %d->%d %dx%d kernel %d stride %d pad %d", deep ? "depthwise" : "conv",
			 s->in_c, s->out_c, s->h, s->w, s->kernel, s->stride, s->pad);
		run_conv(tables[i], deep, conv, weights, &in.t, &got.t);
		compare(tables[i]->isa, what, &wanted, &got);
		drop(&got);
	}
	drop(&in), drop(&wanted);
	free(weights), free(requant), free(bias);
}

static void test_conv(void **unused)
{
	(void)unused;
	for (int i = 0; i < 600; i++) {
		struct shape s = { .kernel = PICK(1, 3, 3, 5, 7), .stride = 1 + (int)rnd(2) };
		s.in_c = PICK(1, 1, 2, 3, 4, 5, 6, 8, 12, 16, 20, 31, 32, 48, 51, 52, 60, 67);
		s.out_c = PICK(1, 2, 4, 5, 6, 8, 12, 13, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 68, 80, 96, 100);
		s.pad = (int)rnd((uint32_t)s.kernel / 2 + 1);
		s.h = s.kernel + (int)rnd(8);
		s.w = s.kernel + (int)rnd(30);
		if (i % 5 == 0)
			s.h = s.kernel + (int)rnd(30), s.w = s.kernel + (int)rnd(3);
		one_conv(0, &s, (enum fill)rnd(FILLS), (enum weights)rnd(WEIGHTS));
	}
}

static void test_conv_in_use(void **unused)
{
	(void)unused;
	static const struct shape in_use[] = {
		{ 1, 32, 96, 96, 3, 1, 1 }, { 32, 32, 24, 96, 3, 1, 1 }, { 32, 32, 48, 48, 3, 1, 1 },
		{ 32, 64, 24, 24, 3, 1, 1 },
		{ 51, 32, 12, 48, 3, 1, 1 }, { 52, 32, 12, 48, 3, 1, 1 }, { 1, 32, 48, 96, 7, 2, 3 },
		{ 32, 64, 24, 24, 3, 2, 1 },
		{ 64, 64, 12, 12, 3, 1, 1 }, { 128, 128, 6, 6, 3, 1, 1 }, { 128, 256, 6, 6, 3, 2, 1 },
		{ 256, 256, 3, 3, 3, 1, 1 },
		{ 32, 64, 24, 24, 1, 2, 0 }, { 128, 256, 6, 6, 1, 2, 0 }, { 6, 16, 60, 48, 3, 1, 1 },
		{ 16, 16, 60, 48, 3, 1, 1 },
		{ 16, 48, 40, 24, 3, 1, 1 }, { 48, 48, 40, 24, 3, 1, 1 }, { 48, 80, 30, 12, 3, 1, 1 },
		{ 80, 80, 30, 12, 3, 1, 1 },
		{ 960, 64, 56, 1, 1, 1, 0 }, { 576, 64, 56, 1, 1, 1, 0 },
		{ 1152, 16, 28, 1, 1, 1, 0 }, { 64, 64, 56, 1, 3, 1, 1 }, { 96, 1, 56, 1, 1, 1, 0 },
		{ 3, 16, 1, 1, 1, 1, 0 },
	};
	for (size_t i = 0; i < sizeof in_use / sizeof *in_use; i++)
		for (int how = 0; how < FILLS; how++)
			one_conv(0, &in_use[i], (enum fill)how, (enum weights)((how + (int)i) % WEIGHTS));
}

/* Inputs of 127 everywhere and weights at the limit: the largest sums a bundle may hold. */
static void test_bundle_limit(void **unused)
{
	(void)unused;
	for (int i = 0; i < 60; i++) {
		struct shape s = { .in_c = PICK(4, 8, 32, 64), .out_c = PICK(8, 16, 32, 40), .h = 5,
				   .w = 5 + (int)rnd(9),
				   .kernel = PICK(1, 3), .stride = 1, .pad = 0 };
		one_conv(0, &s, FULL, LIMIT);
		one_conv(0, &s, FULL, EXTREME);
	}
}

static void test_depthwise(void **unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		struct shape s = { .kernel = PICK(1, 3, 5, 7), .stride = 1 + (int)rnd(2), .in_c = 1 + (int)rnd(70) };
		s.out_c = s.in_c;
		s.pad = (int)rnd((uint32_t)s.kernel / 2 + 1);
		s.h = s.kernel + (int)rnd(8);
		s.w = s.kernel + (int)rnd(20);
		one_conv(1, &s, (enum fill)rnd(FILLS), (enum weights)rnd(WEIGHTS));
	}
}

/* What the measurements rest on. */
static void test_measures(void **unused)
{
	(void)unused;
	for (int k = 0; k < ntables; k++) {
		if (!tables[k]->peak)
			continue;
		assert_true(tables[k]->peak(1, 10) > 0);
		for (int b = 2; b <= NET_BUNDLES; b++) {
			double macs = tables[k]->peak(b, 10);
			assert_true(macs == 0 || macs == b * tables[k]->peak(1, 10));
		}
		int8_t weights[16 * 64] = { 1 };
		int32_t bias[16] = { 0 }, count[NET_BUNDLES], groups = 0;
		float requant[16] = { 0 };
		struct net_conv conv = { .kernel = 1, .stride = 1, .in_c = 64, .in_pitch = 64, .out_c = 16,
					 .out_pitch = 16,
					 .bias = bias, .requant = requant };
		size_t size = tables[k]->conv_packed_size(&conv);
		void *packed = aligned_alloc(64, (size + 63) / 64 * 64);
		tables[k]->conv_pack(&conv, weights, packed);
		conv.packed = packed;
		tables[k]->conv_bundles(&conv, count);
		for (int b = 0; b < NET_BUNDLES; b++)
			groups += (b + 1) * count[b];
		assert_true(groups % 16 == 0 && groups > 0);
		free(packed);
	}
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_conv, restart),
		cmocka_unit_test_setup(test_conv_in_use, restart),
		cmocka_unit_test_setup(test_bundle_limit, restart),
		cmocka_unit_test_setup(test_depthwise, restart),
		cmocka_unit_test_setup(test_measures, restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
