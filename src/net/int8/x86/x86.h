/* Kernels for x86-64, one function per instruction set. Each replaces what it does better in a
 * table filled by the ones before it: scalar, AVX2, AVX-VNNI or AVX512-VNNI, AMX. */
#ifndef NET_X86_X86_H
#define NET_X86_X86_H

#include "net/int8/kernels.h"

void net_avx2_load(struct net_kernels *k);
void net_avx2_conv(struct net_kernels *k);
void net_avx2_depthwise(struct net_kernels *k);
void net_avx2_pool(struct net_kernels *k);
void net_avxvnni_conv(struct net_kernels *k);
void net_avx512vnni_conv(struct net_kernels *k);
void net_avx512vnni_ymm_conv(struct net_kernels *k); /* with 256-bit vectors */
void net_avx512vnni_pool(struct net_kernels *k);
void net_amx_conv(struct net_kernels *k);

#endif
