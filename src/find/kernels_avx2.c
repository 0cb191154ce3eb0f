/* Compiled for AVX2. */
#include "find/kernels_loops.h"

const struct find_kernels find_kernels_avx2 = { bins, steps, mark };
