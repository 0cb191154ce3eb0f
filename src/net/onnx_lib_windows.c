#include "net/onnx_lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* Only full paths are loaded: Windows has an older onnxruntime.dll of its own in its system folder. */
int onnx_lib_locate(const char *wanted, char path[ONNX_PATH], struct gppi_error *err)
{
	char name[ONNX_PATH + 20], *part;

	if (!wanted || !*wanted)
		wanted = getenv("GPPI_ORT");
	if (!wanted || !*wanted)
		return err_set(err, GPPI_E_UNSUPPORTED, "the heavy networks need ONNX Runtime: name the folder of its "
			       "onnxruntime.dll by --ort or GPPI_ORT");
	DWORD kind = GetFileAttributesA(wanted);
	if (kind == INVALID_FILE_ATTRIBUTES)
		return err_set(err, GPPI_E_IO, "%s: there is no ONNX Runtime here; name its library or its folder",
			       wanted);
	snprintf(name, sizeof name, kind & FILE_ATTRIBUTE_DIRECTORY ? "%s\\onnxruntime.dll" : "%s", wanted);
	DWORD n = GetFullPathNameA(name, ONNX_PATH, path, &part);
	if (n == 0 || n >= ONNX_PATH)
		return err_set(err, GPPI_E_IO, "%s: this path is too long", wanted);
	return 0;
}

int onnx_lib_load(const char *path, const struct ort_base **out, struct gppi_error *err)
{
	const struct ort_base *(*get)(void) = NULL;

	/* Official builds from 1.29 on report use unless this is set before they are loaded. */
	_putenv_s("ORT_DISABLE_TELEMETRY", "1");
	HMODULE handle = LoadLibraryExA(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
	if (!handle)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: cannot be loaded as ONNX Runtime (Windows error %lu)",
			       path, (unsigned long)GetLastError());
	FARPROC symbol = GetProcAddress(handle, "OrtGetApiBase");
	if (!symbol) {
		FreeLibrary(handle);
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: is not ONNX Runtime", path);
	}
	memcpy(&get, &symbol, sizeof get);
	*out = get();
	return 0;
}

void onnx_lib_limit(uint64_t bytes)
{
	(void)bytes; /* the size of the page file is the limit */
}

void onnx_lib_cuda(void)
{
	/* the folder of the CUDA libraries is in PATH there */
}
