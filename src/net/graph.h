/* A network in memory: nodes in order of computation, as weights/README.md describes them.
 *
 * Values: activations are u7 bytes q (0..127) that stand for scale * (q - zero), zero being 0
 * (after ReLU) or 64 (signed), of the input any byte; the global average is kept as exact int32 sums; dense layers and
 * what follows give floats.
 */
#ifndef NET_GRAPH_H
#define NET_GRAPH_H

#include <pthread.h>
#include <stdbool.h>

#include "net/int8/kernels.h"
#include "net/net.h"

#define NET_NODES_MAX 256
#define NET_ARENA_MAX ((size_t)64 << 20) /* bytes of one run's activations */
#define NET_MACS_MAX 2e10                /* per pass; a hostile file must not hang the program */
#define NET_ACC_MAX ((int64_t)1 << 24)   /* integers below this are exact as float */

enum net_op { /* values of the file */
	NET_INPUT,
	NET_CONV,
	NET_DEPTHWISE,
	NET_MAXPOOL,  /* kernel x kernel */
	NET_AVGPOOL,  /* 2x2, stride 2 */
	NET_ADD,
	NET_GAP,      /* global average pool */
	NET_DENSE,    /* of a global average, or of every row of a u7 image one pixel wide */
	NET_SOFTMAX,
	NET_SIGMOID,
	NET_FOLD,     /* `kernel` rows become one pixel: [h][w][c] -> [h / kernel][1][kernel * w * c] */
	NET_OPS
};

/* Whether an operator's result is a u7 image. */
static inline int net_is_image(enum net_op op)
{
	return op <= NET_ADD || op == NET_FOLD;
}

struct net_node {
	enum net_op op;
	int in[2];              /* earlier nodes, -1 = none */
	int relu;
	int c, h, w;            /* of the output */
	int kernel, stride, pad;
	int zero;               /* zero point of the output */
	float mul[2];           /* AVGPOOL: mul[0]; ADD: one per input */
	const int8_t *w8;       /* CONV [c][ky][kx][in c], DEPTHWISE [c][ky][kx] */
	const int16_t *w16;     /* DENSE [c][in c] */
	const int32_t *bias;    /* CONV, DEPTHWISE */
	const float *dense_bias;
	const float *requant;   /* factor per output channel */
	const float *wf, *bf;   /* the same layer for the fp32 engine; NULL: not loaded (net/fp32/floats.h) */

	/* Filled by net_plan(). */
	int halo;               /* border of the u7 tensor, the widest any reader needs */
	int pitch;              /* bytes per pixel of the u7 tensor */
	size_t at8, at32;       /* place in the arena of the int8 and the fp32 engine */
	struct net_conv conv;   /* CONV, DEPTHWISE */
	size_t packed_at;       /* place in net->packed->memory */
};

/* Weights in the order the kernels like, made when a network is first used: by one thread, others wait. */
struct net_packed {
	pthread_mutex_t lock;
	size_t size;
	void *memory; /* NULL: not made yet */
};

struct net {
	struct net_info info;
	int known;              /* checked when the program was built: info.hash is set */
	int nnodes;
	struct net_node node[NET_NODES_MAX];
	size_t arena8, arena32, scratch8, scratch32; /* bytes */
	const struct net_kernels *kernels;
	struct net_packed *packed;
	float *floats;          /* those of wf and bf, where they come from a file of their own */
};

/* weights.c: file -> nodes; every pointer lies inside the image. */
int net_weights_read(struct net *net, const uint8_t *data, size_t size, const char *label,
		     struct gppi_error *err);
/* check.c: shapes, types, ranges, accumulator bounds; fills info.params and info.macs. */
int net_check(struct net *net, const char *label, struct gppi_error *err);
/* plan.c: tensor layouts, arena. */
int net_plan(struct net *net, const char *label, struct gppi_error *err);

/* int8/pack.c: where packed weights are to lie, and these themselves, on `threads` workers; cheap when they are
 * there. */
int net_pack_plan(struct net *net, const char *label, struct gppi_error *err);
int net_pack(const struct net *net, int threads, struct gppi_error *err);
void net_pack_free(struct net *net);

/* Number of weights of a node with weights, given its input. */
size_t net_weight_count(const struct net_node *node, const struct net_node *in);

#endif
