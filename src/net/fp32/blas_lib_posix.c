/* Loaded when first asked for. OpenBLAS starts threads as soon as it is loaded, which then keep a
 * processor busy waiting for work: linked with the program it cost every int8 run a fifth of its time. */
#include "net/fp32/blas_lib.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define SONAME "libopenblas.so.0"

static struct blas_lib lib;
static struct gppi_error failure;

static int symbol(void *handle, const char *name, void *function)
{
	void *found = dlsym(handle, name);

	if (!found)
		return err_set(&failure, GPPI_E_UNSUPPORTED, SONAME " has no %s; the fp32 engine needs OpenBLAS", name);
	memcpy(function, &found, sizeof found); /* C has no cast from an object to a function */
	return 0;
}

static void load(void)
{
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		err_set(&failure, GPPI_E_UNSUPPORTED, "the fp32 engine needs OpenBLAS, which is not installed "
			"(Debian: libopenblas0): %s", dlerror());
	else if (symbol(handle, "cblas_sgemm", &lib.sgemm) == 0 && symbol(handle, "cblas_sgemv", &lib.sgemv) == 0)
		symbol(handle, "openblas_set_num_threads", &lib.set_num_threads);
}

const struct blas_lib *blas_lib(struct gppi_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (lib.set_num_threads)
		return &lib;
	err_set(err, GPPI_E_UNSUPPORTED, "%s", failure.text);
	return NULL;
}
