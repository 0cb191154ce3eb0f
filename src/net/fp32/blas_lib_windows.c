/* Linked with the program, without threads of its own (packaging/windows/libs.sh). */
#include "net/fp32/blas_lib.h"

const struct blas_lib *blas_lib(struct gppi_error *err)
{
	static const struct blas_lib lib = { cblas_sgemm, cblas_sgemv, openblas_set_num_threads };

	(void)err;
	return &lib;
}
