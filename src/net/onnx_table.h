/* The part of ONNX Runtime's C interface that is used: its table of functions by place.
 *
 * OrtGetApiBase()->GetApi(n) hands out a table that only grows: a function keeps its place in all versions from the one
 * that brought it. Declared here so that no header is needed to build; tests/test_onnx_table.c compares places and
 * types with onnxruntime_c_api.h where that is installed. */
#ifndef NET_ONNX_TABLE_H
#define NET_ONNX_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define ORT_TABLE_VERSION 12 /* ONNX Runtime 1.12: the first with all of these */

#define ORT_FLOAT 1     /* ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT */
#define ORT_ALL_OPTIMISATIONS 99

struct ort_status;
struct ort_env;
struct ort_session;
struct ort_options;
struct ort_value;
struct ort_memory;
struct ort_shape;
struct ort_allocator;
struct ort_type;
struct ort_cuda;

typedef void ort_logger(void *user, int severity, const char *category, const char *id, const char *place,
			const char *message);
typedef struct ort_status *ort_result; /* NULL: success */

/* Places between the members are skipped by arrays named after the first one. */
struct ort_table {
	void *at0[2];
	const char *(*message)(const struct ort_status *status); /* 2 GetErrorMessage */
	void *at3;
	ort_result (*env)(ort_logger *log, void *user, int severity, const char *id,
			  struct ort_env **out); /* 4 CreateEnvWithCustomLogger */
	void *at5;
	ort_result (*no_telemetry)(const struct ort_env *env);   /* 6 DisableTelemetryEvents */
	void *at7;
	ort_result (*session)(const struct ort_env *env, const void *model, size_t size,
			      const struct ort_options *options,
			      struct ort_session **out);         /* 8 CreateSessionFromArray */
	ort_result (*run)(struct ort_session *session, const void *run_options, const char *const *in_names,
			  const struct ort_value *const *in, size_t nin, const char *const *out_names, size_t nout,
			  struct ort_value **out);               /* 9 Run */
	ort_result (*options)(struct ort_options **out);         /* 10 CreateSessionOptions */
	void *at11[8];
	ort_result (*no_arena)(struct ort_options *options);     /* 19 DisableCpuMemArena */
	void *at20[3];
	ort_result (*optimise)(struct ort_options *options, int level); /* 23 SetSessionGraphOptimizationLevel */
	ort_result (*threads)(struct ort_options *options, int threads); /* 24 SetIntraOpNumThreads */
	void *at25[5];
	ort_result (*inputs)(const struct ort_session *session, size_t *out);  /* 30 SessionGetInputCount */
	ort_result (*outputs)(const struct ort_session *session, size_t *out); /* 31 SessionGetOutputCount */
	void *at32[4];
	ort_result (*input_name)(const struct ort_session *session, size_t index, struct ort_allocator *allocator,
				 char **out);                    /* 36 SessionGetInputName */
	ort_result (*output_name)(const struct ort_session *session, size_t index, struct ort_allocator *allocator,
				  char **out);                   /* 37 SessionGetOutputName */
	void *at38[11];
	ort_result (*tensor)(const struct ort_memory *memory, void *data, size_t bytes, const int64_t *dims,
			     size_t rank,
			     int type, struct ort_value **out);  /* 49 CreateTensorWithDataAsOrtValue */
	void *at50;
	ort_result (*data)(struct ort_value *value, void **out); /* 51 GetTensorMutableData */
	void *at52[8];
	ort_result (*element)(const struct ort_shape *shape, int *out);  /* 60 GetTensorElementType */
	void *at61[3];
	ort_result (*count)(const struct ort_shape *shape, size_t *out); /* 64 GetTensorShapeElementCount */
	ort_result (*shape)(const struct ort_value *value, struct ort_shape **out); /* 65 GetTensorTypeAndShape */
	void *at66[3];
	ort_result (*memory)(int allocator, int kind, struct ort_memory **out); /* 69 CreateCpuMemoryInfo */
	void *at70[6];
	ort_result (*give_back)(struct ort_allocator *allocator, void *memory); /* 76 AllocatorFree */
	void *at77;
	ort_result (*allocator)(struct ort_allocator **out);     /* 78 GetAllocatorWithDefaultOptions */
	void *at79[13];
	void (*free_env)(struct ort_env *env);                   /* 92 ReleaseEnv */
	void (*free_status)(struct ort_status *status);          /* 93 ReleaseStatus */
	void (*free_memory)(struct ort_memory *memory);          /* 94 ReleaseMemoryInfo */
	void (*free_session)(struct ort_session *session);       /* 95 ReleaseSession */
	void (*free_value)(struct ort_value *value);             /* 96 ReleaseValue */
	void *at97[2];
	void (*free_shape)(struct ort_shape *shape);             /* 99 ReleaseTensorTypeAndShapeInfo */
	void (*free_options)(struct ort_options *options);       /* 100 ReleaseSessionOptions */
	void *at101[24];
	ort_result (*providers)(char ***names, int *n);          /* 125 GetAvailableProviders */
	ort_result (*free_providers)(char **names, int n);       /* 126 ReleaseAvailableProviders */
	void *at127[3];
	ort_result (*config)(struct ort_options *options, const char *key,
			     const char *value);                 /* 130 AddSessionConfigEntry */
	void *at131[64];
	ort_result (*provider)(const char *name, uint32_t version,
			       const void **table);              /* 195 GetExecutionProviderApi */
	void *at196[8];
	ort_result (*append_cuda)(struct ort_options *options,
				  const struct ort_cuda *cuda);  /* 204 SessionOptionsAppendExecutionProvider_CUDA_V2 */
	ort_result (*cuda)(struct ort_cuda **out);               /* 205 CreateCUDAProviderOptions */
	ort_result (*set_cuda)(struct ort_cuda *cuda, const char *const *keys, const char *const *values,
			       size_t n); /* 206 UpdateCUDAProviderOptions */
	void *at207;
	void (*free_cuda)(struct ort_cuda *cuda);                /* 208 ReleaseCUDAProviderOptions */
	void *at209[7];
	ort_result (*append)(struct ort_options *options, const char *name, const char *const *keys,
			     const char *const *values,
			     size_t n);                          /* 216 SessionOptionsAppendExecutionProvider */
};

/* What `provider` hands out for "DML": only its first function is used. */
struct ort_dml {
	ort_result (*append)(struct ort_options *options, int device);
};

struct ort_base {
	const struct ort_table *(*table)(uint32_t version);
	const char *(*version)(void);
};

#define ORT_AT(member, place) \
	_Static_assert(offsetof(struct ort_table, member) == (place) * sizeof(void *), "place of " #member)
ORT_AT(message, 2);
ORT_AT(run, 9);
ORT_AT(output_name, 37);
ORT_AT(allocator, 78);
ORT_AT(free_options, 100);
ORT_AT(config, 130);
ORT_AT(provider, 195);
ORT_AT(append_cuda, 204);
ORT_AT(append, 216);
#undef ORT_AT

#endif
