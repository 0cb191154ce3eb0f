/* For kernels: random numbers, what the processor lacks, and memory that ends right before a page nobody may touch. */
#ifndef GUARDED_H
#define GUARDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"

static uint32_t seed = 20240611;

static inline uint32_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

struct guarded {
	char *map, *at;
	size_t whole;
};

static inline struct guarded guard(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct guarded g = { .whole = (bytes + page - 1) / page * page + page };

	g.map = mmap(NULL, g.whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.map != MAP_FAILED);
	assert_int_equal(mprotect(g.map + g.whole - page, page, PROT_NONE), 0);
	g.at = g.map + g.whole - page - bytes;
	return g;
}

static inline void unguard(const struct guarded *g)
{
	munmap(g->map, g->whole);
}

#if defined(__x86_64__)
static inline int lacks_avx2(void)
{
	if (cpu_present() & CPU_AVX2)
		return 0;
	print_message("this processor has no AVX2: nothing to compare\n");
	return 1;
}
#endif

#endif
