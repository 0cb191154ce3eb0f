/* OpenBLAS, which only the fp32 engine needs. */
#ifndef NET_FP32_BLAS_LIB_H
#define NET_FP32_BLAS_LIB_H

#include <cblas.h>

#include "base/err.h"

struct blas_lib {
	__typeof__(cblas_sgemm) *sgemm;
	__typeof__(cblas_sgemv) *sgemv;
	__typeof__(openblas_set_num_threads) *set_num_threads;
};

/* The same library for every call and thread, there until the program ends; NULL and
 * GPPI_E_UNSUPPORTED where it is not installed. */
const struct blas_lib *blas_lib(struct gppi_error *err);

#endif
