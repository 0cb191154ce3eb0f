/* Finding and loading ONNX Runtime; what each system does its own way: onnx_lib_posix.c, onnx_lib_windows.c. */
#ifndef NET_ONNX_LIB_H
#define NET_ONNX_LIB_H

#include "base/err.h"
#include "net/onnx_table.h"

/* The same library for every call, there until the program ends: the first path counts. See onnx_open(). */
int onnx_lib(const char *path, const struct ort_base **out, struct gppi_error *err);
#define ONNX_PATH 4096
/* The full path of the library that is wanted (a path of it or of a folder; NULL: where it usually is). */
int onnx_lib_locate(const char *wanted, char path[ONNX_PATH], struct gppi_error *err);
int onnx_lib_load(const char *path, const struct ort_base **out, struct gppi_error *err);
#define ONNX_GROW_MAX ((uint64_t)6 << 30) /* bytes of memory for all networks together */
/* Lets the process grow by no more than `bytes` of memory from now on, where the system can do that: a network's file
 * is small whatever it asks for when it runs. For programs of their own: a host's limits are the host's. */
void onnx_lib_limit(uint64_t bytes);
/* Loads the CUDA libraries that PyPI's packages keep in folders of their own; those of the system count otherwise. */
void onnx_lib_cuda(void);

#endif
