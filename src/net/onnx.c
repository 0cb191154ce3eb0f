/* The back end for ONNX files, by the C interface of ONNX Runtime. */
#include "net/onnx.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "net/onnx_lib.h"

#define LOG_ERROR 3
#define CPU_ARENA 1   /* OrtArenaAllocator */
#define CPU_MEMORY 0  /* OrtMemTypeDefault */

struct onnx {
	const struct ort_table *ort;
	const struct ort_base *base;
	struct ort_env *env;
	struct ort_memory *memory;
	enum onnx_device device; /* never ONNX_AUTO */
	int number, threads;
	char name[24];
};

struct onnx_model {
	const struct onnx *onnx;
	struct ort_session *session;
	char *in, *out[ONNX_OUTPUTS_MAX]; /* names, of the library's allocator */
	int rank, nout;
	char label[128];
};

/* What the library said last: its status texts hide the reasons ("libcuda.so.1: cannot open"). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[300];

static void log_message(void *user, int severity, const char *category, const char *id, const char *place,
			const char *message)
{
	(void)user, (void)category, (void)id, (void)place;
	if (severity < LOG_ERROR)
		return;
	pthread_mutex_lock(&lock);
	snprintf(said, sizeof said, "%.299s", message);
	pthread_mutex_unlock(&lock);
}

static void forget(void)
{
	pthread_mutex_lock(&lock);
	said[0] = '\0';
	pthread_mutex_unlock(&lock);
}

/* 0, or the sentence of a status, which is freed. */
static int check(const struct ort_table *ort, ort_result status, const char *label, const char *what,
		 struct gppi_error *err)
{
	char reason[300];

	if (!status)
		return 0;
	pthread_mutex_lock(&lock);
	snprintf(reason, sizeof reason, "%s", said[0] ? said : ort->message(status));
	pthread_mutex_unlock(&lock);
	ort->free_status(status);
	reason[strcspn(reason, "\n")] = '\0';
	return err_set(err, GPPI_E_UNSUPPORTED, "%s: %s: %.240s", label, what, reason);
}

bool onnx_device_parse(const char *text, enum onnx_device *device, int *number)
{
	static const char *const names[] = { "auto", "cpu", "cuda", "dml", "webgpu" };
	size_t n = strcspn(text, ":");

	*number = 0;
	if (text[n] == ':') {
		const char *digits = text + n + 1;
		if (strspn(digits, "0123456789") != strlen(digits) || !*digits || strlen(digits) > 2)
			return false;
		*number = atoi(digits);
	}
	for (int i = 0; i < 5; i++)
		if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0) {
			*device = (enum onnx_device)i;
			return true;
		}
	return false;
}

static bool offers(const struct ort_table *ort, const char *provider)
{
	char **names = NULL;
	int n = 0;
	bool found = false;
	ort_result status = ort->providers(&names, &n);

	if (status) {
		ort->free_status(status);
		return false;
	}
	for (int i = 0; i < n; i++)
		found |= strcmp(names[i], provider) == 0;
	status = ort->free_providers(names, n);
	if (status)
		ort->free_status(status);
	return found;
}

static ort_result append_cuda(const struct onnx *o, struct ort_options *options)
{
	static const char *const keys[] = { "device_id", "cudnn_conv_algo_search" };
	char number[8];
	const char *values[] = { number, "HEURISTIC" };
	struct ort_cuda *cuda = NULL;
	ort_result status = o->ort->cuda(&cuda);

	snprintf(number, sizeof number, "%d", o->number);
	if (!status)
		status = o->ort->set_cuda(cuda, keys, values, 2);
	if (!status)
		status = o->ort->append_cuda(options, cuda);
	if (cuda)
		o->ort->free_cuda(cuda);
	return status;
}

static ort_result append_dml(const struct onnx *o, struct ort_options *options)
{
	const void *table = NULL;
	ort_result status = o->ort->provider("DML", ORT_TABLE_VERSION, &table);

	return status ? status : ((const struct ort_dml *)table)->append(options, o->number);
}

/* Options of every session on the chosen device. */
static ort_result make_options(const struct onnx *o, struct ort_options **out)
{
	const struct ort_table *ort = o->ort;
	ort_result status = ort->options(out);

	if (!status)
		status = ort->optimise(*out, ORT_ALL_OPTIMISATIONS);
	if (!status)
		status = ort->threads(*out, o->threads);
	if (!status) /* threads that wait do not keep a processor busy */
		status = ort->config(*out, "session.intra_op.allow_spinning", "0");
	if (!status) /* memory goes back between bones */
		status = ort->no_arena(*out);
	if (!status && o->device == ONNX_CUDA)
		status = append_cuda(o, *out);
	if (!status && o->device == ONNX_DML)
		status = append_dml(o, *out);
	if (!status && o->device == ONNX_WEBGPU)
		status = ort->append(*out, "WebGPU", NULL, NULL, 0);
	return status;
}

/* Can options for the device be made? */
static int try_device(struct onnx *o, enum onnx_device device, struct gppi_error *err)
{
	static const char *const names[] = { "auto", "cpu", "cuda", "dml", "webgpu" };
	static const char *const providers[] = { "", "CPUExecutionProvider", "CUDAExecutionProvider",
						 "DmlExecutionProvider",
						 "WebGpuExecutionProvider" };
	struct ort_options *options = NULL;

	o->device = device;
	if (device == ONNX_CPU)
		snprintf(o->name, sizeof o->name, "cpu");
	else
		snprintf(o->name, sizeof o->name, "%s:%d", names[device], o->number);
	if (!offers(o->ort, providers[device]))
		return err_set(err, GPPI_E_UNSUPPORTED,
			       "--device %s: this ONNX Runtime (%s) was built without it; --device cpu "
			       "works with every one",
			       names[device], onnx_version(o));
	if (device == ONNX_CUDA)
		onnx_lib_cuda();
	forget();
	ort_result status = make_options(o, &options);
	if (options)
		o->ort->free_options(options);
	return check(o->ort, status, o->name, "this device cannot be used", err);
}

int onnx_open(const char *path, enum onnx_device device, int number, int threads, struct onnx **out,
	      struct gppi_error *err)
{
	struct onnx *o = calloc(1, sizeof *o);
	int rc;

	*out = NULL;
	if (!o)
		return err_set(err, GPPI_E_NOMEM, "not enough memory for ONNX Runtime");
	o->number = number;
	o->threads = threads;
	rc = onnx_lib(path, &o->base, err);
	if (rc < 0)
		goto error;
	o->ort = o->base->table(ORT_TABLE_VERSION);
	if (!o->ort) {
		rc = err_set(err, GPPI_E_UNSUPPORTED,
			     "ONNX Runtime %s is too old; version 1.12 is the oldest that serves", o->base->version());
		goto error;
	}
	rc = check(o->ort, o->ort->env(log_message, NULL, LOG_ERROR, "gppi", &o->env), "ONNX Runtime", "cannot start",
		   err);
	if (rc == 0)
		rc = check(o->ort, o->ort->no_telemetry(o->env), "ONNX Runtime", "cannot start", err);
	if (rc == 0)
		rc = check(o->ort, o->ort->memory(CPU_ARENA, CPU_MEMORY, &o->memory), "ONNX Runtime", "cannot start",
			   err);
	if (rc == 0 && device == ONNX_AUTO)
		rc = try_device(o, ONNX_CUDA, NULL) == 0 ? 0 : try_device(o, ONNX_CPU, err);
	else if (rc == 0)
		rc = try_device(o, device, err);
	if (rc < 0)
		goto error;
	*out = o;
	return 0;
error:
	onnx_close(o);
	return rc;
}

void onnx_close(struct onnx *onnx)
{
	if (!onnx)
		return;
	if (onnx->ort && onnx->memory)
		onnx->ort->free_memory(onnx->memory);
	if (onnx->ort && onnx->env)
		onnx->ort->free_env(onnx->env);
	free(onnx);
}

const char *onnx_device_name(const struct onnx *onnx)
{
	return onnx->name;
}

const char *onnx_version(const struct onnx *onnx)
{
	return onnx->base->version();
}

static int names(struct onnx_model *m, struct gppi_error *err)
{
	const struct ort_table *ort = m->onnx->ort;
	struct ort_allocator *allocator = NULL;
	size_t nin = 0, nout = 0;
	ort_result status = ort->allocator(&allocator);

	if (!status)
		status = ort->inputs(m->session, &nin);
	if (!status)
		status = ort->outputs(m->session, &nout);
	if (!status && (nin != 1 || nout != (size_t)m->nout))
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: has other inputs and outputs than it says; convert the checkpoint again", m->label);
	if (!status)
		status = ort->input_name(m->session, 0, allocator, &m->in);
	for (int i = 0; i < m->nout && !status; i++)
		status = ort->output_name(m->session, (size_t)i, allocator, &m->out[i]);
	return check(ort, status, m->label, "cannot be used", err);
}

int onnx_load(struct onnx *onnx, const uint8_t *data, size_t size, const char *label, const struct onnx_want *want,
	      struct onnx_model **out, struct gppi_error *err)
{
	struct ort_options *options = NULL;
	struct onnx_model *m;
	int rc = onnx_check(data, size, label, want, err);

	*out = NULL;
	if (rc < 0)
		return rc;
	m = calloc(1, sizeof *m);
	if (!m)
		return err_set(err, GPPI_E_NOMEM, "%s: not enough memory for the network", label);
	m->onnx = onnx;
	m->rank = want->rank;
	m->nout = want->outputs;
	snprintf(m->label, sizeof m->label, "%.127s", label);
	forget();
	ort_result status = make_options(onnx, &options);
	if (!status)
		status = onnx->ort->session(onnx->env, data, size, options, &m->session);
	rc = check(onnx->ort, status, m->label, "ONNX Runtime refuses it", err);
	if (options)
		onnx->ort->free_options(options);
	if (rc == 0)
		rc = names(m, err);
	if (rc < 0)
		onnx_free(m);
	else
		*out = m;
	return rc;
}

void onnx_free(struct onnx_model *model)
{
	struct ort_allocator *allocator = NULL;
	ort_result status;

	if (!model)
		return;
	const struct ort_table *ort = model->onnx->ort;
	status = ort->allocator(&allocator);
	if (status)
		ort->free_status(status);
	char *held[] = { model->in, model->out[0], model->out[1] };
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		if (held[i] && (status = ort->give_back(allocator, held[i])))
			ort->free_status(status);
	if (model->session)
		ort->free_session(model->session);
	free(model);
}

static int take(const struct onnx_model *m, struct ort_value *value, float *out, size_t count, struct gppi_error *err)
{
	const struct ort_table *ort = m->onnx->ort;
	struct ort_shape *shape = NULL;
	size_t have = 0;
	int element = 0;
	void *data = NULL;
	ort_result status = ort->shape(value, &shape);

	if (!status)
		status = ort->element(shape, &element);
	if (!status)
		status = ort->count(shape, &have);
	if (shape)
		ort->free_shape(shape);
	if (!status && (element != ORT_FLOAT || have != count))
		return err_set(err, GPPI_E_WEIGHTS,
			       "%s: answers with %zu numbers where the solution gives %zu; convert the "
			       "checkpoint again",
			       m->label, have, count);
	if (!status)
		status = ort->data(value, &data);
	if (!status)
		memcpy(out, data, count * sizeof *out);
	return check(ort, status, m->label, "cannot be used", err);
}

int onnx_run(struct onnx_model *model, float *in, const int64_t *dims, float *const *out, const size_t *count,
	     struct gppi_error *err)
{
	const struct ort_table *ort = model->onnx->ort;
	struct ort_value *input = NULL, *output[ONNX_OUTPUTS_MAX] = { NULL };
	const char *in_name = model->in, *out_name[ONNX_OUTPUTS_MAX] = { model->out[0], model->out[1] };
	size_t n = 1, bytes = 0;
	int rc;

	for (int i = 0; i < model->rank; i++)
		if (dims[i] < 0 || !size_mul(n, (size_t)dims[i], &n))
			return err_set(err, GPPI_E_NOMEM, "%s: its input would be too large", model->label);
	if (!size_mul(n, sizeof *in, &bytes))
		return err_set(err, GPPI_E_NOMEM, "%s: its input would be too large", model->label);
	forget();
	ort_result status = ort->tensor(model->onnx->memory, in, bytes, dims, (size_t)model->rank, ORT_FLOAT, &input);
	if (!status)
		status = ort->run(model->session, NULL, &in_name, (const struct ort_value *const *)&input, 1, out_name,
				  (size_t)model->nout, output);
	rc = check(ort, status, model->label, "the network cannot be run", err);
	for (int i = 0; i < model->nout; i++) {
		if (rc == 0)
			rc = take(model, output[i], out[i], count[i], err);
		if (output[i])
			ort->free_value(output[i]);
	}
	if (input)
		ort->free_value(input);
	return rc;
}
