/* Every vector kernel this machine can run, and the templates of those it cannot (emulated), against
 * the scalar reference: the same bytes, borders and surroundings included. Seed: first argument. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/kernels.h"
#if defined(__x86_64__)
#include "emulated/emulated.h"
#include "net/x86/x86.h"
#endif

static uint64_t seed = 20260611;
static uint64_t state;

static const struct net_kernels *tables[CPU_LEVELS + 5];
static int ntables;

static void find_tables(void)
{
	for (int l = CPU_SCALAR + 1; l < CPU_LEVELS; l++)
		if (cpu_supports((enum cpu_level)l))
			tables[ntables++] = net_kernels((enum cpu_level)l);
#if defined(__x86_64__)
	static struct net_kernels emulated[3], width[2];
	if (cpu_supports(CPU_AVX2)) {
		emulated[0] = emulated[1] = emulated[2] = *net_kernels(CPU_AVX2);
		emulated_avxvnni(&emulated[0]);
		emulated_avx512vnni(&emulated[1]);
		emulated_avx512vnni_ymm(&emulated[2]);
		for (int i = 0; i < 3; i++)
			tables[ntables++] = &emulated[i];
	}
	if (cpu_supports(CPU_AVX512VNNI)) { /* both widths, whichever this processor prefers */
		width[0] = width[1] = *net_kernels(CPU_AVX2);
		net_avx512vnni_conv(&width[0]);
		net_avx512vnni_ymm_conv(&width[1]);
		for (int i = 0; i < 2; i++)
			tables[ntables++] = &width[i];
	}
#endif
	for (int i = 0; i < ntables; i++)
		printf("kernels: %s\n", tables[i]->isa);
	if (ntables == 0) /* the scalar table against itself keeps the program meaningful */
		tables[ntables++] = net_kernels(CPU_SCALAR);
}

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

static int pick(const int *list, int n)
{
	return list[rnd((uint32_t)n)];
}
#define PICK(...) pick((const int[]){ __VA_ARGS__ }, (int)(sizeof(int[]){ __VA_ARGS__ } / sizeof(int)))

static int restart(void **unused)
{
	(void)unused;
	state = seed;
	return 0;
}

/* ---- tensors between pages that may not be touched ---- */

struct guarded {
	struct net_tensor t;
	uint8_t *map, *room; /* room: the tensor with NET_OVERREAD bytes at either side */
	size_t map_size, size;
};

static size_t tensor_size(const struct net_tensor *t)
{
	return (size_t)(t->h + 2 * t->halo) * (size_t)(t->w + 2 * t->halo) * (size_t)t->pitch;
}

/* at_end: the room ends where the page behind begins; else it starts where the one before ends. */
static struct guarded make(int c, int h, int w, int halo, int zero, int at_end)
{
	struct guarded g = { .t = { .c = c, .h = h, .w = w, .halo = halo, .zero = zero } };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	g.t.pitch = c == 1 ? 1 : (c + 3) / 4 * 4;
	g.size = tensor_size(&g.t) + 2 * (size_t)NET_OVERREAD;
	size_t pages = (g.size + page - 1) / page * page;
	g.map_size = pages + 2 * page;
	g.map = mmap(NULL, g.map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.map != MAP_FAILED);
	assert_int_equal(mprotect(g.map, page, PROT_NONE), 0);
	assert_int_equal(mprotect(g.map + page + pages, page, PROT_NONE), 0);
	g.room = g.map + page + (at_end ? pages - g.size : 0);
	memset(g.room, 0xee, g.size);
	g.t.data = g.room + NET_OVERREAD;
	return g;
}

static void drop(struct guarded *g)
{
	munmap(g->map, g->map_size);
}

enum fill { UNIFORM, FULL, SPARSE, FILLS };

/* What lies around the tensor is noise: a kernel that lets it count gives another result. */
static void fill(const struct guarded *g, enum fill how)
{
	const struct net_tensor *t = &g->t;

	for (size_t i = 0; i < g->size; i++)
		g->room[i] = (uint8_t)rnd(256);
	memset(t->data, t->zero, tensor_size(t));
	for (int y = 0; y < t->h; y++)
		for (int x = 0; x < t->w; x++)
			for (int c = 0; c < t->pitch; c++)
				net_pixel_out(t, y, x)[c] = (uint8_t)(c >= t->c ? 0
					: how == FULL ? 127 : how == SPARSE && rnd(8) ? 0 : rnd(128));
}

static void compare(const char *isa, const char *what, const struct guarded *wanted, const struct guarded *got)
{
	assert_int_equal(wanted->size, got->size);
	for (size_t i = 0; i < wanted->size; i++)
		if (wanted->room[i] != got->room[i])
			fail_msg("%s, seed %llu: %s differs from scalar at byte %lld of the tensor: %d, not %d", isa,
				 (unsigned long long)seed, what, (long long)i - NET_OVERREAD, got->room[i],
				 wanted->room[i]);
}

/* ---- convolutions ---- */

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
	uint8_t *packed = aligned_alloc(64, (size + 127) / 64 * 64), *scratch = aligned_alloc(64, (room + 127) / 64 * 64);

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
		{ 1, 32, 96, 96, 3, 1, 1 }, { 32, 32, 24, 96, 3, 1, 1 }, { 32, 32, 48, 48, 3, 1, 1 }, { 32, 64, 24, 24, 3, 1, 1 },
		{ 51, 32, 12, 48, 3, 1, 1 }, { 52, 32, 12, 48, 3, 1, 1 }, { 1, 32, 48, 96, 7, 2, 3 }, { 32, 64, 24, 24, 3, 2, 1 },
		{ 64, 64, 12, 12, 3, 1, 1 }, { 128, 128, 6, 6, 3, 1, 1 }, { 128, 256, 6, 6, 3, 2, 1 }, { 256, 256, 3, 3, 3, 1, 1 },
		{ 32, 64, 24, 24, 1, 2, 0 }, { 128, 256, 6, 6, 1, 2, 0 }, { 6, 16, 60, 48, 3, 1, 1 }, { 16, 16, 60, 48, 3, 1, 1 },
		{ 16, 32, 40, 24, 3, 1, 1 }, { 32, 48, 30, 12, 3, 1, 1 }, { 48, 48, 30, 12, 3, 1, 1 }, { 576, 64, 56, 1, 1, 1, 0 },
		{ 1152, 16, 28, 1, 1, 1, 0 }, { 64, 64, 56, 1, 3, 1, 1 }, { 96, 1, 56, 1, 1, 1, 0 }, { 3, 16, 1, 1, 1, 1, 0 },
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
		struct shape s = { .in_c = PICK(4, 8, 32, 64), .out_c = PICK(8, 16, 32, 40), .h = 5, .w = 5 + (int)rnd(9),
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

/* ---- loading, pooling, addition ---- */

static void test_load(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int c = PICK(1, 1, 2, 3, 6, 15, 16, 17, 31, 51, 52, 64), h = 1 + (int)rnd(6), w = 1 + (int)rnd(50), halo = (int)rnd(3);
		size_t size = (size_t)c * (size_t)h * (size_t)w;
		/* the image itself may not be over-read: it ends, or begins, at a guard page */
		struct guarded image = make(1, 1, (int)size, 0, 0, 1), wanted = make(c, h, w, halo, 0, 0);
		uint8_t *in = image.room + (rnd(2) ? image.size - size : 0);
		if (in == image.room)
			in = image.map + (size_t)sysconf(_SC_PAGESIZE);
		for (size_t k = 0; k < size; k++)
			in[k] = (uint8_t)rnd(256);
		net_kernels_ref()->load(&wanted.t, in);
		for (int k = 0; k < ntables; k++) {
			struct guarded got = make(c, h, w, halo, 0, (int)rnd(2));
			tables[k]->load(&got.t, in);
			compare(tables[k]->isa, "load", &wanted, &got);
			drop(&got);
		}
		drop(&image), drop(&wanted);
	}
}

static void test_maxpool(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int kernel = PICK(1, 3, 3, 5), pad = (int)rnd((uint32_t)kernel / 2 + 1), stride = 1 + (int)rnd(2);
		int c = 1 + (int)rnd(70), h = kernel + (int)rnd(9), w = kernel + (int)rnd(20), halo = (int)rnd(2);
		int oh = (h + 2 * pad - kernel) / stride + 1, ow = (w + 2 * pad - kernel) / stride + 1;
		struct guarded in = make(c, h, w, pad + (int)rnd(2), 0, (int)rnd(2)), wanted = make(c, oh, ow, halo, 0, 0);
		fill(&in, (enum fill)rnd(FILLS));
		net_kernels_ref()->maxpool(&in.t, &wanted.t, kernel, stride, pad);
		for (int k = 0; k < ntables; k++) {
			struct guarded got = make(c, oh, ow, halo, 0, (int)rnd(2));
			tables[k]->maxpool(&in.t, &got.t, kernel, stride, pad);
			compare(tables[k]->isa, "maxpool", &wanted, &got);
			drop(&got);
		}
		drop(&in), drop(&wanted);
	}
}

static void test_avgpool(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int zero = rnd(2) ? 64 : 0, c = 1 + (int)rnd(70), h = 2 + (int)rnd(9), w = 2 + (int)rnd(20), halo = (int)rnd(2);
		float mul = rnd(2) ? 0.125f : rnd(4) ? (float)(1 + rnd(100)) / 200.0f : 16.0f;
		struct guarded in = make(c, h, w, (int)rnd(2), zero, (int)rnd(2)), wanted = make(c, h / 2, w / 2, halo, zero, 0);
		fill(&in, (enum fill)rnd(FILLS));
		net_kernels_ref()->avgpool(&in.t, &wanted.t, mul);
		for (int k = 0; k < ntables; k++) {
			struct guarded got = make(c, h / 2, w / 2, halo, zero, (int)rnd(2));
			tables[k]->avgpool(&in.t, &got.t, mul);
			compare(tables[k]->isa, "avgpool", &wanted, &got);
			drop(&got);
		}
		drop(&in), drop(&wanted);
	}
}

static void test_add(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int c = 1 + (int)rnd(70), h = 1 + (int)rnd(6), w = 1 + (int)rnd(20), halo = (int)rnd(2), zero = rnd(2) ? 64 : 0;
		float ma = rnd(2) ? 0.5f : (float)(1 + rnd(300)) / 150.0f, mb = rnd(2) ? 0.25f : (float)(1 + rnd(300)) / 150.0f;
		struct guarded a = make(c, h, w, (int)rnd(2), rnd(2) ? 64 : 0, (int)rnd(2));
		struct guarded b = make(c, h, w, (int)rnd(2), rnd(2) ? 64 : 0, (int)rnd(2));
		struct guarded wanted = make(c, h, w, halo, zero, 0);
		fill(&a, (enum fill)rnd(FILLS));
		fill(&b, (enum fill)rnd(FILLS));
		net_kernels_ref()->add(&a.t, &b.t, &wanted.t, ma, mb);
		for (int k = 0; k < ntables; k++) {
			struct guarded got = make(c, h, w, halo, zero, (int)rnd(2));
			tables[k]->add(&a.t, &b.t, &got.t, ma, mb);
			compare(tables[k]->isa, "add", &wanted, &got);
			drop(&got);
		}
		drop(&a), drop(&b), drop(&wanted);
	}
}

static void test_gap(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int c = 1 + (int)rnd(70), h = 1 + (int)rnd(9), w = i % 20 ? 1 + (int)rnd(20) : 520 + (int)rnd(80);
		struct guarded in = make(c, h, w, (int)rnd(3), rnd(2) ? 64 : 0, (int)rnd(2));
		fill(&in, (enum fill)rnd(FILLS));
		int32_t wanted[71], got[71];
		net_kernels_ref()->gap(&in.t, wanted);
		for (int k = 0; k < ntables; k++) {
			got[c] = 0x5a5a5a5a;
			tables[k]->gap(&in.t, got);
			assert_memory_equal(got, wanted, (size_t)c * sizeof *got);
			assert_int_equal(got[c], 0x5a5a5a5a);
		}
		drop(&in);
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
		struct net_conv conv = { .kernel = 1, .stride = 1, .in_c = 64, .in_pitch = 64, .out_c = 16, .out_pitch = 16,
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
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	find_tables();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_conv, restart),
		cmocka_unit_test_setup(test_conv_in_use, restart),
		cmocka_unit_test_setup(test_bundle_limit, restart),
		cmocka_unit_test_setup(test_depthwise, restart),
		cmocka_unit_test_setup(test_load, restart),
		cmocka_unit_test_setup(test_maxpool, restart),
		cmocka_unit_test_setup(test_avgpool, restart),
		cmocka_unit_test_setup(test_add, restart),
		cmocka_unit_test_setup(test_gap, restart),
		cmocka_unit_test_setup(test_measures, restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
