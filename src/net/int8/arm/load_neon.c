#include "net/int8/arm/arm.h"
#include "net/int8/arm/requant_neon.h"
#include "net/int8/ref/ref.h"

#include "net/int8/simd/load.h"

void net_neon_load(struct net_kernels *k)
{
	k->load = load;
}
