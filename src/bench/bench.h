/* How fast the program is on this machine: kernels, whole networks, all slices of a bone. Measured
 * alone; anything else that runs at the time shows in the medians, seldom in the minima. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/err.h"
#include "net/int8/kernels.h"

/* Time of one call, in nanoseconds or in cycles of the clock the core had at that moment. */
struct bench_time {
	double ns_min, ns_median;
	double cycles_min, cycles_median; /* 0 where cycles cannot be told */
};

/* Calls fn(arg) for about `seconds` (at least a few times). */
void bench_time(void (*fn)(void *arg), void *arg, double seconds, struct bench_time *out);
/* Seconds on a clock that only goes on. */
double bench_now(void);
/* Reads and decodes every slice of the first volume of a file or folder once. *seconds: what that took, opening
 * included. */
int bench_read(const char *path, int threads, double *seconds, struct gppi_error *err);
/* Nanoseconds of one cycle just now, from a chain of additions; 0 where that is not known to work. */
double bench_cycle_ns(void);

/* One kernel on tensors of a size in use. */
struct bench_kernel {
	char name[48];          /* "conv 32->32 3x3 96x96" */
	double macs;            /* multiply-accumulates of one call; 0 for pooling and addition */
	struct bench_time time;
	double peak;            /* multiply-accumulates per cycle this mix of bundles could reach; 0 unknown */
};
int bench_kernels(void);
/* Runs kernel i (0..bench_kernels()-1) of the level in use. */
int bench_kernel(int i, double seconds, struct bench_kernel *out, struct gppi_error *err);
/* The most one core does, in multiply-accumulates per cycle, by bundle size; 0 where not in use. */
void bench_peak(double peak[NET_BUNDLES]);

/* One pass of a whole network. */
struct bench_network {
	char name[64];
	double macs;
	struct bench_time time;
};
int bench_networks(void); /* those built into the program */
int bench_network(int i, double seconds, struct bench_network *out, struct gppi_error *err);

/* The same for `slices` slices on up to BENCH_THREADS_MAX threads, one slice per pass: time and macs
 * are those of all slices together, cycles 0. Only for networks that take single slices of 96x96;
 * others leave an empty name. Pixel k of all slices is ((uint64_t)k * 2654435761 >> 7) % 128, for
 * others to repeat (tools/bench_peers.py). */
#define BENCH_THREADS_MAX 64
int bench_slices(int i, int slices, int threads, double seconds, struct bench_network *out, struct gppi_error *err);

/* All default numbers of a generated bone in a VOI of x * y * z voxels, segmented already. */
struct bench_voi {
	int x, y, z;
	struct bench_time time;
	struct bench_time thickness; /* Tb.Th and Tb.Sp alone */
};
int bench_measure(int threads, double seconds, struct bench_voi *out, struct gppi_error *err);

#endif
