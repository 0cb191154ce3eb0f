/* Networks as ONNX files, run by ONNX Runtime, which is loaded when it is first asked for: the program neither links
 * nor ships it. Knows nothing of bones.
 *
 * This is no struct net_backend (net/backend.h): one of those computes a graph of the program's own, read from
 * .gppiw, over 7-bit slices. An ONNX file brings its graph along and takes floats of its own shapes, so that
 * nothing of struct net would be used. */
#ifndef NET_ONNX_H
#define NET_ONNX_H

#include <stdbool.h>

#include "net/onnx_check.h"

enum onnx_device { ONNX_AUTO, ONNX_CPU, ONNX_CUDA, ONNX_DML, ONNX_WEBGPU };

struct onnx;       /* the loaded library and where it computes */
struct onnx_model;

/* "auto", "cpu", "cuda", "dml", "webgpu", each with ":N" for the N-th device; false for anything else. */
bool onnx_device_parse(const char *text, enum onnx_device *device, int *number);

/* path: the library, or a folder it lies in (also a Python environment with onnxruntime); NULL: $GPPI_ORT, else where
 * systems keep libraries. GPPI_E_UNSUPPORTED with a sentence where there is none or the device is not to be had; with
 * ONNX_AUTO CUDA is tried, then the CPU serves. Owned by the caller: onnx_close(). */
int onnx_open(const char *path, enum onnx_device device, int number, int threads, struct onnx **out,
	      struct gppi_error *err);
void onnx_close(struct onnx *onnx);
/* "cpu", "cuda:0" ...; "1.28.0". */
const char *onnx_device_name(const struct onnx *onnx);
const char *onnx_version(const struct onnx *onnx);

/* Checks the bytes (onnx_check()) and makes a session of them; they are not needed afterwards. */
int onnx_load(struct onnx *onnx, const uint8_t *data, size_t size, const char *label, const struct onnx_want *want,
	      struct onnx_model **out, struct gppi_error *err);
void onnx_free(struct onnx_model *model);

/* One pass: dims as wanted when the model was loaded, in their product of floats. Output i must have count[i] floats,
 * which go to out[i]. */
int onnx_run(struct onnx_model *model, float *in, const int64_t *dims, float *const *out, const size_t *count,
	     struct gppi_error *err);

#endif
