/* Float copies of weights in files of their own: what the fp32 engine answers with them, and what is refused. Numbers
 * of half precision are written down as bits (IEEE 754 binary16). */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/fp32/floats.h"
#include "temp_dir.h"
#include "tiny_net.h"

#define CHANNELS 2
#define OUTPUTS 3
#define HALVES (CHANNELS * OUTPUTS)
#define BIAS_AT 128   /* 64 bytes of header, 12 of weights, to the next multiple of 64 */
#define FLOATS_END 192

static const float bias[OUTPUTS] = { 0.5f, -1, 1000 };
/* 1, -2, 0.5, 65504 (the largest), 2^-24 (the smallest), -0.333251953125 */
static const uint16_t half[HALVES] = { 0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0xb555 };
static const double value[HALVES] = { 1, -2, 0.5, 65504, 1.0 / 16777216, -0.333251953125 };

static void sign(uint8_t *data, size_t end)
{
	struct sha256 sha;

	sha256_init(&sha);
	sha256_update(&sha, data, end);
	sha256_final(&sha, data + end);
}

/* A weight file of version 2: that of tiny_net() without its last two arrays. */
static uint8_t *weights(size_t *size)
{
	static const int slope[OUTPUTS] = { 1, 2, 3 };
	uint8_t *p = tiny_net("cw-classifier", "tiny", CHANNELS, 4, 4, OUTPUTS, slope, 0.01f, bias, size);
	uint8_t *node = p + 160 + (size_t)2 * 128;
	size_t end = 0;

	for (int i = 0; i < 8; i++)
		end |= (size_t)node[64 + 24 + i] << 8 * i; /* where the float weights begin */
	tiny_u32(p + 8, 2);
	tiny_u64(p + 16, end + 32);
	tiny_u64(node + 64 + 24, 0);
	tiny_u64(node + 64 + 32, 0);
	sign(p, end);
	*size = end + 32;
	return p;
}

static void floats(const uint8_t *of, size_t size, uint8_t out[FLOATS_END + 32])
{
	struct sha256 sha;

	memset(out, 0, FLOATS_END + 32);
	memcpy(out, "GPPIF\r\n\x1a", 8);
	tiny_u32(out + 8, 1);
	tiny_u32(out + 12, 1);
	tiny_u64(out + 16, FLOATS_END + 32);
	sha256_init(&sha);
	sha256_update(&sha, of, size);
	sha256_final(&sha, out + 24);
	for (int i = 0; i < HALVES; i++) {
		out[64 + 2 * i] = (uint8_t)half[i];
		out[64 + 2 * i + 1] = (uint8_t)(half[i] >> 8);
	}
	for (size_t i = 0; i < OUTPUTS; i++)
		tiny_f32(out + BIAS_AT + 4 * i, bias[i]);
	sign(out, FLOATS_END);
}

struct pair {
	uint8_t *weights;
	struct net *net;
	uint8_t floats[FLOATS_END + 32];
};

static struct pair made(void)
{
	struct pair p;
	struct gppi_error err = { 0 };
	size_t size;

	p.weights = weights(&size);
	if (net_load(p.weights, size, "tiny.gppiw", &p.net, &err) != 0)
		fail_msg("%s", err.text);
	floats(p.weights, size, p.floats);
	return p;
}

static void gone(struct pair *p)
{
	net_free(p->net);
	free(p->weights);
}

static void the_fp32_engine_answers_with_them(void **s)
{
	struct pair p = made();
	struct gppi_error err = { 0 };
	struct net_run *run;
	uint8_t in[CHANNELS * 16];
	float out[OUTPUTS];

	(void)s;
	assert_int_equal(net_run_new(p.net, NET_INT8, &run, &err), 0);
	net_run_free(run);
	assert_int_equal(net_run_new(p.net, NET_FP32, &run, &err), GPPI_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "float copy"));
	assert_int_equal(net_floats_read(p.net, p.floats, sizeof p.floats, "tiny.gppif", &err), 0);
	assert_int_equal(net_floats_read(p.net, p.floats, sizeof p.floats, "tiny.gppif", &err), 0); /* once more */
	if (net_run_new(p.net, NET_FP32, &run, &err) != 0)
		fail_msg("%s", err.text);
	memset(in, 127, 16);
	memset(in + 16, 0, 16);
	in[20] = 127; /* means 1 and 1/16 */
	assert_int_equal(net_forward(run, in, 1, out, &err), 0);
	for (size_t o = 0; o < OUTPUTS; o++) {
		double wanted = bias[o] + value[2 * o] + value[2 * o + 1] / 16;
		assert_true(fabs(out[o] - wanted) <= 1e-5 * (1 + fabs(wanted)));
	}
	net_run_free(run);
	gone(&p);
}

static void refused(size_t at, uint8_t byte, const char *what)
{
	struct pair p = made();
	struct gppi_error err = { 0 };

	assert_true(p.floats[at] != byte);
	p.floats[at] = byte;
	sign(p.floats, FLOATS_END);
	assert_int_equal(net_floats_read(p.net, p.floats, sizeof p.floats, "tiny.gppif", &err), GPPI_E_WEIGHTS);
	assert_ptr_equal(strstr(err.text, "tiny.gppif: "), err.text);
	if (!strstr(err.text, what))
		fail_msg("%s", err.text);
	gone(&p);
}

static void others_are_refused(void **s)
{
	(void)s;
	refused(0, 'X', "not a float copy");
	refused(8, 2, "version 2");
	refused(12, 2, "does not fit");
	refused(16, 0, "does not fit");
	refused(60, 1, "does not fit");
	refused(65, 0x7c, "not a number");            /* infinite */
	refused(65, 0xfe, "not a number");
	refused(BIAS_AT + 3, 0x7f, "not a number");   /* 1.7e38 */
	struct pair p = made();
	struct gppi_error err = { 0 };
	p.floats[24] ^= 1;
	assert_int_equal(net_floats_read(p.net, p.floats, sizeof p.floats, "tiny.gppif", &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "other weights"));
	p.floats[24] ^= 1;
	p.floats[64] ^= 1;
	assert_int_equal(net_floats_read(p.net, p.floats, sizeof p.floats, "tiny.gppif", &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "checksum"));
	p.floats[64] ^= 1;
	for (size_t size = 0; size < sizeof p.floats; size++) {
		uint8_t *part = malloc(size ? size : 1); /* memory checkers see what is read behind it */
		memcpy(part, p.floats, size);
		assert_int_equal(net_floats_read(p.net, part, size, "tiny.gppif", &err), GPPI_E_WEIGHTS);
		free(part);
	}
	gone(&p);
}

static void they_are_found_beside_the_weights(void **s)
{
	struct pair p = made();
	struct gppi_error err = { 0 };

	(void)s;
	assert_int_equal(net_floats_beside(p.net, in_dir("tiny.gppiw"), &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "tiny.gppif: is not there"));
	put_file(in_dir("tiny.gppif"), "", 0);
	assert_int_equal(net_floats_beside(p.net, in_dir("tiny.gppiw"), &err), GPPI_E_WEIGHTS);
	assert_non_null(strstr(err.text, "is empty"));
	put_file(in_dir("tiny.gppif"), p.floats, sizeof p.floats);
	assert_int_equal(net_floats_installed(p.net, &err), GPPI_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "float copy of tiny"));
	assert_int_equal(net_floats_beside(p.net, in_dir("tiny.gppiw"), &err), 0);
	assert_int_equal(net_floats_installed(p.net, &err), 0); /* has it already */
	gone(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fp32_engine_answers_with_them),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(they_are_found_beside_the_weights),
	};
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
