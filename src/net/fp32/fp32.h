/* What planning a network needs to know of the fp32 back end. */
#ifndef NET_FP32_FP32_H
#define NET_FP32_FP32_H

#include "net/graph.h"

/* Bytes of scratch a convolution needs. */
size_t net_fp32_scratch(const struct net_node *node, const struct net_node *in);

#endif
