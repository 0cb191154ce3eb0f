#include "base/cpu.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNSET (-1)

static const char *const names[CPU_LEVELS] = { "scalar", "avx2", "avxvnni", "avx512vnni" };
static atomic_int limit = UNSET;

/* Bits of the feature word beside those of the levels. */
#define HAS_SHA 31

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

int cpu_limit(const char *name, struct err *err)
{
	const char *from = "";
	int level = CPU_LEVELS - 1;

	if (!name || !name[0]) {
		name = getenv("GPPI_CPU");
		from = "GPPI_CPU: ";
	}
	if (name && name[0] && (level = by_name(name)) == UNSET)
		return err_set(err, GPPI_E_USAGE, "%s\"%.40s\" is no kind of processor; choose from "
			       "scalar, avx2, avxvnni, avx512vnni", from, name);
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

bool cpu_has_sha(void)
{
	return cpu_level() > CPU_SCALAR && features() >> HAS_SHA & 1;
}

const char *cpu_level_name(enum cpu_level level)
{
	return level < CPU_LEVELS ? names[level] : "unknown";
}
