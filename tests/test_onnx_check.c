/* ONNX files are looked through before ONNX Runtime sees them: hostile ones are refused, each with its sentence. The
 * files are built here from the format's field numbers (onnx.proto), not by the code under test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/onnx.h"

struct bytes {
	uint8_t at[4096];
	size_t n;
};

static void varint(struct bytes *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		b->at[b->n++] = (uint8_t)(v | 128);
	b->at[b->n++] = (uint8_t)v;
}

static void number(struct bytes *b, unsigned field, uint64_t v)
{
	varint(b, field << 3);
	varint(b, v);
}

static void put(struct bytes *b, unsigned field, const void *data, size_t n)
{
	varint(b, field << 3 | 2);
	varint(b, n);
	memcpy(b->at + b->n, data, n);
	b->n += n;
}

static void text(struct bytes *b, unsigned field, const char *s)
{
	put(b, field, s, strlen(s));
}

static void message(struct bytes *b, unsigned field, const struct bytes *m)
{
	put(b, field, m->at, m->n);
}

/* What a model is made of; a test spoils one part. */
struct parts {
	const char *op, *domain, *opset_domain;
	uint64_t ir, opset, element, channels, weight_dim, weight_type, ints;
	size_t weight_bytes;
	int inputs, outputs, graphs, external, subgraph, functions, rank, custom_opset;
};

static const struct parts sound = { .op = "Relu", .domain = "", .opset_domain = "", .ir = 8, .opset = 17, .element = 1,
				    .channels = 64, .weight_dim = 3, .weight_type = 1, .ints = 2, .weight_bytes = 12,
				    .inputs = 1, .outputs = 1,
				    .graphs = 1, .rank = 4 };
static const struct onnx_want want = { 4, { 0, 64, 224, 224 }, 1 };

static struct bytes value_info(const struct parts *p)
{
	struct bytes info = { 0 }, type = { 0 }, tensor = { 0 }, shape = { 0 };

	for (int i = 0; i < p->rank; i++) {
		struct bytes dim = { 0 };
		if (i == 0)
			text(&dim, 2, "n");
		else
			number(&dim, 1, i == 1 ? p->channels : 224);
		message(&shape, 1, &dim);
	}
	number(&tensor, 1, p->element);
	message(&tensor, 2, &shape);
	message(&type, 1, &tensor);
	text(&info, 1, "input");
	message(&info, 2, &type);
	return info;
}

static struct bytes weight(const struct parts *p)
{
	struct bytes t = { 0 };
	uint8_t raw[64] = { 0 };

	number(&t, 1, p->weight_dim);
	number(&t, 2, p->weight_type);
	text(&t, 8, "w");
	put(&t, 9, raw, p->weight_bytes);
	if (p->external) {
		struct bytes entry = { 0 };
		text(&entry, 1, "location");
		text(&entry, 2, "../../etc/passwd");
		message(&t, 13, &entry);
		number(&t, 14, 1);
	}
	return t;
}

static struct bytes node(const struct parts *p)
{
	struct bytes n = { 0 }, attribute = { 0 }, packed = { 0 }, graph = { 0 };

	text(&n, 1, "input");
	text(&n, 2, "output");
	text(&n, 4, p->op);
	text(&attribute, 1, "kernel_shape");
	varint(&packed, p->ints);
	message(&attribute, 8, &packed);
	if (p->subgraph)
		message(&attribute, 6, &graph);
	message(&n, 5, &attribute);
	text(&n, 7, p->domain);
	return n;
}

static struct bytes model(const struct parts *p)
{
	struct bytes m = { 0 }, graph = { 0 }, opset = { 0 }, part = node(p), f = { 0 };

	message(&graph, 1, &part);
	part = weight(p);
	message(&graph, 5, &part);
	part = value_info(p);
	for (int i = 0; i < p->inputs; i++)
		message(&graph, 11, &part);
	for (int i = 0; i < p->outputs; i++)
		message(&graph, 12, &part);
	number(&m, 1, p->ir);
	for (int i = 0; i < p->graphs; i++)
		message(&m, 7, &graph);
	text(&opset, 1, p->opset_domain);
	number(&opset, 2, p->opset);
	message(&m, 8, &opset);
	if (p->functions)
		message(&m, 25, &f);
	return m;
}

static void refused(struct parts p, const char *why)
{
	struct bytes m = model(&p);
	struct gppi_error err = { 0 };

	assert_int_equal(onnx_check(m.at, m.n, "net.onnx", &want, &err), GPPI_E_WEIGHTS);
	if (!strstr(err.text, why) || strncmp(err.text, "net.onnx: ", 10) != 0)
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_sound(void **state)
{
	struct bytes m = model(&sound);
	struct gppi_error err = { 0 };

	(void)state;
	if (onnx_check(m.at, m.n, "net.onnx", &want, &err) != 0)
		fail_msg("%s", err.text);
}

static void test_half(void **state)
{
	struct parts p = sound;
	struct gppi_error err = { 0 };

	(void)state;
	p.op = "Cast";
	p.weight_type = 10;
	p.weight_bytes = 6;
	struct bytes m = model(&p);
	if (onnx_check(m.at, m.n, "net.onnx", &want, &err) != 0)
		fail_msg("%s", err.text);
}

#define SPOILT(change, why)        \
	do {                       \
		struct parts p = sound; \
		p.change;          \
		refused(p, why);   \
	} while (0)

static void test_hostile(void **state)
{
	(void)state;
	SPOILT(op = "If", "\"If\"");
	SPOILT(op = "Tile", "\"Tile\"");
	SPOILT(op = "ConstantOfShape", "\"ConstantOfShape\"");
	SPOILT(domain = "evil.ops", "operators of its own");
	SPOILT(opset_domain = "com.microsoft", "operators of its own");
	SPOILT(functions = 1, "functions of its own");
	SPOILT(subgraph = 1, "graphs within");
	SPOILT(external = 1, "another file");
	SPOILT(weight_dim = (uint64_t)1 << 40, "impossible shape");
	SPOILT(weight_dim = UINT64_MAX, "impossible shape");
	SPOILT(weight_dim = 4, "shorter than its shape");
	SPOILT(weight_bytes = 8, "shorter than its shape");
	SPOILT(weight_type = 10, "shorter than its shape"); /* half precision: 6 bytes */
	SPOILT(weight_type = 11, "unusual type");
	SPOILT(ints = 1u << 20, "impossible size");
	SPOILT(ints = UINT64_MAX - (1u << 20), "impossible size");
	SPOILT(inputs = 0, "no input");
	SPOILT(inputs = 2, "more than one input");
	SPOILT(outputs = 0, "number of outputs");
	SPOILT(outputs = 2, "number of outputs");
	SPOILT(element = 11, "float numbers");
	SPOILT(channels = 65, "another size");
	SPOILT(channels = (uint64_t)1 << 50, "another size");
	SPOILT(rank = 3, "other axes");
	SPOILT(rank = 5, "more axes");
	SPOILT(graphs = 0, "no ONNX file");
	SPOILT(graphs = 2, "more than one graph");
	SPOILT(ir = 99, "unknown version");
	SPOILT(opset = 9, "unknown version");
	SPOILT(opset = 99, "unknown version");
}

/* Cut anywhere, or with any byte changed: refused or accepted, but read within its bounds (valgrind, sanitizers). */
static void test_broken(void **state)
{
	struct bytes m = model(&sound);
	struct gppi_error err;
	int accepted = 0;

	(void)state;
	for (size_t n = 0; n < m.n; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, m.at, n);
		accepted += onnx_check(cut, n, "net.onnx", &want, &err) == 0;
		free(cut);
	}
	assert_int_equal(accepted, 0);
	for (size_t i = 0; i < m.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			m.at[i] ^= (uint8_t)(1 << bit);
			(void)onnx_check(m.at, m.n, "net.onnx", &want, &err);
			m.at[i] ^= (uint8_t)(1 << bit);
		}
}

static void test_device(void **state)
{
	enum onnx_device device;
	int number;

	(void)state;
	assert_true(onnx_device_parse("auto", &device, &number) && device == ONNX_AUTO && number == 0);
	assert_true(onnx_device_parse("cuda:1", &device, &number) && device == ONNX_CUDA && number == 1);
	assert_true(onnx_device_parse("webgpu", &device, &number) && device == ONNX_WEBGPU);
	assert_false(onnx_device_parse("gpu", &device, &number));
	assert_false(onnx_device_parse("cuda:", &device, &number));
	assert_false(onnx_device_parse("cuda:x", &device, &number));
	assert_false(onnx_device_parse("cuda:999", &device, &number));
	assert_false(onnx_device_parse("", &device, &number));
}

static void test_missing_library(void **state)
{
	struct onnx *onnx;
	struct gppi_error err = { 0 };

	(void)state;
	assert_true(onnx_open("/nowhere/at/all", ONNX_CPU, 0, 1, &onnx, &err) < 0);
	assert_null(onnx);
	assert_non_null(strstr(err.text, "/nowhere/at/all: there is no ONNX Runtime here"));
	assert_int_equal(onnx_open("tests", ONNX_CPU, 0, 1, &onnx, &err), GPPI_E_UNSUPPORTED);
	assert_int_equal(onnx_open("Makefile", ONNX_CPU, 0, 1, &onnx, &err), GPPI_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "cannot be loaded"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),  cmocka_unit_test(test_hostile),         cmocka_unit_test(test_broken),
		cmocka_unit_test(test_half),   cmocka_unit_test(test_device), cmocka_unit_test(test_missing_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
