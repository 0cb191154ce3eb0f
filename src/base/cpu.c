#include "base/cpu.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNSET (-1)

static const char *const names[CPU_LEVELS] = {
	"scalar", "neon", "neondot", "avx2", "avxvnni", "avx512vnni"
};
static atomic_int limit = UNSET;

/* Bits of the feature word beside those of the levels. */
#define HAS_SHA 31
#define PREFERS_256 30

#if defined(__x86_64__)
#include <cpuid.h>

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

static bool prefers_256(void)
{
	unsigned a, b, c, d, signature;

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return false;
	bool intel = b == signature_INTEL_ebx && c == signature_INTEL_ecx && d == signature_INTEL_edx;
	return __get_cpuid(1, &signature, &b, &c, &d) && cpu_model_prefers_256(intel, signature);
}

static unsigned detect(void)
{
	enum { YMM = 0x6, ZMM = 0xe6 }; /* of XCR0 */
	unsigned a, b, c, d, c1, found = 1u << CPU_SCALAR;

	if (!__get_cpuid(1, &a, &b, &c1, &d))
		return found;
	unsigned ebx = 0, ecx = 0, vex = 0, leaves = 0;
	if (__get_cpuid_count(7, 0, &leaves, &ebx, &ecx, &d) && leaves >= 1)
		__get_cpuid_count(7, 1, &vex, &b, &c, &d);
	if (all(c1, bit_SSSE3 | bit_SSE4_1) && all(ebx, 1u << 29))
		found |= 1u << HAS_SHA;
	if (!all(c1, bit_OSXSAVE | bit_AVX) || !all(ebx, bit_AVX2))
		return found;
	uint64_t saved = saved_registers();
	if ((saved & YMM) != YMM)
		return found;
	found |= 1u << CPU_AVX2;
	if (all(vex, 1u << 4))
		found |= 1u << CPU_AVXVNNI;
	if ((saved & ZMM) == ZMM && all(ecx, 1u << 11) &&
	    all(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL))
		found |= 1u << CPU_AVX512VNNI;
	if (prefers_256())
		found |= 1u << PREFERS_256;
#ifdef CPU_TRIAL /* as if this were both of the processors with 256-bit products */
	if (found >> CPU_AVX512VNNI & 1)
		found |= 1u << CPU_AVXVNNI | 1u << PREFERS_256;
#endif
	return found;
}
#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#endif

/* NEON is part of every aarch64; dot products came with Armv8.2. */
static unsigned detect(void)
{
	unsigned found = 1u << CPU_SCALAR | 1u << CPU_NEON;

#if defined(__linux__)
	enum { ASIMDDP = 1 << 20 }; /* HWCAP_ASIMDDP, which old headers lack */
	if (getauxval(AT_HWCAP) & ASIMDDP)
		found |= 1u << CPU_NEONDOT;
#elif defined(__ARM_FEATURE_DOTPROD)
	found |= 1u << CPU_NEONDOT;
#endif
	return found;
}
#else
static unsigned detect(void)
{
	return 1u << CPU_SCALAR;
}
#endif

static unsigned features(void)
{
	static atomic_uint known;
	unsigned f = atomic_load(&known);

	if (!f) {
		f = detect();
		atomic_store(&known, f);
	}
	return f;
}

static int by_name(const char *name)
{
	for (int i = 0; i < CPU_LEVELS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return UNSET;
}

int cpu_limit(const char *name, struct gppi_error *err)
{
	const char *from = "";
	int level = CPU_LEVELS - 1;

	if (!name || !name[0]) {
		name = getenv("GPPI_CPU");
		from = "GPPI_CPU: ";
	}
	if (name && name[0] && (level = by_name(name)) == UNSET)
		return err_set(err, GPPI_E_USAGE, "%s\"%.40s\" is no kind of processor; choose from "
			       "scalar, neon, neondot, avx2, avxvnni, avx512vnni", from, name);
	atomic_store(&limit, level);
	return 0;
}

enum cpu_level cpu_level(void)
{
	int level = atomic_load(&limit);

	if (level == UNSET) {
		/* A name that is none must not bring down a library; the program asks cpu_limit() itself. */
		if (cpu_limit(NULL, NULL) < 0)
			atomic_store(&limit, CPU_LEVELS - 1);
		level = atomic_load(&limit);
	}
	while (level > CPU_SCALAR && !cpu_supports((enum cpu_level)level))
		level--;
	return (enum cpu_level)level;
}

bool cpu_supports(enum cpu_level level)
{
	return level < CPU_LEVELS && features() >> level & 1;
}

/* The first client cores with AVX512-VNNI have one 512-bit unit, fused from the two of 256 bits: wide
 * vectors multiply no faster there, but lower the clock and need time to be switched on. Servers of the
 * same years have a second 512-bit unit, and AMD's cores and later clients keep their clock. */
bool cpu_model_prefers_256(bool intel, uint32_t signature)
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

bool cpu_prefers_256(void)
{
	return features() >> PREFERS_256 & 1;
}

bool cpu_has_sha(void)
{
	return cpu_level() > CPU_SCALAR && features() >> HAS_SHA & 1;
}

const char *cpu_level_name(enum cpu_level level)
{
	return level < CPU_LEVELS ? names[level] : "unknown";
}
