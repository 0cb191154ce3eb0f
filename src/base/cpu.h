/* What the processor can do, and what the person allows.
 *
 * Every set of features gives the same results bit by bit; smaller ones exist for old processors and for checking. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Bits for what kernels are written for, beyond plain C; each architecture has its own. */
#if defined(__x86_64__)
enum {
	CPU_AVX2 = 1,
	CPU_AVXVNNI = 2,    /* VEX coded dot products */
	CPU_AVX512VNNI = 4, /* AVX-512 F, BW, DQ, VL and VNNI */
	CPU_NARROW = 8,     /* AVX512-VNNI is better used with 256-bit vectors on this processor */
	CPU_SHA = 16,       /* SHA-256 instructions, with SSSE3 and SSE4.1 */
	CPU_AMX = 32,       /* tiles of bytes, where the system lets this process use them */
	CPU_ALL = 63
};
#elif defined(__aarch64__)
enum {
	CPU_NEON = 1,
	CPU_NEONDOT = 2, /* dot products */
	CPU_ALL = 3
};
#else
enum { CPU_ALL = 0 };
#endif

/* What may be used now: what is there, within the limit. Thread-safe. The limit comes from cpu_limit(), else from the
 * environment (GPPI_CPU). */
unsigned cpu_features(void);

/* What this processor has under this operating system, whatever the limit. */
unsigned cpu_present(void);

/* The names of --cpu, for this architecture, from plain C to the best. */
struct cpu_level {
	const char *name;
	unsigned needs;  /* what kernels of this name use */
	unsigned allows; /* as a limit */
};
extern const struct cpu_level cpu_levels[];
extern const int cpu_nlevels;

/* Name of the best level that these features make up. */
const char *cpu_level_name(unsigned features);

/* Use nothing beyond the level named; NULL or "" takes the limit from GPPI_CPU again. To be called before the first
 * kernel runs. A level this processor lacks means what it has of it. GPPI_E_USAGE for a name (or a value of GPPI_CPU)
 * that is none of this architecture. */
int cpu_limit(const char *name, struct gppi_error *err);

/* Is a processor CPU_NARROW, by the signature CPUID leaf 1 gives in EAX; intel: by its vendor? */
bool cpu_model_is_narrow(bool intel, uint32_t signature);

#endif
