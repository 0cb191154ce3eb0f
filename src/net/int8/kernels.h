/* The operators of the int8 engine behind one table of function pointers.
 *
 * src/net/int8/ref fills the table and is the specification: another set of kernels must give the
 * same bits. Tensors are u7, channels last, with a border ("halo") of zero-point pixels:
 *
 *     data[((y + halo) * (w + 2 * halo) + x + halo) * pitch + c]
 *
 * pitch is 1 for one channel, else c rounded up to 4. Kernels write all pitch bytes of every
 * inner pixel (0 in the surplus channels) and never the halo, which the caller fills. Up to
 * NET_OVERREAD bytes before and after a tensor may be read.
 */
#ifndef NET_INT8_KERNELS_H
#define NET_INT8_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

#define NET_OVERREAD 64
#define NET_BUNDLES 4

struct net_tensor {
	uint8_t *data;
	int c, h, w;
	int halo, pitch, zero;
};

struct net_conv { /* a convolution, depthwise or not */
	int kernel, stride, pad; /* pad <= halo of the input */
	int in_c, in_pitch, out_c, out_pitch;
	int zero;                /* of the output */
	/* Both may be copied when the weights are packed. */
	const int32_t *bias;     /* [out_c]; has the input's zero point folded in */
	const float *requant;    /* [out_c], 0..16 */
	const void *packed;      /* as the table's packer left it, 64-byte aligned */
};

struct net_kernels {
	const char *isa;

	/* in: planar [c][h][w]; values above 127 count as 127 */
	void (*load)(const struct net_tensor *out, const uint8_t *in);

	/* weights s8 [out_c][ky][kx][in_c] -> packed; sizes in bytes */
	size_t (*conv_packed_size)(const struct net_conv *conv);
	void (*conv_pack)(const struct net_conv *conv, const int8_t *weights, void *packed);
	size_t (*conv_scratch)(const struct net_conv *conv);
	/* acc = bias + sum of weight * q;  q' = clamp(round(acc * requant) + zero) */
	void (*conv)(const struct net_conv *conv, const struct net_tensor *in,
		     const struct net_tensor *out, void *scratch);

	/* the same with weights s8 [c][ky][kx], one input channel per output channel */
	size_t (*depthwise_packed_size)(const struct net_conv *conv);
	void (*depthwise_pack)(const struct net_conv *conv, const int8_t *weights, void *packed);
	size_t (*depthwise_scratch)(const struct net_conv *conv);
	void (*depthwise)(const struct net_conv *conv, const struct net_tensor *in,
			  const struct net_tensor *out, void *scratch);

	/* largest of kernel x kernel; zero points are 0, so the halo never wins */
	void (*maxpool)(const struct net_tensor *in, const struct net_tensor *out,
			int kernel, int stride, int pad);
	/* sum of the 2x2 values (q - zero);  q' = clamp(round(sum * mul) + zero') */
	void (*avgpool)(const struct net_tensor *in, const struct net_tensor *out, float mul);
	/* q' = clamp(round((a - zero_a) * mul_a + (b - zero_b) * mul_b) + zero'), both products
	 * and their sum rounded to float */
	void (*add)(const struct net_tensor *a, const struct net_tensor *b,
		    const struct net_tensor *out, float mul_a, float mul_b);
	/* out[c] = sum of (q - zero) over all pixels, exact */
	void (*gap)(const struct net_tensor *in, int32_t *out);

	/* For measuring; NULL in the scalar table. A dot product may be done in bundles of 1 to
	 * NET_BUNDLES steps, larger ones being faster (simd/bundle.h): how many of each size the
	 * packed weights make, and the multiply-accumulates of `rounds` of one size on registers
	 * alone, which is the most a convolution could reach; 0 for a size that is not in use. */
	void (*conv_bundles)(const struct net_conv *conv, int32_t count[NET_BUNDLES]);
	double (*peak)(int bundle, int rounds);
};

const struct net_kernels *net_kernels_ref(void);
/* The best kernels for these features (base/cpu.h), which must be present; the isa is that of the convolution. */
const struct net_kernels *net_kernels(unsigned features);

/* Heads on a handful of numbers: the same code for every table.
 * acc = exact sum of weights[o][i] * in[i]; out[o] = (float)((double)acc * scale[o] + bias[o]). */
void net_dense(const int32_t *in, int in_n, const int16_t *weights, const float *scale,
	       const float *bias, float *out, int out_n);
/* The same of values -255..255. */
void net_dense_small(const int16_t *in, int in_n, const int16_t *weights, const float *scale,
		     const float *bias, float *out, int out_n);
void net_softmax(const float *in, float *out, int n);
void net_sigmoid(const float *in, float *out, int n);

static inline const uint8_t *net_pixel(const struct net_tensor *t, int y, int x)
{
	return t->data + ((size_t)(y + t->halo) * (size_t)(t->w + 2 * t->halo) +
			  (size_t)(x + t->halo)) * (size_t)t->pitch;
}

static inline uint8_t *net_pixel_out(const struct net_tensor *t, int y, int x)
{
	return t->data + ((size_t)(y + t->halo) * (size_t)(t->w + 2 * t->halo) +
			  (size_t)(x + t->halo)) * (size_t)t->pitch;
}

#endif
