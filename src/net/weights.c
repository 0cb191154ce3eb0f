/* Reads a .gppiw image (weights/README.md). Everything in it is hostile until checked. */
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/size.h"
#include "net/graph.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "weights are used in place: a big-endian port must swap them after reading"
#endif

#define MAGIC "GPPIW\r\n\x1a"
#define VERSION 2
#define VERSION_WITH_FLOATS 1 /* holds its float copy itself; the others: net/fp32/floats.h */
#define ALIGN 64
#define DIGEST 32
#define NONE 0xffffffffu

struct file_header {
	char magic[8];
	uint32_t version, nnodes;
	uint64_t size;
	uint32_t in_c, in_h, in_w, out_n;
	uint32_t meta_size, reserved[5];
	char kind[32], name[64];
};

struct file_node {
	uint32_t op, in[2], relu, c, h, w, kernel, stride, pad, zero;
	float step, mul[2];
	uint32_t reserved0[2];
	uint64_t weights, bias, requant, weights32, bias32; /* places in the file, 0 = none */
	uint32_t reserved1[6];
};

_Static_assert(sizeof(struct file_header) == 160, "layout of the header");
_Static_assert(sizeof(struct file_node) == 128, "layout of a node");

struct reader {
	const uint8_t *data;
	size_t size;  /* without the digest */
	size_t at;    /* end of what has been assigned */
	bool floats;  /* a float copy is inside */
	const char *label;
};

static int damaged(const struct reader *r, struct gppi_error *err, const char *what)
{
	return err_set(err, GPPI_E_WEIGHTS, "%s: not a usable weight file (%s); copy or export it again",
		       r->label, what);
}

/* The next array: it must lie exactly where the layout rule puts it. */
static const void *array(struct reader *r, uint64_t place, size_t count, size_t width)
{
	size_t bytes, start, end;

	if (!size_add(r->at, ALIGN - 1, &start) || !size_mul(count, width, &bytes))
		return NULL;
	start -= start % ALIGN;
	if (place != start || !size_add(start, bytes, &end) || end > r->size)
		return NULL;
	r->at = end;
	return r->data + start;
}

size_t net_weight_count(const struct net_node *node, const struct net_node *in)
{
	size_t taps = (size_t)node->kernel * (size_t)node->kernel;

	switch (node->op) {
	case NET_CONV:
		return (size_t)node->c * taps * (size_t)in->c;
	case NET_DEPTHWISE:
		return (size_t)node->c * taps;
	case NET_DENSE:
		return (size_t)node->c * (size_t)in->c;
	default:
		return 0;
	}
}

static bool in_range(uint32_t v, uint32_t lo, uint32_t hi)
{
	return v >= lo && v <= hi;
}

static int read_node(struct reader *r, struct net *net, int index, struct gppi_error *err)
{
	struct net_node *node = &net->node[index];
	struct file_node f;

	memcpy(&f, r->data + sizeof(struct file_header) + (size_t)index * sizeof f, sizeof f);
	for (int i = 0; i < 8; i++)
		if (i < 2 ? f.reserved0[i] : f.reserved1[i - 2])
			return damaged(r, err, "a reserved field is in use");
	if (f.op >= NET_OPS || (f.op == NET_INPUT) != (index == 0))
		return damaged(r, err, "it holds an unknown operator");
	int inputs = f.op == NET_INPUT ? 0 : f.op == NET_ADD ? 2 : 1;
	for (int i = 0; i < 2; i++) {
		if (i < inputs ? f.in[i] >= (uint32_t)index : f.in[i] != NONE)
			return damaged(r, err, "a layer does not read from an earlier one");
		node->in[i] = i < inputs ? (int)f.in[i] : -1;
	}
	if (!in_range(f.c, 1, 4096) || !in_range(f.h, 1, 4096) || !in_range(f.w, 1, 4096))
		return damaged(r, err, "a layer has an impossible size");
	bool window = f.op == NET_CONV || f.op == NET_DEPTHWISE || f.op == NET_MAXPOOL;
	bool fold = f.op == NET_FOLD;
	if (window ? !in_range(f.kernel, 1, 7) || f.kernel % 2 == 0 || !in_range(f.stride, 1, 2) ||
		     f.pad > f.kernel / 2
		   : in_range(f.kernel, 1, 4096) != fold || f.stride || f.pad)
		return damaged(r, err, "a layer has an impossible window");
	if (f.relu > 1 || (f.op == NET_INPUT ? f.zero > 127 : f.zero != 0 && f.zero != 64))
		return damaged(r, err, "a layer has an unknown number format");
	node->op = (enum net_op)f.op;
	node->relu = (int)f.relu;
	node->c = (int)f.c;
	node->h = (int)f.h;
	node->w = (int)f.w;
	node->kernel = (int)f.kernel;
	node->stride = (int)f.stride;
	node->pad = (int)f.pad;
	node->zero = (int)f.zero;
	node->mul[0] = f.mul[0];
	node->mul[1] = f.mul[1];

	if (node->op != NET_CONV && node->op != NET_DEPTHWISE && node->op != NET_DENSE) {
		if (f.weights | f.bias | f.requant | f.weights32 | f.bias32)
			return damaged(r, err, "a layer has weights it cannot use");
		return 0;
	}
	size_t count = net_weight_count(node, &net->node[node->in[0]]), c = (size_t)node->c;
	bool dense = node->op == NET_DENSE;
	const void *weights = array(r, f.weights, count, dense ? sizeof *node->w16 : sizeof *node->w8);
	const void *bias = weights ? array(r, f.bias, c, sizeof *node->bias) : NULL;
	node->requant = bias ? array(r, f.requant, c, sizeof *node->requant) : NULL;
	if (r->floats) {
		node->wf = node->requant ? array(r, f.weights32, count, sizeof *node->wf) : NULL;
		node->bf = node->wf ? array(r, f.bias32, c, sizeof *node->bf) : NULL;
	}
	if (!node->requant || (r->floats ? !node->bf : f.weights32 | f.bias32))
		return damaged(r, err, "its weights are cut or out of place");
	if (dense) {
		node->w16 = weights;
		node->dense_bias = bias;
	} else {
		node->w8 = weights;
		node->bias = bias;
	}
	return 0;
}

/* Letters, digits and .-_ up to the first NUL, then only NULs. */
static bool plain_name(const char *text, size_t size)
{
	size_t n = 0;

	for (; n < size && text[n]; n++) {
		char c = text[n];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-' || c == '_'))
			return false;
	}
	if (n == 0 || n == size)
		return false;
	for (; n < size; n++)
		if (text[n])
			return false;
	return true;
}

/* Text that may be printed: one NUL at the end, no other control characters but line breaks. */
static bool plain_text(const char *text, size_t size)
{
	if (size < 3 || text[0] != '{' || text[size - 1])
		return false;
	for (size_t i = 0; i + 1 < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static int read_digest(const struct reader *r, struct net *net, struct gppi_error *err)
{
	struct sha256 sum, whole;
	uint8_t digest[DIGEST];

	sha256_init(&sum);
	sha256_update(&sum, r->data, r->size);
	whole = sum;
	sha256_final(&sum, digest);
	if (memcmp(digest, r->data + r->size, DIGEST) != 0)
		return damaged(r, err, "its checksum does not match");
	sha256_update(&whole, r->data + r->size, DIGEST);
	sha256_final(&whole, digest);
	sha256_hex(digest, net->info.hash);
	return 0;
}

int net_weights_read(struct net *net, const uint8_t *data, size_t size, const char *label,
		     struct gppi_error *err)
{
	struct reader r = { .data = data, .size = size, .label = label };
	struct file_header h;
	int rc;

	if (size < sizeof h + DIGEST || memcmp(data, MAGIC, 8) != 0)
		return err_set(err, GPPI_E_WEIGHTS, "%s: not a weight file; give a .gppiw file", label);
	if ((uintptr_t)data % alignof(float))
		return damaged(&r, err, "it is not aligned in memory");
	memcpy(&h, data, sizeof h);
	r.floats = h.version == VERSION_WITH_FLOATS;
	if (h.version != VERSION && !r.floats)
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: weight file of version %u, but this program reads version %d; use a matching pair",
			       label, h.version, VERSION);
	if (h.size != size)
		return damaged(&r, err, h.size > size ? "the end of the file is missing"
						      : "something follows the end of the weights");
	r.size -= DIGEST;
	if (!net->known && (rc = read_digest(&r, net, err)) < 0)
		return rc;
	for (int i = 0; i < 5; i++)
		if (h.reserved[i])
			return damaged(&r, err, "a reserved field is in use");
	if (!in_range(h.nnodes, 2, NET_NODES_MAX))
		return damaged(&r, err, "it has no layers or too many");
	if (!plain_name(h.kind, sizeof h.kind) || !plain_name(h.name, sizeof h.name))
		return damaged(&r, err, "its name is not plain text");
	size_t nodes_end = sizeof h + h.nnodes * sizeof(struct file_node);
	if (nodes_end > r.size || h.meta_size > r.size - nodes_end ||
	    !plain_text((const char *)data + nodes_end, h.meta_size))
		return damaged(&r, err, "its description is not plain text");
	r.at = nodes_end + h.meta_size;

	net->nnodes = (int)h.nnodes;
	for (int i = 0; i < net->nnodes; i++)
		if ((rc = read_node(&r, net, i, err)) < 0)
			return rc;
	if ((r.at + ALIGN - 1) / ALIGN * ALIGN != r.size)
		return damaged(&r, err, "something follows the end of the weights");

	const struct net_node *in = &net->node[0], *out = &net->node[net->nnodes - 1];
	if (h.in_c != (uint32_t)in->c || h.in_h != (uint32_t)in->h || h.in_w != (uint32_t)in->w ||
	    h.out_n != (uint32_t)out->c * (uint32_t)out->h)
		return damaged(&r, err, "its header and its layers disagree");
	memcpy(net->info.kind, h.kind, sizeof h.kind);
	memcpy(net->info.name, h.name, sizeof h.name);
	net->info.meta = (const char *)data + nodes_end;
	net->info.in_c = in->c;
	net->info.in_h = in->h;
	net->info.in_w = in->w;
	net->info.out_n = out->c * out->h;
	return 0;
}
