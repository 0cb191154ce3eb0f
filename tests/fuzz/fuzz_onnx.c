/* ONNX files, as they are looked through before ONNX Runtime sees them: by the wish of each heavy solution. */
#include "net/onnx_check.h"

void fuzz_onnx(const uint8_t *data, size_t n);

void fuzz_onnx(const uint8_t *data, size_t n)
{
	static const struct onnx_want wants[] = { { 5, { 0, 1, 32, 224, 224 }, 2 }, { 4, { 0, 9, 300, 300 }, 1 },
						  { 4, { 0, 3, 512, 512 }, 1 }, { 4, { 0, 64, 224, 224 }, 1 },
						  { 4, { 0, 1, 0, 0 }, 1 } };
	struct gppi_error err;

	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
		(void)onnx_check(data, n, "model.onnx", &wants[i], &err);
}
