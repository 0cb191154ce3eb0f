/* The scalar reference operators; kernels.h states what each computes. */
#ifndef NET_REF_REF_H
#define NET_REF_REF_H

#include "net/int8/kernels.h"

void ref_load(const struct net_tensor *out, const uint8_t *in);

size_t ref_conv_packed_size(const struct net_conv *cv);
void ref_conv_pack(const struct net_conv *cv, const int8_t *weights, void *packed);
size_t ref_conv_scratch(const struct net_conv *cv);
void ref_conv(const struct net_conv *cv, const struct net_tensor *in,
	      const struct net_tensor *out, void *scratch);

size_t ref_depthwise_packed_size(const struct net_conv *cv);
void ref_depthwise_pack(const struct net_conv *cv, const int8_t *weights, void *packed);
size_t ref_depthwise_scratch(const struct net_conv *cv);
void ref_depthwise(const struct net_conv *cv, const struct net_tensor *in,
		   const struct net_tensor *out, void *scratch);

void ref_maxpool(const struct net_tensor *in, const struct net_tensor *out,
		 int kernel, int stride, int pad);
void ref_avgpool(const struct net_tensor *in, const struct net_tensor *out, float mul);
void ref_gap(const struct net_tensor *in, int32_t *out);
void ref_add(const struct net_tensor *a, const struct net_tensor *b,
	     const struct net_tensor *out, float mul_a, float mul_b);

#endif
