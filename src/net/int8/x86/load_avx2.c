#include "net/int8/ref/ref.h"
#include "net/int8/x86/requant_avx2.h"
#include "net/int8/x86/x86.h"

#include "net/int8/simd/load.h"

void net_avx2_load(struct net_kernels *k)
{
	k->load = load;
}
