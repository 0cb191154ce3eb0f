/* The network engine: runs small convolutional networks on u7 images. Knows nothing of bones.
 *
 * A network is read from a .gppiw image (weights/README.md documents the format), checked
 * completely before use, and run by one of several engines (net/backend.h): int8 (the product;
 * src/net/int8/ref is its specification) and fp32 on OpenBLAS (the check on quantisation).
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum net_engine { NET_INT8, NET_FP32, NET_ENGINES };

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
int net_load(const void *data, size_t size, const char *label, struct net **out, struct gppi_error *err);
/* The same for an image that came with the program and was checked when it was built and tested: its
 * hash (64 hexadecimal digits) is taken as it is, and its weights are not read through beforehand. */
int net_load_known(const void *data, size_t size, const char *label, const char *hash,
		   struct net **out, struct gppi_error *err);
const struct net_info *net_info(const struct net *net);
void net_free(struct net *net);

/* Loads what the engine needs of a network beside its weight file `file` (NULL: built in), before runs of it are opened
 * and while no other thread uses it. Cheap when called again. */
int net_ready(struct net *net, enum net_engine engine, const char *file, struct gppi_error *err);

/* Does beforehand, on `threads` workers, what the first run of a network costs once; from any thread. */
int net_prepare(const struct net *net, enum net_engine engine, int threads, struct gppi_error *err);

/* GPPI_E_UNSUPPORTED where the engine lacks a library or net_ready(). */
int net_run_new(const struct net *net, enum net_engine engine, struct net_run **out, struct gppi_error *err);
/* Lets a run serve another network from now on: one arena per thread is enough for all. After a failure
 * (GPPI_E_NOMEM) it can only be freed. */
int net_run_use(struct net_run *run, const struct net *net, struct gppi_error *err);
void net_run_free(struct net_run *run);

/* Forward passes of n images. in: n*in_c*in_h*in_w values 0..127; out: n*out_n floats (the last layer's
 * outputs: logits or a regression value; softmax or sigmoid only where the network states it). */
int net_forward(struct net_run *run, const uint8_t *in, int n, float *out, struct gppi_error *err);

/* "int8", "fp32"; the second is false for other names. */
const char *net_engine_name(enum net_engine engine);
bool net_engine_by_name(const char *name, enum net_engine *out);
/* What computes a network loaded now: of int8 the instruction set, a name of base/cpu.h; else a library. */
const char *net_isa(enum net_engine engine);

#endif
