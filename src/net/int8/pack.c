/* The weights of convolutions in the order the kernels like. */
#include <stdlib.h>

#include "base/os.h"
#include "base/parallel.h"
#include "base/size.h"
#include "net/graph.h"

#define ALIGN 64
#define PACK_ALONE (1 << 18) /* bytes from which on packing is worth a second thread */

static bool is_conv(const struct net_node *n)
{
	return n->op == NET_CONV || n->op == NET_DEPTHWISE;
}

static size_t size_of(const struct net *net, const struct net_node *n)
{
	size_t bytes = n->op == NET_CONV ? net->kernels->conv_packed_size(&n->conv)
					 : net->kernels->depthwise_packed_size(&n->conv);

	return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

int net_pack_plan(struct net *net, const char *label, struct gppi_error *err)
{
	struct net_packed *p = net->packed = calloc(1, sizeof *p);

	if (!p)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory for the network", label);
	pthread_mutex_init(&p->lock, NULL);
	for (int i = 0; i < net->nnodes; i++) {
		struct net_node *n = &net->node[i];
		if (!is_conv(n))
			continue;
		n->packed_at = p->size;
		if (!size_add(p->size, size_of(net, n), &p->size))
			return err_set(err, GPPI_E_NOMEM, "%s: the weights do not fit in memory", label);
	}
	return 0;
}

static int pack_node(void *arg, int i, int worker, struct gppi_error *err)
{
	const struct net *net = arg;
	const struct net_node *n = &net->node[i];

	(void)worker, (void)err;
	if (!is_conv(n))
		return 0;
	uint8_t *to = (uint8_t *)net->packed->memory + n->packed_at;
	if (n->op == NET_CONV)
		net->kernels->conv_pack(&n->conv, n->w8, to);
	else
		net->kernels->depthwise_pack(&n->conv, n->w8, to);
	return 0;
}

int net_pack(const struct net *net, int threads, struct gppi_error *err)
{
	struct net_packed *p = net->packed;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (!p->memory && p->size) {
		p->memory = os_aligned(ALIGN, p->size);
		rc = p->memory ? parallel_for(p->size > PACK_ALONE ? threads : 1, net->nnodes, pack_node, (void *)net,
					      err)
			       : err_set(err, GPPI_E_NOMEM, "%s: the weights do not fit in memory", net->info.name);
		if (rc < 0) { /* stopped in between */
			os_aligned_free(p->memory);
			p->memory = NULL;
		}
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

void net_pack_free(struct net *net)
{
	if (!net->packed)
		return;
	os_aligned_free(net->packed->memory);
	pthread_mutex_destroy(&net->packed->lock);
	free(net->packed);
}
