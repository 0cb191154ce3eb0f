/* Loading, pooling, adding: every vector kernel against the scalar reference, as in test_kernels_conv.c. */
#define _GNU_SOURCE
#include "kernel_tensors.h"

static void test_load(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int c = PICK(1, 1, 2, 3, 6, 15, 16, 17, 31, 51, 52, 64), h = 1 + (int)rnd(6), w = 1 + (int)rnd(50),
		    halo = (int)rnd(3);
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
		struct guarded in = make(c, h, w, pad + (int)rnd(2), 0, (int)rnd(2)),
			       wanted = make(c, oh, ow, halo, 0, 0);
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
		int zero = rnd(2) ? 64 : 0, c = 1 + (int)rnd(70), h = 2 + (int)rnd(9), w = 2 + (int)rnd(20),
		    halo = (int)rnd(2);
		float mul = rnd(2) ? 0.125f : rnd(4) ? (float)(1 + rnd(100)) / 200.0f : 16.0f;
		struct guarded in = make(c, h, w, (int)rnd(2), zero, (int)rnd(2)),
			       wanted = make(c, h / 2, w / 2, halo, zero, 0);
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
		int c = 1 + (int)rnd(70), h = 1 + (int)rnd(6), w = 1 + (int)rnd(20), halo = (int)rnd(2),
		    zero = rnd(2) ? 64 : 0;
		float ma = rnd(2) ? 0.5f : (float)(1 + rnd(300)) / 150.0f,
		      mb = rnd(2) ? 0.25f : (float)(1 + rnd(300)) / 150.0f;
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

int main(int argc, char **argv)
{
	begin(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_load, restart),
		cmocka_unit_test_setup(test_maxpool, restart),
		cmocka_unit_test_setup(test_avgpool, restart),
		cmocka_unit_test_setup(test_add, restart),
		cmocka_unit_test_setup(test_gap, restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
