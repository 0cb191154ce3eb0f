#include "net/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "net/blas.h"
#include "net/graph.h"

struct net_run {
	const struct net *net;
	enum net_engine engine;
	const struct blas_lib *blas; /* of the fp32 engine */
	void *arena, *scratch;
	size_t arena_size, scratch_size;
};

int net_load(const void *data, size_t size, const char *label, struct net **out, struct err *err)
{
	return net_load_known(data, size, label, NULL, out, err);
}

int net_load_known(const void *data, size_t size, const char *label, const char *hash,
		   struct net **out, struct err *err)
{
	struct net *net = calloc(1, sizeof *net);
	int rc;

	*out = NULL;
	if (!net)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory for the network", label);
	net->kernels = net_kernels(cpu_level());
	net->known = hash && strlen(hash) == sizeof net->info.hash - 1;
	if (net->known)
		memcpy(net->info.hash, hash, sizeof net->info.hash);
	if ((rc = net_weights_read(net, data, size, label, err)) < 0 ||
	    (rc = net_check(net, label, err)) < 0 ||
	    (rc = net_plan(net, label, err)) < 0) {
		net_free(net);
		return rc;
	}
	*out = net;
	return 0;
}

const struct net_info *net_info(const struct net *net)
{
	return &net->info;
}

void net_free(struct net *net)
{
	if (!net)
		return;
	os_aligned_free(net->packed);
	free(net->floats);
	free(net);
}

bool net_has_floats(const struct net *net)
{
	for (int i = 0; i < net->nnodes; i++)
		if (net->node[i].requant && !net->node[i].wf)
			return false;
	return true;
}

/* At least `size` bytes in *memory; what was there is lost when it has to grow. */
static int room(void **memory, size_t *held, size_t size)
{
	if (*memory && *held >= size)
		return 0;
	os_aligned_free(*memory);
	size_t bytes = (size + 127) / 64 * 64;
	*memory = os_aligned(64, bytes);
	*held = *memory ? size : 0;
	/* Kernels read past what they use, and multiply it with zeros: memory checkers do not know that. */
	if (*memory)
		memset(*memory, 0, bytes);
	return *memory ? 0 : -1;
}

int net_run_use(struct net_run *run, const struct net *net, struct err *err)
{
	int fp32 = run->engine == NET_FP32;

	if (fp32 && !net_has_floats(net))
		return err_set(err, GPPI_E_UNSUPPORTED, "%s: the float copy of its weights is missing, which the fp32 engine "
			       "needs; use the int8 engine", net->info.name);
	if (room(&run->arena, &run->arena_size, fp32 ? net->arena32 : net->arena8) < 0 ||
	    room(&run->scratch, &run->scratch_size, fp32 ? net->scratch32 : net->scratch8) < 0)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory to run the network", net->info.name);
	run->net = net;
	return 0;
}

int net_run_new(const struct net *net, enum net_engine engine, struct net_run **out, struct err *err)
{
	struct net_run *run = calloc(1, sizeof *run);

	*out = NULL;
	if (!run)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory to run the network", net->info.name);
	run->engine = engine;
	int rc = net_run_use(run, net, err);
	if (rc == 0 && engine == NET_FP32 && !(run->blas = net_blas_init(err)))
		rc = GPPI_E_UNSUPPORTED;
	if (rc < 0) {
		net_run_free(run);
		return rc;
	}
	*out = run;
	return 0;
}

void net_run_free(struct net_run *run)
{
	if (!run)
		return;
	os_aligned_free(run->arena);
	os_aligned_free(run->scratch);
	free(run);
}

int net_forward(struct net_run *run, const uint8_t *in, float *out, struct err *err)
{
	if (!run || !in || !out)
		return err_set(err, GPPI_E_USAGE, "the network was run without an image or a place for its result");
	if (run->engine == NET_FP32)
		net_blas(run->net, run->blas, run->arena, run->scratch, in, out);
	else
		net_int8(run->net, run->arena, run->scratch, in, out);
	return 0;
}

const char *net_isa(void)
{
	return net_kernels(cpu_level())->isa;
}
