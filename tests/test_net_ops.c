/* Each int8 operator against a naive computation in double on planar tensors, and the heads.
 * Seed: first argument. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/int8/kernels.h"
#include "net/int8/ref/requant.h"

static uint64_t seed = 20240229;
static uint64_t state;

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

static int restart(void **unused)
{
	(void)unused;
	state = seed;
	return 0;
}

/* A tensor in its own allocation, so that the sanitizer sees every stray access; 0xee all over. */
static struct net_tensor make(int c, int h, int w, int halo, int zero)
{
	struct net_tensor t = { .c = c, .h = h, .w = w, .halo = halo, .zero = zero };
	t.pitch = c == 1 ? 1 : (c + 3) / 4 * 4;
	size_t size = (size_t)(h + 2 * halo) * (size_t)(w + 2 * halo) * (size_t)t.pitch;
	t.data = malloc(size);
	assert_non_null(t.data);
	memset(t.data, 0xee, size);
	return t;
}

enum fill { UNIFORM, FULL, SPARSE, FILLS };

static void fill(const struct net_tensor *t, enum fill how)
{
	memset(t->data, t->zero, (size_t)(t->h + 2 * t->halo) * (size_t)(t->w + 2 * t->halo) * (size_t)t->pitch);
	for (int y = 0; y < t->h; y++)
		for (int x = 0; x < t->w; x++)
			for (int c = 0; c < t->pitch; c++)
				net_pixel_out(t, y, x)[c] = (uint8_t)(c >= t->c ? 0
					: how == FULL ? 127 : how == SPARSE && rnd(8) ? 0 : rnd(128));
}

/* Value relative to the zero point, zero outside the image. */
static double at(const struct net_tensor *t, int c, int y, int x)
{
	if (y < 0 || x < 0 || y >= t->h || x >= t->w)
		return 0;
	return net_pixel(t, y, x)[c] - t->zero;
}

static double clamp_round(double v, int zero)
{
	double r = nearbyint(v) + zero;
	return r < 0 ? 0 : r > 127 ? 127 : r;
}

static void expect(const struct net_tensor *t, int c, int y, int x, double wanted)
{
	if (net_pixel(t, y, x)[c] != (uint8_t)wanted)
		fail_msg("seed %llu: channel %d row %d column %d: %d, not %g", (unsigned long long)seed,
			 c, y, x, net_pixel(t, y, x)[c], wanted);
}

/* The halo untouched, the surplus channels zero. */
static void expect_frame(const struct net_tensor *t)
{
	for (int y = -t->halo; y < t->h + t->halo; y++)
		for (int x = -t->halo; x < t->w + t->halo; x++) {
			int inside = y >= 0 && x >= 0 && y < t->h && x < t->w;
			for (int c = inside ? t->c : 0; c < t->pitch; c++)
				assert_int_equal(net_pixel(t, y, x)[c], inside ? 0 : 0xee);
		}
}

static void one_conv(int deep, int in_c, int out_c, int h, int w, int kernel, int stride, int pad,
		     int zero_in, int zero_out, enum fill how, int extreme)
{
	const struct net_kernels *k = net_kernels_ref();
	int oh = (h + 2 * pad - kernel) / stride + 1, ow = (w + 2 * pad - kernel) / stride + 1;
	struct net_tensor in = make(in_c, h, w, pad + (int)rnd(2), zero_in);
	struct net_tensor out = make(out_c, oh, ow, (int)rnd(3), zero_out);
	int per = deep ? kernel * kernel : kernel * kernel * in_c;
	int8_t *weights = calloc((size_t)per, (size_t)out_c);
	int32_t *bias = malloc((size_t)out_c * sizeof *bias);
	float *requant = malloc((size_t)out_c * sizeof *requant);

	fill(&in, how);
	for (int i = 0; i < per * out_c; i++)
		weights[i] = (int8_t)(extreme ? (rnd(2) ? 127 : -127) : (int)rnd(255) - 127);
	for (int o = 0; o < out_c; o++) {
		int sum = 0;
		for (int i = 0; i < per; i++)
			sum += weights[o * per + i];
		bias[o] = (int)rnd(2001) - 1000 - zero_in * sum;
		/* Halves often: ties are the hard case of rounding. */
		requant[o] = rnd(3) ? (float)(1 + rnd(1000)) / 100000.0f : 1.0f / (float)(1 << rnd(12));
	}
	struct net_conv conv = {
		.kernel = kernel, .stride = stride, .pad = pad, .in_c = in_c, .in_pitch = in.pitch,
		.out_c = out_c, .out_pitch = out.pitch, .zero = zero_out, .bias = bias, .requant = requant,
	};
	size_t packed_size = deep ? k->depthwise_packed_size(&conv) : k->conv_packed_size(&conv);
	void *packed = aligned_alloc(64, (packed_size + 63) / 64 * 64);
	void *scratch = malloc(deep ? k->depthwise_scratch(&conv) : k->conv_scratch(&conv));
	(deep ? k->depthwise_pack : k->conv_pack)(&conv, weights, packed);
	conv.packed = packed;
	(deep ? k->depthwise : k->conv)(&conv, &in, &out, scratch);

	for (int o = 0; o < out_c; o++)
		for (int y = 0; y < oh; y++)
			for (int x = 0; x < ow; x++) {
				double acc = bias[o];
				for (int i = 0; i < per; i++) {
					int c = deep ? o : i % in_c, t = deep ? i : i / in_c;
					acc += weights[o * per + i] *
					       (at(&in, c, y * stride - pad + t / kernel,
						   x * stride - pad + t % kernel) + zero_in);
				}
				expect(&out, o, y, x, clamp_round((float)(acc * (double)requant[o]), zero_out));
			}
	expect_frame(&out);
	free(in.data), free(out.data), free(weights), free(bias), free(requant), free(packed), free(scratch);
}

static void test_conv(void **unused)
{
	(void)unused;
	for (int i = 0; i < 400; i++) {
		int kernel = 1 + 2 * (int)rnd(4), pad = (int)rnd((uint32_t)kernel / 2 + 1);
		one_conv(0, 1 + (int)rnd(rnd(4) ? 9 : 67), 1 + (int)rnd(37), kernel + (int)rnd(6), kernel + (int)rnd(6),
			 kernel, 1 + (int)rnd(2), pad, rnd(2) ? 64 : 0, rnd(2) ? 64 : 0, (enum fill)rnd(FILLS),
			 !rnd(4));
	}
}

static void test_conv_in_use(void **unused)
{
	(void)unused;
	one_conv(0, 1, 32, 20, 20, 3, 1, 1, 0, 0, UNIFORM, 0);
	one_conv(0, 1, 32, 21, 20, 7, 2, 3, 0, 0, UNIFORM, 0);
	one_conv(0, 51, 32, 9, 9, 3, 1, 1, 0, 0, UNIFORM, 0);
	one_conv(0, 32, 64, 9, 9, 3, 1, 1, 0, 64, FULL, 1);
	one_conv(0, 64, 128, 6, 6, 1, 2, 0, 0, 64, UNIFORM, 0);
	one_conv(0, 256, 32, 3, 3, 3, 1, 1, 0, 0, UNIFORM, 0);
}

static void test_depthwise(void **unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		int kernel = 1 + 2 * (int)rnd(4), pad = (int)rnd((uint32_t)kernel / 2 + 1), c = 1 + (int)rnd(60);
		one_conv(1, c, c, kernel + (int)rnd(6), kernel + (int)rnd(6), kernel, 1 + (int)rnd(2), pad,
			 rnd(2) ? 64 : 0, rnd(2) ? 64 : 0, (enum fill)rnd(FILLS), !rnd(4));
	}
}

static void test_maxpool(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int kernel = 1 + 2 * (int)rnd(3), pad = (int)rnd((uint32_t)kernel / 2 + 1), stride = 1 + (int)rnd(2);
		int c = 1 + (int)rnd(35), h = kernel + (int)rnd(7), w = kernel + (int)rnd(7);
		struct net_tensor in = make(c, h, w, pad + (int)rnd(2), 0);
		struct net_tensor out = make(c, (h + 2 * pad - kernel) / stride + 1,
					     (w + 2 * pad - kernel) / stride + 1, (int)rnd(2), 0);
		fill(&in, (enum fill)rnd(FILLS));
		net_kernels_ref()->maxpool(&in, &out, kernel, stride, pad);
		for (int k = 0; k < c; k++)
			for (int y = 0; y < out.h; y++)
				for (int x = 0; x < out.w; x++) {
					double top = 0;
					for (int t = 0; t < kernel * kernel; t++)
						top = fmax(top, at(&in, k, y * stride - pad + t / kernel,
								   x * stride - pad + t % kernel));
					expect(&out, k, y, x, top);
				}
		expect_frame(&out);
		free(in.data), free(out.data);
	}
}

static void test_avgpool(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int zero = rnd(2) ? 64 : 0, c = 1 + (int)rnd(35);
		/* 1/8 gives ties in half of all sums */
		float mul = rnd(2) ? 0.125f : (float)(1 + rnd(100)) / 200.0f;
		struct net_tensor in = make(c, 2 + (int)rnd(8), 2 + (int)rnd(8), (int)rnd(2), zero);
		struct net_tensor out = make(c, in.h / 2, in.w / 2, (int)rnd(2), zero);
		fill(&in, (enum fill)rnd(FILLS));
		net_kernels_ref()->avgpool(&in, &out, mul);
		for (int k = 0; k < c; k++)
			for (int y = 0; y < out.h; y++)
				for (int x = 0; x < out.w; x++) {
					double sum = at(&in, k, 2 * y, 2 * x) + at(&in, k, 2 * y, 2 * x + 1) +
						     at(&in, k, 2 * y + 1, 2 * x) + at(&in, k, 2 * y + 1, 2 * x + 1);
					expect(&out, k, y, x, clamp_round((float)(sum * (double)mul), zero));
				}
		expect_frame(&out);
		free(in.data), free(out.data);
	}
}

static void test_add(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int c = 1 + (int)rnd(35), h = 1 + (int)rnd(6), w = 1 + (int)rnd(6);
		float ma = rnd(2) ? 0.5f : (float)(1 + rnd(300)) / 150.0f;
		float mb = rnd(2) ? 0.25f : (float)(1 + rnd(300)) / 150.0f;
		struct net_tensor a = make(c, h, w, (int)rnd(2), rnd(2) ? 64 : 0);
		struct net_tensor b = make(c, h, w, (int)rnd(2), rnd(2) ? 64 : 0);
		struct net_tensor out = make(c, h, w, (int)rnd(2), rnd(2) ? 64 : 0);
		fill(&a, (enum fill)rnd(FILLS));
		fill(&b, (enum fill)rnd(FILLS));
		net_kernels_ref()->add(&a, &b, &out, ma, mb);
		for (int k = 0; k < c; k++)
			for (int y = 0; y < h; y++)
				for (int x = 0; x < w; x++) {
					/* the stated float roundings, made explicit by conversion */
					double va = (float)(at(&a, k, y, x) * (double)ma);
					double vb = (float)(at(&b, k, y, x) * (double)mb);
					expect(&out, k, y, x, clamp_round((float)(va + vb), out.zero));
				}
		expect_frame(&out);
		free(a.data), free(b.data), free(out.data);
	}
}

static void test_gap(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int c = 1 + (int)rnd(35);
		int32_t sums[36];
		struct net_tensor in = make(c, 1 + (int)rnd(9), 1 + (int)rnd(9), (int)rnd(3), rnd(2) ? 64 : 0);
		fill(&in, (enum fill)rnd(FILLS));
		net_kernels_ref()->gap(&in, sums);
		for (int k = 0; k < c; k++) {
			double sum = 0;
			for (int y = 0; y < in.h; y++)
				for (int x = 0; x < in.w; x++)
					sum += at(&in, k, y, x);
			assert_true((double)sums[k] == sum);
		}
		free(in.data);
	}
}

static void test_requant(void **unused)
{
	(void)unused;
	static const float hard[] = { -0.5f, 0.5f, 1.5f, 2.5f, 63.5f, 126.5f, 127.5f, -64.5f, -63.5f, -1e9f, 1e9f,
				      0.49999997f, 126.49999f, -0.0f };
	for (int zero = 0; zero <= 64; zero += 64) {
		for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
			assert_int_equal(net_requant(hard[i], zero), clamp_round((double)hard[i], zero));
		for (int i = -3000; i < 3000; i++) {
			float v = (float)i / 16.0f;
			assert_int_equal(net_requant(v, zero), clamp_round((double)v, zero));
			v = nextafterf(v, 1e9f);
			assert_int_equal(net_requant(v, zero), clamp_round((double)v, zero));
		}
	}
}

static void test_dense(void **unused)
{
	(void)unused;
	int32_t in[100];
	int16_t w[300];
	float scale[3] = { 1e-6f, 3e-7f, 1.5f }, bias[3] = { 25.0f, -1.0f, 0.0f }, out[3];

	for (int i = 0; i < 100; i++)
		in[i] = (int32_t)rnd(1 << 24) - (1 << 23);
	for (int i = 0; i < 300; i++)
		w[i] = (int16_t)((int)rnd(65535) - 32767);
	net_dense(in, 100, w, scale, bias, out, 3);
	for (int o = 0; o < 3; o++) {
		double sum = 0; /* integers below 2^53: exact */
		for (int i = 0; i < 100; i++)
			sum += (double)w[o * 100 + i] * in[i];
		assert_true(out[o] == (float)(sum * (double)scale[o] + (double)bias[o]));
	}
}

static void test_softmax_sigmoid(void **unused)
{
	(void)unused;
	for (int i = 0; i < 500; i++) {
		float in[5], soft[5], sig[5];
		for (int k = 0; k < 5; k++)
			in[k] = ((float)rnd(200001) / 1000.0f - 100.0f) * (i % 3 ? 0.05f : 10.0f);
		net_softmax(in, soft, 5);
		net_sigmoid(in, sig, 5);
		double total = 0;
		for (int k = 0; k < 5; k++) {
			double top = fmax(fmax(fmax((double)in[0], (double)in[1]), fmax((double)in[2], (double)in[3])),
					  (double)in[4]);
			double part = 0;
			for (int j = 0; j < 5; j++)
				part += exp((double)in[j] - top);
			assert_true(fabs((double)soft[k] - exp((double)in[k] - top) / part) < 1e-7);
			assert_true(fabs((double)sig[k] - 1 / (1 + exp(-(double)in[k]))) < 1e-7);
			total += (double)soft[k];
		}
		assert_true(fabs(total - 1) < 1e-6);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_conv, restart),
		cmocka_unit_test_setup(test_conv_in_use, restart),
		cmocka_unit_test_setup(test_depthwise, restart),
		cmocka_unit_test_setup(test_maxpool, restart),
		cmocka_unit_test_setup(test_avgpool, restart),
		cmocka_unit_test_setup(test_add, restart),
		cmocka_unit_test_setup(test_gap, restart),
		cmocka_unit_test_setup(test_requant, restart),
		cmocka_unit_test_setup(test_dense, restart),
		cmocka_unit_test_setup(test_softmax_sigmoid, restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
