/* Where everything lies: tensor borders, the arenas of both engines. */
#include <stdlib.h>
#include <string.h>

#include "net/fp32/fp32.h"
#include "net/graph.h"

#define ALIGN 64

static size_t up(size_t v)
{
	return (v + ALIGN - 1) / ALIGN * ALIGN;
}

/* Bytes of a node's result; dims are at most 4096, so the products fit 64 bits. */
static size_t bytes8(const struct net_node *n)
{
	if (!net_is_image(n->op))
		return up((size_t)n->c * (size_t)n->h * sizeof(float));
	return up((size_t)(n->h + 2 * n->halo) * (size_t)(n->w + 2 * n->halo) * (size_t)n->pitch +
		  2 * (size_t)NET_OVERREAD);
}

static size_t bytes32(const struct net_node *n)
{
	return up((size_t)n->c * (size_t)n->h * (size_t)n->w * sizeof(float));
}

struct block {
	size_t at, size;
	int last; /* node that reads it last */
};

/* First fit among the results that are still needed when node i is computed. */
static size_t place(struct block *block, int i)
{
	size_t at = 0;

	for (int moved = 1; moved;) {
		moved = 0;
		for (int k = 0; k < i; k++) {
			const struct block *b = &block[k];
			if (b->last >= i && at < b->at + b->size && b->at < at + block[i].size) {
				at = b->at + b->size;
				moved = 1;
			}
		}
	}
	return at;
}

static size_t plan_arena(struct net *net, size_t (*bytes)(const struct net_node *), int engine8)
{
	struct block block[NET_NODES_MAX];
	size_t total = 0;

	for (int i = 0; i < net->nnodes; i++) {
		struct net_node *n = &net->node[i];
		block[i] = (struct block){ .size = bytes(n), .last = i };
		for (int k = 0; k < 2; k++)
			if (n->in[k] >= 0)
				block[n->in[k]].last = i;
	}
	for (int i = 0; i < net->nnodes; i++) {
		block[i].at = place(block, i);
		*(engine8 ? &net->node[i].at8 : &net->node[i].at32) = block[i].at;
		if (block[i].at + block[i].size > total)
			total = block[i].at + block[i].size;
	}
	return total;
}

static void plan_tensors(struct net *net)
{
	for (int i = 0; i < net->nnodes; i++) {
		struct net_node *n = &net->node[i];
		n->pitch = n->c == 1 ? 1 : (n->c + 3) / 4 * 4;
		if (n->in[0] >= 0 && net->node[n->in[0]].halo < n->pad)
			net->node[n->in[0]].halo = n->pad;
	}
}

static int is_conv(const struct net_node *n)
{
	return n->op == NET_CONV || n->op == NET_DEPTHWISE;
}

static void plan_conv(struct net *net, struct net_node *n)
{
	const struct net_node *in = &net->node[n->in[0]];

	n->conv = (struct net_conv){
		.kernel = n->kernel, .stride = n->stride, .pad = n->pad,
		.in_c = in->c, .in_pitch = in->pitch, .out_c = n->c, .out_pitch = n->pitch,
		.zero = n->zero, .bias = n->bias, .requant = n->requant,
	};
	size_t scratch = n->op == NET_CONV ? net->kernels->conv_scratch(&n->conv)
					   : net->kernels->depthwise_scratch(&n->conv);
	if (scratch > net->scratch8)
		net->scratch8 = scratch;
	scratch = net_fp32_scratch(n, in);
	if (scratch > net->scratch32)
		net->scratch32 = scratch;
}

int net_plan(struct net *net, const char *label, struct gppi_error *err)
{
	plan_tensors(net);
	for (int i = 0; i < net->nnodes; i++)
		if (is_conv(&net->node[i]))
			plan_conv(net, &net->node[i]);
	net->arena8 = plan_arena(net, bytes8, 1);
	net->arena32 = plan_arena(net, bytes32, 0);
	if (net->arena8 > NET_ARENA_MAX || net->arena32 > NET_ARENA_MAX)
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: not a usable weight file (it would need more than 64 MB to run); copy or export it "
			       "again",
			       label);
	return net_pack_plan(net, label, err);
}
