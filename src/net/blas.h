/* The fp32 engine; blas.c is the only file that knows OpenBLAS. */
#ifndef NET_BLAS_H
#define NET_BLAS_H

#include "net/graph.h"

/* One thread per call: the caller already works on several slices at once. */
void net_blas_init(void);

/* One pass over all nodes; arena and scratch as planned. */
void net_blas(const struct net *net, float *arena, float *scratch, const uint8_t *in, float *out);

/* Bytes of scratch a convolution needs. */
size_t net_blas_scratch(const struct net_node *node, const struct net_node *in);

#endif
