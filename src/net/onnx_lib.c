#include "net/onnx_lib.h"

#include <pthread.h>

/* Loaded once and never unloaded: it creates threads and static objects. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct ort_base *base;

int onnx_lib(const char *path, const struct ort_base **out, struct gppi_error *err)
{
	char found[ONNX_PATH];
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (!base) {
		rc = onnx_lib_locate(path, found, err);
		if (rc == 0)
			rc = onnx_lib_load(found, &base, err);
	}
	*out = base;
	pthread_mutex_unlock(&lock);
	return rc;
}
