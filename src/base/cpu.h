/* What the processor can do, and what the person allows: one ladder for all kernels.
 *
 * Every level gives the same results bit by bit; lower ones exist for old processors and for
 * checking. The highest level is the best one that processor, operating system and limit allow. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum cpu_level {
	CPU_SCALAR,     /* plain C */
	CPU_NEON,       /* aarch64 */
	CPU_NEONDOT,    /* aarch64 with dot products */
	CPU_AVX2,       /* x86-64 from here on */
	CPU_AVXVNNI,    /* AVX2 and AVX-VNNI (VEX coded dot products) */
	CPU_AVX512VNNI, /* AVX-512 F, BW, DQ, VL and VNNI */
	CPU_LEVELS
};

/* The level to use now. Thread-safe. The limit comes from cpu_limit(), else from the environment
 * (GPPI_CPU); a limit this processor lacks means the next lower level it has. */
enum cpu_level cpu_level(void);

/* Can this processor, under this operating system, run the level (whatever the limit)? */
bool cpu_supports(enum cpu_level level);

/* Whether AVX512-VNNI is better used with 256-bit vectors on this processor. */
bool cpu_prefers_256(void);
/* The same for a processor by the signature CPUID leaf 1 gives in EAX; intel: by its vendor. */
bool cpu_model_prefers_256(bool intel, uint32_t signature);

/* SHA-256 instructions (with SSSE3 and SSE4.1), unless limited to plain C. */
bool cpu_has_sha(void);

/* "scalar", "neon", "neondot", "avx2", "avxvnni", "avx512vnni". */
const char *cpu_level_name(enum cpu_level level);

/* Use no level above the one named; NULL or "" takes the limit from GPPI_CPU again. To be called
 * before the first kernel runs. GPPI_E_USAGE for a name (or a value of GPPI_CPU) that is none. */
int cpu_limit(const char *name, struct gppi_error *err);

#endif
