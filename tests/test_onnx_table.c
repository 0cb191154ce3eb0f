/* Are the places of src/net/onnx_table.h those of ONNX Runtime? By the order of functions in its C# binding (release
 * 1.20, counted from 0), and by its C header where that is installed (Debian 13: libonnxruntime-dev). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/onnx_table.h"

#if defined(__has_include)
#if __has_include(<onnxruntime/onnxruntime_c_api.h>)
#include <onnxruntime/onnxruntime_c_api.h>
#define HEADER
#elif __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#define HEADER
#endif
#endif

#ifdef HEADER
#define SAME(member, function) assert_int_equal(offsetof(struct ort_table, member), offsetof(OrtApi, function))

static void test_places(void **state)
{
	(void)state;
	SAME(message, GetErrorMessage);
	SAME(env, CreateEnvWithCustomLogger);
	SAME(no_telemetry, DisableTelemetryEvents);
	SAME(session, CreateSessionFromArray);
	SAME(run, Run);
	SAME(options, CreateSessionOptions);
	SAME(no_arena, DisableCpuMemArena);
	SAME(optimise, SetSessionGraphOptimizationLevel);
	SAME(threads, SetIntraOpNumThreads);
	SAME(inputs, SessionGetInputCount);
	SAME(outputs, SessionGetOutputCount);
	SAME(input_name, SessionGetInputName);
	SAME(output_name, SessionGetOutputName);
	SAME(tensor, CreateTensorWithDataAsOrtValue);
	SAME(data, GetTensorMutableData);
	SAME(element, GetTensorElementType);
	SAME(count, GetTensorShapeElementCount);
	SAME(shape, GetTensorTypeAndShape);
	SAME(memory, CreateCpuMemoryInfo);
	SAME(give_back, AllocatorFree);
	SAME(allocator, GetAllocatorWithDefaultOptions);
	SAME(free_env, ReleaseEnv);
	SAME(free_status, ReleaseStatus);
	SAME(free_memory, ReleaseMemoryInfo);
	SAME(free_session, ReleaseSession);
	SAME(free_value, ReleaseValue);
	SAME(free_shape, ReleaseTensorTypeAndShapeInfo);
	SAME(free_options, ReleaseSessionOptions);
	SAME(providers, GetAvailableProviders);
	SAME(free_providers, ReleaseAvailableProviders);
	SAME(config, AddSessionConfigEntry);
	SAME(provider, GetExecutionProviderApi);
	SAME(append_cuda, SessionOptionsAppendExecutionProvider_CUDA_V2);
	SAME(cuda, CreateCUDAProviderOptions);
	SAME(set_cuda, UpdateCUDAProviderOptions);
	SAME(free_cuda, ReleaseCUDAProviderOptions);
	SAME(append, SessionOptionsAppendExecutionProvider);
	assert_int_equal(offsetof(struct ort_base, version), offsetof(OrtApiBase, GetVersionString));
	assert_int_equal(ORT_FLOAT, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
	assert_int_equal(ORT_ALL_OPTIMISATIONS, ORT_ENABLE_ALL);
}
#else
static void test_places(void **state)
{
	(void)state;
	skip();
}
#endif

#define PLACE(member, place) assert_int_equal(offsetof(struct ort_table, member), (place) * sizeof(void *))

static void test_order(void **state)
{
	(void)state;
	PLACE(message, 2);        /* GetErrorMessage */
	PLACE(env, 4);            /* CreateEnvWithCustomLogger */
	PLACE(no_telemetry, 6);   /* DisableTelemetryEvents */
	PLACE(session, 8);        /* CreateSessionFromArray */
	PLACE(run, 9);
	PLACE(options, 10);       /* CreateSessionOptions */
	PLACE(no_arena, 19);      /* DisableCpuMemArena */
	PLACE(optimise, 23);      /* SetSessionGraphOptimizationLevel */
	PLACE(threads, 24);       /* SetIntraOpNumThreads */
	PLACE(inputs, 30);        /* SessionGetInputCount */
	PLACE(output_name, 37);   /* SessionGetOutputName */
	PLACE(tensor, 49);        /* CreateTensorWithDataAsOrtValue */
	PLACE(data, 51);          /* GetTensorMutableData */
	PLACE(element, 60);       /* GetTensorElementType */
	PLACE(count, 64);         /* GetTensorShapeElementCount */
	PLACE(shape, 65);         /* GetTensorTypeAndShape */
	PLACE(memory, 69);        /* CreateCpuMemoryInfo */
	PLACE(give_back, 76);     /* AllocatorFree */
	PLACE(allocator, 78);     /* GetAllocatorWithDefaultOptions */
	PLACE(free_env, 92);      /* ReleaseEnv */
	PLACE(free_shape, 99);    /* ReleaseTensorTypeAndShapeInfo */
	PLACE(free_options, 100); /* ReleaseSessionOptions */
	PLACE(providers, 125);    /* GetAvailableProviders */
	PLACE(config, 130);       /* AddSessionConfigEntry */
	PLACE(provider, 195);     /* GetExecutionProviderApi */
	PLACE(append_cuda, 204);  /* SessionOptionsAppendExecutionProvider_CUDA_V2 */
	PLACE(free_cuda, 208);    /* ReleaseCUDAProviderOptions */
	PLACE(append, 216);       /* SessionOptionsAppendExecutionProvider */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order), cmocka_unit_test(test_places) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
