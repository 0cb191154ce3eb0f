/* The fp32 engine. */
#ifndef NET_BLAS_H
#define NET_BLAS_H

#include "net/graph.h"

struct blas_lib;

/* OpenBLAS, with one thread per call: the caller already works on several slices at once. NULL and
 * GPPI_E_UNSUPPORTED where it is not installed. */
const struct blas_lib *net_blas_init(struct err *err);

/* One pass over all nodes; arena and scratch as planned. */
void net_blas(const struct net *net, const struct blas_lib *blas, float *arena, float *scratch,
	      const uint8_t *in, float *out);

/* Bytes of scratch a convolution needs. */
size_t net_blas_scratch(const struct net_node *node, const struct net_node *in);

#endif
