/* Which kernels serve which level. */
#include "net/int8/kernels.h"

#include <pthread.h>

#include "net/int8/arm/arm.h"
#include "net/int8/x86/x86.h"

static struct net_kernels table[CPU_LEVELS];

static void fill_all(void)
{
	/* levels of other architectures are never chosen; plain C all the same */
	for (int l = CPU_SCALAR; l < CPU_LEVELS; l++)
		table[l] = *net_kernels_ref();
#if defined(__aarch64__)
	net_neon_load(&table[CPU_NEON]);
	net_neon_conv(&table[CPU_NEON]);
	net_neon_depthwise(&table[CPU_NEON]);
	net_neon_pool(&table[CPU_NEON]);
	table[CPU_NEONDOT] = table[CPU_NEON];
	net_neondot_conv(&table[CPU_NEONDOT]);
#elif defined(__x86_64__)
	net_avx2_load(&table[CPU_AVX2]);
	net_avx2_conv(&table[CPU_AVX2]);
	net_avx2_depthwise(&table[CPU_AVX2]);
	net_avx2_pool(&table[CPU_AVX2]);
	table[CPU_AVXVNNI] = table[CPU_AVX2];
	table[CPU_AVX512VNNI] = table[CPU_AVX2];
	net_avxvnni_conv(&table[CPU_AVXVNNI]);
	if (cpu_prefers_256())
		net_avx512vnni_ymm_conv(&table[CPU_AVX512VNNI]);
	else
		net_avx512vnni_conv(&table[CPU_AVX512VNNI]);
#endif
}

const struct net_kernels *net_kernels(enum cpu_level level)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill_all);
	return &table[level < CPU_LEVELS ? level : CPU_SCALAR];
}
