/* Which kernels serve which level. */
#include "net/kernels.h"

#include <pthread.h>

#include "net/x86/x86.h"

static struct net_kernels table[CPU_LEVELS];

static void fill_all(void)
{
	table[CPU_SCALAR] = *net_kernels_ref();
	table[CPU_AVX2] = table[CPU_SCALAR];
#if defined(__x86_64__)
	net_avx2_load(&table[CPU_AVX2]);
	net_avx2_conv(&table[CPU_AVX2]);
	net_avx2_depthwise(&table[CPU_AVX2]);
	net_avx2_pool(&table[CPU_AVX2]);
#endif
	table[CPU_AVXVNNI] = table[CPU_AVX2];
	table[CPU_AVX512VNNI] = table[CPU_AVX2];
#if defined(__x86_64__)
	net_avxvnni_conv(&table[CPU_AVXVNNI]);
	net_avx512vnni_conv(&table[CPU_AVX512VNNI]);
#endif
}

const struct net_kernels *net_kernels(enum cpu_level level)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill_all);
	return &table[level < CPU_LEVELS ? level : CPU_SCALAR];
}
