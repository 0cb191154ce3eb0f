#define _XOPEN_SOURCE 700 /* realpath */
#include "net/onnx_lib.h"

#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "libonnxruntime.so*"

static char loaded[PATH_MAX];

/* The last match of a pattern in the order of names, which is the newest version; false: none. */
static bool find(const char *folder, const char *below, char path[PATH_MAX])
{
	char pattern[PATH_MAX];
	glob_t found;
	bool ok = false;

	if (snprintf(pattern, sizeof pattern, "%s/%s" NAME, folder, below) >= (int)sizeof pattern)
		return false;
	if (glob(pattern, 0, NULL, &found) == 0) {
		ok = found.gl_pathc > 0 && realpath(found.gl_pathv[found.gl_pathc - 1], path) != NULL;
		globfree(&found);
	}
	return ok;
}

static bool in_folder(const char *folder, char path[PATH_MAX])
{
	static const char *const below[] = { "", "lib/", "capi/", "onnxruntime/capi/",
					     "lib/python3*/site-packages/onnxruntime/capi/" };

	for (size_t i = 0; i < sizeof below / sizeof *below; i++)
		if (find(folder, below[i], path))
			return true;
	return false;
}

static bool in_system(char path[PATH_MAX])
{
	static const char *const folders[] = { "/usr/lib/*-linux-gnu*", "/usr/lib64", "/usr/lib", "/usr/local/lib",
					       "/opt/onnxruntime/lib" };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (find(folders[i], "", path))
			return true;
	return false;
}

int onnx_lib_locate(const char *wanted, char path[ONNX_PATH], struct gppi_error *err)
{
	struct stat st;

	if (!wanted || !*wanted)
		wanted = getenv("GPPI_ORT");
	if (!wanted || !*wanted)
		return in_system(path) ? 0 : err_set(err, GPPI_E_UNSUPPORTED,
						     "the heavy networks need ONNX Runtime, which is not "
			"installed (Debian 13: libonnxruntime1.21; or pip install onnxruntime, and --ort FOLDER)");
	if (stat(wanted, &st) != 0)
		return err_set(err, GPPI_E_IO, "%s: there is no ONNX Runtime here; name its library or its folder",
			       wanted);
	if (S_ISDIR(st.st_mode))
		return in_folder(wanted, path) ? 0 :
		       err_set(err, GPPI_E_UNSUPPORTED,
			       "%s: this folder has no " NAME "; name the library of ONNX Runtime", wanted);
	/* a full path: a bare name would be looked for elsewhere */
	return realpath(wanted, path) ? 0 : err_set(err, GPPI_E_IO, "%s: cannot be read", wanted);
}

int onnx_lib_load(const char *path, const struct ort_base **out, struct gppi_error *err)
{
	const struct ort_base *(*get)(void) = NULL;
	void *handle, *symbol;

	/* Official builds from 1.29 on report use unless this is set before they are loaded. */
	setenv("ORT_DISABLE_TELEMETRY", "1", 1);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: cannot be loaded as ONNX Runtime: %s", path, dlerror());
	symbol = dlsym(handle, "OrtGetApiBase");
	if (!symbol) {
		dlclose(handle);
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: is not ONNX Runtime", path);
	}
	memcpy(&get, &symbol, sizeof get); /* C has no cast from an object to a function */
	*out = get();
	snprintf(loaded, sizeof loaded, "%s", path);
	return 0;
}

void onnx_lib_limit(uint64_t bytes)
{
	unsigned long long pages[6] = { 0 };
	struct rlimit limit;
	FILE *f = fopen("/proc/self/statm", "r"); /* the sixth number: data and stack */

	if (!f)
		return;
	int n = fscanf(f, "%llu %llu %llu %llu %llu %llu", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4],
		       &pages[5]);
	fclose(f);
	if (n != 6 || getrlimit(RLIMIT_DATA, &limit) != 0)
		return;
	rlim_t most = (rlim_t)(pages[5] * (unsigned long long)sysconf(_SC_PAGESIZE) + bytes);
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > most) {
		limit.rlim_cur = most;
		(void)setrlimit(RLIMIT_DATA, &limit);
	}
}

void onnx_lib_cuda(void)
{
	/* each needs the ones before it */
	static const char *const names[] = { "cuda_runtime/lib/libcudart.so.*", "nvjitlink/lib/libnvJitLink.so.*",
		"cuda_nvrtc/lib/libnvrtc.so.1*", "cublas/lib/libcublasLt.so.*", "cublas/lib/libcublas.so.*",
		"cufft/lib/libcufft.so.*", "curand/lib/libcurand.so.*", "cudnn/lib/libcudnn*.so.*" };
	char folder[PATH_MAX], pattern[2 * PATH_MAX];
	glob_t found;

	snprintf(folder, sizeof folder, "%s", loaded); /* .../site-packages/onnxruntime/capi/libonnxruntime.so.1.26.0 */
	for (int up = 0; up < 3; up++)
		if (strrchr(folder, '/'))
			*strrchr(folder, '/') = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(pattern, sizeof pattern, "%s/nvidia/%s", folder, names[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			(void)dlopen(found.gl_pathv[k], RTLD_LAZY | RTLD_GLOBAL);
		globfree(&found);
	}
}
