/* Back ends: ways to compute a network. Outside of net/ nobody knows which there are.
 *
 * A new one is a file that fills a struct net_backend, and a row of the table in net.c with its name in enum
 * net_engine. */
#ifndef NET_BACKEND_H
#define NET_BACKEND_H

#include "net/graph.h"

/* A network at work in one thread. */
struct net_run {
	const struct net_backend *backend;
	const struct net *net;
	void *arena, *scratch; /* of the back end: net_run_room() */
	size_t arena_size, scratch_size;
	const void *own;       /* whatever else it needs, borrowed */
};

struct net_backend {
	const char *name;           /* as options, reports and tables have it */
	const char *(*isa)(void);   /* what computes: an instruction set, a library */
	/* Loads what a network lacks for this back end, once and before runs of it are opened; `file`: the one it was
	 * read from, NULL: built in. NULL: nothing is ever missing. */
	int (*ready)(struct net *net, const char *file, struct gppi_error *err);
	/* What the first run of a network costs once: net_prepare(). NULL: nothing. */
	int (*prepare)(const struct net *net, int threads, struct gppi_error *err);
	/* Takes a network into a run that is new, or that served another network; run->net is set by the caller. */
	int (*open)(struct net_run *run, const struct net *net, struct gppi_error *err);
	/* n images one behind the other to n * out_n floats. */
	int (*forward)(struct net_run *run, const uint8_t *in, int n, float *out, struct gppi_error *err);
};

extern const struct net_backend net_backend_int8, net_backend_fp32;

/* At least so many bytes of arena and scratch, zeros when new; what was there is lost. GPPI_E_NOMEM with a sentence. */
int net_run_room(struct net_run *run, const struct net *net, size_t arena, size_t scratch, struct gppi_error *err);

#endif
