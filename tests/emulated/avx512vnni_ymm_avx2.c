#include "emulated.h"
#include "net/int8/x86/vec256.h"

#define V_PIXELS(vecs) 12
#define V_BUNDLE 1

SIMD_INLINE vec v_dot(vec acc, vec a, vec w)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(a, w), _mm256_set1_epi16(1)));
}

#include "net/int8/simd/conv.h"

void emulated_avx512vnni_ymm(struct net_kernels *k)
{
	k->isa = "avx512vnni of 256 bits, emulated";
	conv_fill(k);
}
