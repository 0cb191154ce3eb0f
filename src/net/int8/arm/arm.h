/* Kernels for aarch64: NEON, which every such processor has, and dot products from Armv8.2 on. */
#ifndef NET_ARM_ARM_H
#define NET_ARM_ARM_H

#include "net/int8/kernels.h"

void net_neon_load(struct net_kernels *k);
void net_neon_conv(struct net_kernels *k);
void net_neon_depthwise(struct net_kernels *k);
void net_neon_pool(struct net_kernels *k);
void net_neondot_conv(struct net_kernels *k);

#endif
