#include "find/kernels_loops.h"

#include "base/cpu.h"

const struct find_kernels find_kernels_c = { bins, steps, mark };

const struct find_kernels *find_kernels(void)
{
#ifdef __x86_64__
	if (cpu_features() & CPU_AVX2)
		return &find_kernels_avx2;
#endif
	return &find_kernels_c;
}
