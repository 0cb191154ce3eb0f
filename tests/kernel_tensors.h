/* The kernels this machine can run, emulated ones too, and tensors for them between pages that may not be
 * touched. Whoever includes it asks for MAP_ANONYMOUS (_GNU_SOURCE). */
#ifndef TESTS_KERNEL_TENSORS_H
#define TESTS_KERNEL_TENSORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/int8/kernels.h"
#if defined(__x86_64__)
#include "emulated/emulated.h"
#include "net/int8/x86/x86.h"
#endif

static uint64_t seed = 20260611;
static uint64_t state;

static const struct net_kernels *tables[8 + 6];
static int ntables;

static inline void find_tables(void)
{
	assert_true(cpu_nlevels <= 8);
	for (int l = 1; l < cpu_nlevels; l++)
		if ((cpu_present() & cpu_levels[l].needs) == cpu_levels[l].needs)
			tables[ntables++] = net_kernels(cpu_present() & cpu_levels[l].allows);
#if defined(__x86_64__)
	static struct net_kernels emulated[4], width[2];
	if (cpu_present() & CPU_AVX2) {
		emulated[0] = emulated[1] = emulated[2] = emulated[3] = *net_kernels(CPU_AVX2);
		emulated_avxvnni(&emulated[0]);
		emulated_avx512vnni(&emulated[1]);
		emulated_avx512vnni_ymm(&emulated[2]);
		emulated_amx(&emulated[3]);
		for (int i = 0; i < 4; i++)
			tables[ntables++] = &emulated[i];
	}
	if (cpu_present() & CPU_AVX512VNNI) { /* both widths, whichever this processor prefers */
		width[0] = width[1] = *net_kernels(CPU_AVX2);
		net_avx512vnni_conv(&width[0]);
		net_avx512vnni_ymm_conv(&width[1]);
		for (int i = 0; i < 2; i++)
			tables[ntables++] = &width[i];
	}
#endif
	for (int i = 0; i < ntables; i++)
		printf("kernels: %s\n", tables[i]->isa);
	if (ntables == 0) /* the scalar table against itself keeps the program meaningful */
		tables[ntables++] = net_kernels(0);
}

static inline uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

static inline int pick(const int *list, int n)
{
	return list[rnd((uint32_t)n)];
}
#define PICK(...) pick((const int[]){ __VA_ARGS__ }, (int)(sizeof(int[]){ __VA_ARGS__ } / sizeof(int)))

static inline int restart(void **unused)
{
	(void)unused;
	state = seed;
	return 0;
}

struct guarded {
	struct net_tensor t;
	uint8_t *map, *room; /* room: the tensor with NET_OVERREAD bytes at either side */
	size_t map_size, size;
};

static inline size_t tensor_size(const struct net_tensor *t)
{
	return (size_t)(t->h + 2 * t->halo) * (size_t)(t->w + 2 * t->halo) * (size_t)t->pitch;
}

/* at_end: the room ends where the page behind begins; else it starts where the one before ends. */
static inline struct guarded make(int c, int h, int w, int halo, int zero, int at_end)
{
	struct guarded g = { .t = { .c = c, .h = h, .w = w, .halo = halo, .zero = zero } };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	g.t.pitch = c == 1 ? 1 : (c + 3) / 4 * 4;
	g.size = tensor_size(&g.t) + 2 * (size_t)NET_OVERREAD;
	size_t pages = (g.size + page - 1) / page * page;
	g.map_size = pages + 2 * page;
	g.map = mmap(NULL, g.map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.map != MAP_FAILED);
	assert_int_equal(mprotect(g.map, page, PROT_NONE), 0);
	assert_int_equal(mprotect(g.map + page + pages, page, PROT_NONE), 0);
	g.room = g.map + page + (at_end ? pages - g.size : 0);
	memset(g.room, 0xee, g.size);
	g.t.data = g.room + NET_OVERREAD;
	return g;
}

static inline void drop(struct guarded *g)
{
	munmap(g->map, g->map_size);
}

enum fill { UNIFORM, FULL, SPARSE, FILLS };

/* What lies around the tensor is noise: a kernel that lets it count gives another result. */
static inline void fill(const struct guarded *g, enum fill how)
{
	const struct net_tensor *t = &g->t;

	for (size_t i = 0; i < g->size; i++)
		g->room[i] = (uint8_t)rnd(256);
	memset(t->data, t->zero, tensor_size(t));
	for (int y = 0; y < t->h; y++)
		for (int x = 0; x < t->w; x++)
			for (int c = 0; c < t->pitch; c++)
				net_pixel_out(t, y, x)[c] = (uint8_t)(c >= t->c ? 0
					: how == FULL ? 127 : how == SPARSE && rnd(8) ? 0 : rnd(128));
}

static inline void compare(const char *isa, const char *what, const struct guarded *wanted, const struct guarded *got)
{
	assert_int_equal(wanted->size, got->size);
	for (size_t i = 0; i < wanted->size; i++)
		if (wanted->room[i] != got->room[i])
			fail_msg("%s, seed %llu: %s differs from scalar at byte %lld of the tensor: %d, not %d", isa,
				 (unsigned long long)seed, what, (long long)i - NET_OVERREAD, got->room[i],
				 wanted->room[i]);
}

/* Both programs begin like this; the seed may be the first argument. */
static inline void begin(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	find_tables();
}

#endif
