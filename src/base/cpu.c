#define _GNU_SOURCE /* syscall */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN (1u << 31) /* beside features: they have been looked for */

#if defined(__x86_64__)
#include <cpuid.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

const struct cpu_level cpu_levels[] = {
	{ "scalar", 0, 0 },
	{ "avx2", CPU_AVX2, CPU_AVX2 | CPU_SHA },
	{ "avxvnni", CPU_AVX2 | CPU_AVXVNNI, CPU_AVX2 | CPU_AVXVNNI | CPU_SHA },
	{ "avx512vnni", CPU_AVX2 | CPU_AVX512VNNI, CPU_ALL & ~CPU_AMX },
	{ "amx", CPU_AVX2 | CPU_AVX512VNNI | CPU_AMX, CPU_ALL },
};

/* Registers the operating system saves: without that, using them loses data silently. */
static uint64_t saved_registers(void)
{
	uint32_t lo, hi;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static bool all(unsigned word, unsigned bits)
{
	return (word & bits) == bits;
}

static bool is_narrow(void)
{
	unsigned a, b, c, d, signature;

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return false;
	bool intel = b == signature_INTEL_ebx && c == signature_INTEL_ecx && d == signature_INTEL_edx;
	return __get_cpuid(1, &signature, &b, &c, &d) && cpu_model_is_narrow(intel, signature);
}

/* Linux saves tiles for processes that ask for it: their threads then need 8 KB more room for signals. */
static bool tiles_granted(void)
{
#ifdef __linux__
	enum { REQUEST = 0x1023, TILE_DATA = 18 }; /* ARCH_REQ_XCOMP_PERM, which old headers lack */
	enum { UNASKED, YES, NO };
	static atomic_int answer;

	if (atomic_load(&answer) == UNASKED)
		atomic_store(&answer, syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0 ? YES : NO);
	return atomic_load(&answer) == YES;
#else
	return false;
#endif
}

/* Of these features, those that the system lets this process use. */
static unsigned granted(unsigned features)
{
	return features & CPU_AMX && !tiles_granted() ? features & ~(unsigned)CPU_AMX : features;
}

static unsigned detect(void)
{
	enum { YMM = 0x6, ZMM = 0xe6, TILES = 0x60000 }; /* of XCR0 */
	unsigned a, b, c, d, c1, found = 0;

	if (!__get_cpuid(1, &a, &b, &c1, &d))
		return found;
	unsigned ebx = 0, ecx = 0, edx = 0, vex = 0, leaves = 0;
	if (__get_cpuid_count(7, 0, &leaves, &ebx, &ecx, &edx) && leaves >= 1)
		__get_cpuid_count(7, 1, &vex, &b, &c, &d);
	if (all(c1, bit_SSSE3 | bit_SSE4_1) && all(ebx, 1u << 29))
		found |= CPU_SHA;
	if (!all(c1, bit_OSXSAVE | bit_AVX) || !all(ebx, bit_AVX2))
		return found;
	uint64_t saved = saved_registers();
	if ((saved & YMM) != YMM)
		return found;
	found |= CPU_AVX2;
	if (all(vex, 1u << 4))
		found |= CPU_AVXVNNI;
	if ((saved & ZMM) == ZMM && all(ecx, 1u << 11) &&
	    all(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL))
		found |= CPU_AVX512VNNI;
	if (found & CPU_AVX512VNNI && (saved & TILES) == TILES && all(edx, 1u << 24 | 1u << 25))
		found |= CPU_AMX;
	if (is_narrow())
		found |= CPU_NARROW;
#ifdef CPU_TRIAL /* as if this were both of the processors with 256-bit products */
	if (found & CPU_AVX512VNNI)
		found |= CPU_AVXVNNI | CPU_NARROW;
#endif
	return found;
}
#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#endif

const struct cpu_level cpu_levels[] = {
	{ "scalar", 0, 0 },
	{ "neon", CPU_NEON, CPU_NEON },
	{ "neondot", CPU_NEON | CPU_NEONDOT, CPU_ALL },
};

/* NEON is part of every aarch64; dot products came with Armv8.2. */
static unsigned detect(void)
{
	unsigned found = CPU_NEON;

#if defined(__linux__)
	enum { ASIMDDP = 1 << 20 }; /* HWCAP_ASIMDDP, which old headers lack */
	if (getauxval(AT_HWCAP) & ASIMDDP)
		found |= CPU_NEONDOT;
#elif defined(__ARM_FEATURE_DOTPROD)
	found |= CPU_NEONDOT;
#endif
	return found;
}
#else
const struct cpu_level cpu_levels[] = { { "scalar", 0, 0 } };

static unsigned detect(void)
{
	return 0;
}
#endif

#if !defined(__x86_64__)
static unsigned granted(unsigned features)
{
	return features;
}
#endif

const int cpu_nlevels = sizeof cpu_levels / sizeof *cpu_levels;

/* What the processor has and the system saves, of which `allowed` is asked for. */
static unsigned present(unsigned allowed)
{
	static atomic_uint known;
	unsigned f = atomic_load(&known);

	if (!f) {
		f = detect() | KNOWN;
		atomic_store(&known, f);
	}
	return granted(f & CPU_ALL & allowed);
}

unsigned cpu_present(void)
{
	return present(CPU_ALL);
}

static atomic_uint limit; /* features that are allowed, and KNOWN; 0: not asked yet */

static const struct cpu_level *by_name(const char *name)
{
	for (int i = 0; i < cpu_nlevels; i++)
		if (strcmp(name, cpu_levels[i].name) == 0)
			return &cpu_levels[i];
	return NULL;
}

static int no_level(const char *from, const char *name, struct gppi_error *err)
{
	char names[80] = "";
	size_t n = 0;

	for (int i = 0; i < cpu_nlevels && n < sizeof names; i++)
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "", cpu_levels[i].name);
	return err_set(err, GPPI_E_USAGE, "%s\"%.40s\" is no kind of processor here; choose from %s", from, name,
		       names);
}

int cpu_limit(const char *name, struct gppi_error *err)
{
	const struct cpu_level *level = &cpu_levels[cpu_nlevels - 1];
	const char *from = "";

	if (!name || !name[0]) {
		name = getenv("GPPI_CPU");
		from = "GPPI_CPU: ";
	}
	if (name && name[0] && !(level = by_name(name)))
		return no_level(from, name, err);
	atomic_store(&limit, level->allows | KNOWN);
	return 0;
}

unsigned cpu_features(void)
{
	if (!atomic_load(&limit) && cpu_limit(NULL, NULL) < 0)
		/* A name that is none must not bring down a library; the program asks cpu_limit() itself. */
		atomic_store(&limit, CPU_ALL | KNOWN);
	return present(atomic_load(&limit));
}

const char *cpu_level_name(unsigned features)
{
	int best = 0;

	for (int i = 0; i < cpu_nlevels; i++)
		if ((features & cpu_levels[i].needs) == cpu_levels[i].needs)
			best = i;
	return cpu_levels[best].name;
}

/* The first client cores with AVX512-VNNI have one 512-bit unit, fused from the two of 256 bits: wide
 * vectors multiply no faster there, but lower the clock and need time to be switched on. Servers of the
 * same years have a second 512-bit unit, and AMD's cores and later clients keep their clock. */
bool cpu_model_is_narrow(bool intel, uint32_t signature)
{
	static const uint8_t models[] = {
		0x7d, 0x7e,  /* Ice Lake */
		0x8c, 0x8d,  /* Tiger Lake */
		0xa7,        /* Rocket Lake */
	};
	uint32_t family = signature >> 8 & 0xf, model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);

	if (!intel || family != 6)
		return false;
	for (size_t i = 0; i < sizeof models; i++)
		if (models[i] == model)
			return true;
	return false;
}
