/* Which kernels serve which features of a processor. */
#include "net/int8/kernels.h"

#include <pthread.h>

#include "net/int8/arm/arm.h"
#include "net/int8/x86/x86.h"

static struct net_kernels table[CPU_ALL + 1];

/* Each feature replaces what it does better. */
static void fill(struct net_kernels *k, unsigned features)
{
	*k = *net_kernels_ref();
	(void)features;
#if defined(__aarch64__)
	if (features & CPU_NEON) {
		net_neon_load(k);
		net_neon_conv(k);
		net_neon_depthwise(k);
		net_neon_pool(k);
	}
	if (features & CPU_NEONDOT)
		net_neondot_conv(k);
#elif defined(__x86_64__)
	if (features & CPU_AVX2) {
		net_avx2_load(k);
		net_avx2_conv(k);
		net_avx2_depthwise(k);
		net_avx2_pool(k);
	}
	if (features & CPU_AVXVNNI)
		net_avxvnni_conv(k);
	if (features & CPU_AVX512VNNI) {
		if (features & CPU_NARROW) {
			net_avx512vnni_ymm_conv(k);
		} else {
			net_avx512vnni_conv(k);
			net_avx512vnni_pool(k);
		}
	}
	if (features & CPU_AVX512VNNI && features & CPU_AMX)
		net_amx_conv(k);
#endif
}

static void fill_all(void)
{
	for (unsigned f = 0; f <= CPU_ALL; f++)
		fill(&table[f], f);
}

const struct net_kernels *net_kernels(unsigned features)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill_all);
	return &table[features & CPU_ALL];
}
