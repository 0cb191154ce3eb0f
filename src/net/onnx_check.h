/* Looks through an ONNX file before ONNX Runtime sees it. */
#ifndef NET_ONNX_CHECK_H
#define NET_ONNX_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ONNX_RANK_MAX 6
#define ONNX_OUTPUTS_MAX 2
#define ONNX_FILE_MAX ((uint64_t)1 << 30) /* bytes; the largest published one has 260 MB */

/* What a solution's model must look like. */
struct onnx_want {
	int rank;                    /* of its only input, batch included */
	int64_t dims[ONNX_RANK_MAX]; /* 0: any */
	int outputs;                 /* exactly so many */
};

/* GPPI_E_WEIGHTS where the bytes are no ONNX model, where it wants anything but plain operators of the standard, with
 * weights inside the file, or where its input is another. `label` names the file in messages. */
int onnx_check(const uint8_t *data, size_t size, const char *label, const struct onnx_want *want,
	       struct gppi_error *err);

#endif
