/* The network engine: runs small convolutional networks on u7 images. Knows nothing of bones.
 *
 * A network is read from a .gppiw image (weights/README.md documents the format), checked
 * completely before use, and run by one of two engines: int8 (the product; src/net/ref is its
 * specification) and fp32 on OpenBLAS (the check on quantisation).
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum net_engine { NET_INT8, NET_FP32 };

struct net;     /* immutable after loading, shared by threads */
struct net_run; /* one per thread: arena and scratch */

struct net_info {
	char kind[32];     /* "longaxis", "longaxis-rows", "picture", "picture-rows", "sv-classifier",
			    * "sv-regressor", "sv-inner", "cw-classifier" */
	char name[64];     /* "sv-regressor-3" */
	char hash[65];     /* SHA-256 of the weight image, lower-case hex */
	const char *meta;  /* JSON text: recipe and validation figures; never NULL */
	int in_c, in_h, in_w; /* input u7, planar [c][h][w] */
	int out_n;         /* floats per run */
	size_t params;     /* weights and biases */
	double macs;       /* multiply-accumulates per run */
};

/* `data` must stay valid while the net is used (embedded or mapped weights are not copied).
 * `label` names the file in messages. Refuses damaged or hostile images with GPPI_E_WEIGHTS. */
int net_load(const void *data, size_t size, const char *label, struct net **out, struct err *err);
/* The same for an image that came with the program and was checked when it was built and tested: its
 * hash (64 hexadecimal digits) is taken as it is, and its weights are not read through beforehand. */
int net_load_known(const void *data, size_t size, const char *label, const char *hash,
		   struct net **out, struct err *err);
const struct net_info *net_info(const struct net *net);
void net_free(struct net *net);

/* NET_FP32: GPPI_E_UNSUPPORTED where OpenBLAS is not installed or the network has no float copy (net/floats.h). */
int net_run_new(const struct net *net, enum net_engine engine, struct net_run **out, struct err *err);
/* Lets a run serve another network from now on: one arena per thread is enough for all. After a failure
 * (GPPI_E_NOMEM) it can only be freed. */
int net_run_use(struct net_run *run, const struct net *net, struct err *err);
void net_run_free(struct net_run *run);

/* One forward pass. in: in_c*in_h*in_w values 0..127; out: out_n floats (the last layer's
 * outputs: logits or a regression value; softmax or sigmoid only where the network states it). */
int net_forward(struct net_run *run, const uint8_t *in, float *out, struct err *err);

/* Instruction set of the int8 kernels a network loaded now would use: a name of base/cpu.h. */
const char *net_isa(void);

#endif
