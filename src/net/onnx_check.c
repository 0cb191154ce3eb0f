/* onnx_check(): a walk over the protocol buffers of an ONNX model.
 *
 * ONNX Runtime is a large parser for files from anywhere. What it gets to see is therefore small: operators by name
 * from a list, none of which makes its result much larger than what goes in; weights that are in the file as long as
 * their shape says; no other files, no functions, no graphs within graphs. */
#include "net/onnx_check.h"

#include <stdbool.h>
#include <string.h>

#include "base/size.h"

#define NODES_MAX 4096
#define EXTENT_MAX 4096     /* of attributes: kernels, strides, paddings */
#define IR_MAX 13           /* versions of the format this was written for */
#define OPSET_MIN 11
#define OPSET_MAX 25

enum wire { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

struct field {
	uint32_t number;
	enum wire wire;
	uint64_t value;      /* VARINT */
	const uint8_t *data; /* BYTES */
	size_t size;
};

struct walk {
	const uint8_t *at, *end;
	bool broken;
};

struct model {
	const char *label;
	const struct onnx_want *want;
	struct gppi_error *err;
	int graphs, nodes, inputs, outputs, opsets;
};

static int refuse(struct model *m, const char *what)
{
	return err_set(m->err, GPPI_E_WEIGHTS, "%s: not a usable ONNX model (%s); convert the checkpoint again",
		       m->label, what);
}

static bool varint(struct walk *w, uint64_t *out)
{
	*out = 0;
	for (int shift = 0; shift < 64 && w->at < w->end; shift += 7) {
		uint8_t byte = *w->at++;
		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	w->broken = true;
	return false;
}

/* The next field; false at the end, or with w->broken. */
static bool next(struct walk *w, struct field *f)
{
	static const uint8_t nothing[1];
	uint64_t key, size;

	if (w->broken || w->at == w->end || !varint(w, &key))
		return false;
	*f = (struct field){ .number = (uint32_t)(key >> 3), .wire = (enum wire)(key & 7), .data = nothing };
	if (f->wire == WIRE_VARINT)
		return varint(w, &f->value);
	if (f->wire == WIRE_64 || f->wire == WIRE_32)
		size = f->wire == WIRE_64 ? 8 : 4;
	else if (f->wire != WIRE_BYTES || !varint(w, &size)) {
		w->broken = true;
		return false;
	}
	if (size > (uint64_t)(w->end - w->at)) {
		w->broken = true;
		return false;
	}
	f->data = w->at;
	f->size = (size_t)size;
	w->at += size;
	return true;
}

static struct walk into(const struct field *f)
{
	/* a field of another type than expected looks like an empty message */
	return (struct walk){ .at = f->data, .end = f->data + f->size };
}

static bool is(const struct field *f, const char *text)
{
	return f->wire == WIRE_BYTES && f->size == strlen(text) &&
	       (f->size == 0 || memcmp(f->data, text, f->size) == 0);
}

static bool standard(const struct field *f)
{
	return is(f, "") || is(f, "ai.onnx");
}

/* Integers of a repeated field, packed or not: fn for each; false to stop. */
static bool each_int(const struct field *f, bool (*fn)(void *arg, int64_t value), void *arg)
{
	uint64_t v;

	if (f->wire == WIRE_VARINT)
		return fn(arg, (int64_t)f->value);
	struct walk w = into(f);
	while (w.at < w.end)
		if (!varint(&w, &v) || !fn(arg, (int64_t)v))
			return false;
	return true;
}

static bool times(void *arg, int64_t dim)
{
	size_t *count = arg;

	return dim >= 0 && (uint64_t)dim <= ONNX_FILE_MAX && size_mul(*count, (size_t)dim, count) &&
	       *count <= ONNX_FILE_MAX;
}

/* Bytes of an element of the types models use: float, int32, int64, bool, half; 0: none of them. */
static size_t width(uint64_t type)
{
	return type == 1 || type == 6 ? 4 : type == 7 ? 8 : type == 9 ? 1 : type == 10 ? 2 : 0;
}

/* TensorProto: dims 1, type 2, numbers 4 5 7, raw 9, other files 13 and 14. */
static int tensor(struct model *m, const struct field *tensor)
{
	struct walk w = into(tensor);
	struct field f;
	size_t count = 1, raw = 0, unit = 0, numbers = 0;

	while (next(&w, &f))
		if (f.number == 1 && !each_int(&f, times, &count))
			return refuse(m, "a weight has an impossible shape");
		else if (f.number == 2)
			unit = width(f.value);
		else if (f.number == 4 || f.number == 5 || f.number == 7)
			numbers += f.wire == WIRE_BYTES ? f.size : 1;
		else if (f.number == 9)
			raw += f.size;
		else if (f.number == 13 || (f.number == 14 && f.value != 0))
			return refuse(m, "it keeps weights in another file");
	if (w.broken)
		return refuse(m, "a weight is damaged");
	if (unit == 0)
		return refuse(m, "a weight is of an unusual type");
	/* raw_data, or numbers one by one, of at least a byte each */
	if (raw ? raw != count * unit || numbers : numbers < count)
		return refuse(m, "a weight is shorter than its shape");
	return 0;
}

static bool moderate(void *arg, int64_t value)
{
	(void)arg;
	return value >= -EXTENT_MAX && value <= EXTENT_MAX;
}

/* AttributeProto: int 3, tensor 5, graph 6, ints 8, lists of the others 9..15. */
static int attribute(struct model *m, const struct field *attribute)
{
	struct walk w = into(attribute);
	struct field f;
	int rc = 0;

	while (rc == 0 && next(&w, &f))
		if (f.number == 5)
			rc = tensor(m, &f);
		else if (f.number == 6 || f.number == 10 || f.number == 11 || f.number == 14 || f.number == 15 ||
			 f.number == 22 || f.number == 23)
			rc = refuse(m, "it has graphs within its graph");
		else if ((f.number == 3 || f.number == 8) && !each_int(&f, moderate, NULL))
			rc = refuse(m, "an operator has an impossible size");
	return rc < 0 ? rc : w.broken ? refuse(m, "an operator is damaged") : 0;
}

/* None of these has a result much larger than its inputs. Concat of many could: NODES_MAX and the limit on memory
 * bound it. */
static bool known(const struct field *f)
{
	static const char *const names[] = {
		"Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "Conv", "Div",
		"Flatten",
		"Gemm", "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "HardSwish", "Identity", "MatMul",
		"MaxPool", "Mul", "Pad",
		"ReduceMean", "Relu", "Reshape", "Sigmoid", "Softmax", "Squeeze", "Sub", "Tanh", "Transpose",
		"Unsqueeze",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is(f, names[i]))
			return true;
	return false;
}

/* NodeProto: operator 4, attributes 5, domain 7. */
static int node(struct model *m, const struct field *node)
{
	struct walk w = into(node);
	struct field f;
	bool named = false;
	int rc = 0;

	if (++m->nodes > NODES_MAX)
		return refuse(m, "it has too many operators");
	while (rc == 0 && next(&w, &f)) {
		if (f.number == 4) {
			named = true;
			if (!known(&f))
				rc = err_set(m->err, GPPI_E_WEIGHTS,
					     "%s: uses the operator \"%.*s\", which no published solution "
					     "needs; convert the checkpoint again",
					     m->label, (int)(f.size & 63), (const char *)f.data);
		} else if (f.number == 5) {
			rc = attribute(m, &f);
		} else if (f.number == 7 && !standard(&f)) {
			rc = refuse(m, "it has operators of its own");
		}
	}
	if (rc == 0 && (w.broken || !named))
		rc = refuse(m, "an operator is damaged");
	return rc;
}

/* TensorShapeProto: dimensions 1, each with a value 1 or a name 2. */
static int shape(struct model *m, const struct field *shape)
{
	struct walk w = into(shape), d;
	struct field f, value;
	int rank = 0;

	while (next(&w, &f)) {
		if (f.number != 1)
			continue;
		if (rank == m->want->rank)
			return refuse(m, "its input has more axes than the solution's");
		d = into(&f);
		while (next(&d, &value))
			if (value.number == 1 && m->want->dims[rank] && value.value != (uint64_t)m->want->dims[rank] &&
			    rank > 0)
				return refuse(m, "its input is of another size than the solution's");
		if (d.broken)
			return refuse(m, "its input is damaged");
		rank++;
	}
	return w.broken || rank != m->want->rank ? refuse(m, "its input has other axes than the solution's") : 0;
}

/* ValueInfoProto of the input: type 2; TypeProto: tensor 1; element type 1 and shape 2. */
static int input(struct model *m, const struct field *info)
{
	struct walk w = into(info), t, u;
	struct field f, type, part;
	int shapes = 0, rc = 0;
	uint64_t element = 0;

	if (++m->inputs > 1)
		return refuse(m, "it has more than one input");
	while (next(&w, &f)) {
		t = into(&f);
		while (f.number == 2 && next(&t, &type)) {
			u = into(&type);
			while (rc == 0 && type.number == 1 && next(&u, &part))
				if (part.number == 1)
					element = part.value;
				else if (part.number == 2) {
					shapes++;
					rc = shape(m, &part);
				}
		}
	}
	if (rc < 0)
		return rc;
	return element != 1 || shapes != 1 ? refuse(m, "its input is not of float numbers of a stated shape") : 0;
}

/* GraphProto: nodes 1, weights 5, inputs 11, outputs 12, sparse weights 15. */
static int graph(struct model *m, const struct field *graph)
{
	struct walk w = into(graph);
	struct field f;
	int rc = 0;

	if (++m->graphs > 1)
		return refuse(m, "it has more than one graph");
	while (rc == 0 && next(&w, &f))
		if (f.number == 1)
			rc = node(m, &f);
		else if (f.number == 5)
			rc = tensor(m, &f);
		else if (f.number == 11)
			rc = input(m, &f);
		else if (f.number == 12)
			m->outputs++;
		else if (f.number == 15)
			rc = refuse(m, "it has sparse weights");
	return rc < 0 ? rc : w.broken ? refuse(m, "its graph is damaged") : 0;
}

/* OperatorSetIdProto: domain 1, version 2. */
static int opset(struct model *m, const struct field *opset)
{
	struct walk w = into(opset);
	struct field f;
	uint64_t version = 0;

	while (next(&w, &f))
		if (f.number == 1 && !standard(&f))
			return refuse(m, "it has operators of its own");
		else if (f.number == 2)
			version = f.value;
	m->opsets++;
	if (version < OPSET_MIN || version > OPSET_MAX)
		return refuse(m, "its operators are of an unknown version");
	return w.broken ? refuse(m, "it is damaged") : 0;
}

int onnx_check(const uint8_t *data, size_t size, const char *label, const struct onnx_want *want,
	       struct gppi_error *err)
{
	struct model m = { .label = label, .want = want, .err = err };
	struct walk w = { .at = data, .end = data + size };
	struct field f;
	int rc = 0;

	/* ModelProto: version of the format 1, graph 7, operator sets 8, training 20, functions 25 */
	while (rc == 0 && next(&w, &f))
		if (f.number == 1 && (f.value < 3 || f.value > IR_MAX))
			rc = refuse(&m, "it is of an unknown version of the format");
		else if (f.number == 7)
			rc = graph(&m, &f);
		else if (f.number == 8)
			rc = opset(&m, &f);
		else if (f.number == 20 || f.number == 25)
			rc = refuse(&m, "it has functions of its own");
	if (rc < 0)
		return rc;
	if (w.broken || m.graphs != 1 || m.opsets < 1 || m.nodes < 1)
		return refuse(&m, "it is no ONNX file, or cut off");
	if (m.inputs != 1)
		return refuse(&m, "it has no input");
	if (m.outputs != want->outputs)
		return refuse(&m, "it has another number of outputs than the solution");
	return 0;
}
