#include "net/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "net/backend.h"

static const struct net_backend *const backends[] = { [NET_INT8] = &net_backend_int8, [NET_FP32] = &net_backend_fp32 };

_Static_assert(sizeof backends == NET_ENGINES * sizeof(struct net_backend *), "one row for each");

int net_load(const void *data, size_t size, const char *label, struct net **out, struct gppi_error *err)
{
	return net_load_known(data, size, label, NULL, out, err);
}

int net_load_known(const void *data, size_t size, const char *label, const char *hash,
		   struct net **out, struct gppi_error *err)
{
	struct net *net = calloc(1, sizeof *net);
	int rc;

	*out = NULL;
	if (!net)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory for the network", label);
	net->kernels = net_kernels(cpu_features());
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
	net_pack_free(net);
	free(net->floats);
	free(net);
}

int net_ready(struct net *net, enum net_engine engine, const char *file, struct gppi_error *err)
{
	return backends[engine]->ready ? backends[engine]->ready(net, file, err) : 0;
}

int net_prepare(const struct net *net, enum net_engine engine, int threads, struct gppi_error *err)
{
	return backends[engine]->prepare ? backends[engine]->prepare(net, threads, err) : 0;
}

/* At least `size` bytes in *memory. */
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

int net_run_room(struct net_run *run, const struct net *net, size_t arena, size_t scratch, struct gppi_error *err)
{
	if (room(&run->arena, &run->arena_size, arena) < 0 || room(&run->scratch, &run->scratch_size, scratch) < 0)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory to run the network", net->info.name);
	return 0;
}

int net_run_use(struct net_run *run, const struct net *net, struct gppi_error *err)
{
	int rc = run->backend->open(run, net, err);

	run->net = net;
	return rc;
}

int net_run_new(const struct net *net, enum net_engine engine, struct net_run **out, struct gppi_error *err)
{
	struct net_run *run = calloc(1, sizeof *run);

	*out = NULL;
	if (!run)
		return err_set(err, GPPI_E_NOMEM, "%s: no memory to run the network", net->info.name);
	run->backend = backends[engine];
	int rc = net_run_use(run, net, err);
	if (rc < 0)
		net_run_free(run);
	else
		*out = run;
	return rc;
}

void net_run_free(struct net_run *run)
{
	if (!run)
		return;
	os_aligned_free(run->arena);
	os_aligned_free(run->scratch);
	free(run);
}

int net_forward(struct net_run *run, const uint8_t *in, int n, float *out, struct gppi_error *err)
{
	if (!run || !in || !out)
		return err_set(err, GPPI_E_USAGE, "the network was run without an image or a place for its result");
	return run->backend->forward(run, in, n, out, err);
}

const char *net_engine_name(enum net_engine engine)
{
	return backends[engine]->name;
}

bool net_engine_by_name(const char *name, enum net_engine *out)
{
	for (int i = 0; i < NET_ENGINES; i++)
		if (strcmp(backends[i]->name, name) == 0) {
			*out = (enum net_engine)i;
			return true;
		}
	return false;
}

const char *net_isa(enum net_engine engine)
{
	return backends[engine]->isa();
}
