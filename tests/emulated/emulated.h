/* The product's convolution template over instruction sets this machine may lack: the dot product
 * as vpmaddubsw and vpmaddwd, a 512-bit vector as two of 256 bits. Needs AVX2; tests only. */
#ifndef TESTS_EMULATED_H
#define TESTS_EMULATED_H

#include "net/int8/kernels.h"

void emulated_avxvnni(struct net_kernels *k);
void emulated_avx512vnni(struct net_kernels *k);
void emulated_avx512vnni_ymm(struct net_kernels *k);
void emulated_amx(struct net_kernels *k); /* tiles in memory */

#endif
