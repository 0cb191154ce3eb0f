/* The int8 back end: tensors in the arena, operators from the kernel table. */
#include <string.h>

#include "net/backend.h"

static struct net_tensor tensor(const struct net *net, int index, uint8_t *arena)
{
	const struct net_node *n = &net->node[index];

	return (struct net_tensor){
		.data = arena + n->at8 + NET_OVERREAD,
		.c = n->c, .h = n->h, .w = n->w, .halo = n->halo, .pitch = n->pitch, .zero = n->zero,
	};
}

/* Buffers change hands during a pass, so each owner renews the border. */
static void fill_halo(const struct net_tensor *t)
{
	size_t side = (size_t)t->halo * (size_t)t->pitch;
	size_t row = (size_t)(t->w + 2 * t->halo) * (size_t)t->pitch;
	size_t rows = (size_t)t->halo * row;

	if (!side)
		return;
	memset(t->data, t->zero, rows);
	memset(t->data + rows + (size_t)t->h * row, t->zero, rows);
	for (int y = 0; y < t->h; y++) {
		uint8_t *line = t->data + rows + (size_t)y * row;
		memset(line, t->zero, side);
		memset(line + row - side, t->zero, side);
	}
}

/* Pixel after pixel of `rows` rows become the channels of one. */
static void fold(const struct net_tensor *a, const struct net_tensor *t, int rows)
{
	for (int y = 0; y < t->h; y++) {
		uint8_t *dst = net_pixel_out(t, y, 0);
		memset(dst + t->c, 0, (size_t)(t->pitch - t->c));
		for (int k = 0; k < rows; k++)
			for (int x = 0; x < a->w; x++, dst += a->c)
				memcpy(dst, net_pixel(a, y * rows + k, x), (size_t)a->c);
	}
}

/* The same dense layer for every row of an image one pixel wide. */
static void dense_rows(const struct net_node *n, const struct net_tensor *a, float *out)
{
	for (int y = 0; y < a->h; y++, out += n->c) {
		const uint8_t *q = net_pixel(a, y, 0);
		int16_t v[4096]; /* the most channels a layer can have */
		for (int c = 0; c < a->c; c++)
			v[c] = (int16_t)(q[c] - a->zero);
		net_dense_small(v, a->c, n->w16, n->requant, n->dense_bias, out, n->c);
	}
}

static struct net_conv packed(const struct net *net, const struct net_node *n)
{
	struct net_conv conv = n->conv;

	conv.packed = (const uint8_t *)net->packed->memory + n->packed_at;
	return conv;
}

static void pass(const struct net *net, uint8_t *arena, void *scratch, const uint8_t *in, float *out)
{
	const struct net_kernels *k = net->kernels;

	for (int i = 0; i < net->nnodes; i++) {
		const struct net_node *n = &net->node[i];
		struct net_tensor a = { 0 }, b, t = tensor(net, i, arena);
		void *head = arena + n->at8, *source = NULL;
		struct net_conv conv;

		if (n->in[0] >= 0) {
			a = tensor(net, n->in[0], arena);
			source = arena + net->node[n->in[0]].at8;
		}
		if (net_is_image(n->op))
			fill_halo(&t);
		switch (n->op) {
		case NET_INPUT:
			k->load(&t, in);
			break;
		case NET_CONV:
			conv = packed(net, n);
			k->conv(&conv, &a, &t, scratch);
			break;
		case NET_DEPTHWISE:
			conv = packed(net, n);
			k->depthwise(&conv, &a, &t, scratch);
			break;
		case NET_MAXPOOL:
			k->maxpool(&a, &t, n->kernel, n->stride, n->pad);
			break;
		case NET_AVGPOOL:
			k->avgpool(&a, &t, n->mul[0]);
			break;
		case NET_ADD:
			b = tensor(net, n->in[1], arena);
			k->add(&a, &b, &t, n->mul[0], n->mul[1]);
			break;
		case NET_GAP:
			k->gap(&a, head);
			break;
		case NET_FOLD:
			fold(&a, &t, n->kernel);
			break;
		case NET_DENSE:
			if (net_is_image(net->node[n->in[0]].op))
				dense_rows(n, &a, head);
			else
				net_dense(source, net->node[n->in[0]].c, n->w16, n->requant, n->dense_bias, head, n->c);
			break;
		case NET_SOFTMAX:
			net_softmax(source, head, n->c);
			break;
		case NET_SIGMOID:
			net_sigmoid(source, head, n->c);
			break;
		case NET_OPS:
			break;
		}
	}
	memcpy(out, arena + net->node[net->nnodes - 1].at8, (size_t)net->info.out_n * sizeof *out);
}

static const char *isa(void)
{
	return net_kernels(cpu_features())->isa;
}

static int open_net(struct net_run *run, const struct net *net, struct gppi_error *err)
{
	int rc = net_pack(net, 1, err);
	return rc < 0 ? rc : net_run_room(run, net, net->arena8, net->scratch8, err);
}

static int forward(struct net_run *run, const uint8_t *in, int n, float *out, struct gppi_error *err)
{
	const struct net_info *info = &run->net->info;
	size_t image = (size_t)info->in_c * (size_t)info->in_h * (size_t)info->in_w;

	(void)err;
	for (int i = 0; i < n; i++, in += image, out += info->out_n)
		pass(run->net, run->arena, run->scratch, in, out);
	return 0;
}

const struct net_backend net_backend_int8 = {
	.name = "int8", .isa = isa, .prepare = net_pack, .open = open_net, .forward = forward
};
