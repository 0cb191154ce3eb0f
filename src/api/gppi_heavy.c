#include "api/fail.h"
#include "base/parallel.h"
#include "bone/opinion.h"

int gppi_heavy_open(const char *folder, const char *ort, const char *device, int threads, struct gppi_heavy **out,
		    struct gppi_error *error)
{
	enum onnx_device kind = ONNX_AUTO;
	int number = 0, rc = 0;

	*out = NULL;
	if (device && !onnx_device_parse(device, &kind, &number))
		rc = err_set(error, GPPI_E_USAGE,
			     "a device is auto, cpu, cuda, dml or webgpu, such as cuda:1, not \"%.40s\"", device);
	if (rc == 0)
		rc = opinion_open(folder, ort, kind, number, threads > 0 ? threads : parallel_cpus(), out, error);
	return api_fail(rc, error);
}

void gppi_heavy_free(struct gppi_heavy *heavy)
{
	opinion_free(heavy);
}
