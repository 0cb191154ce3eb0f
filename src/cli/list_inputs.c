/* The inputs of a run that takes a list, or a shard of it. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/list.h"

bool list_shard(const char *word, int *shard, int *shards)
{
	const char *slash = strchr(word, '/');
	char first[16];

	if (!slash || slash - word >= (int)sizeof first)
		return false;
	snprintf(first, sizeof first, "%.*s", (int)(slash - word), word);
	return cli_int(slash + 1, 1, LIST_SHARDS_MAX, shards) && cli_int(first, 1, *shards, shard);
}

int list_inputs_read(const struct list_request *request, struct list_inputs *out, struct gppi_error *err)
{
	struct list *list = &out->list;
	int rc;

	*out = (struct list_inputs){ .n = 0 };
	if ((rc = list_read(request->path, list, err)) < 0)
		return rc;
	if (!request->quiet)
		list_tell_again(list, request->path);
	if (request->shard) {
		list_measure(list);
		rc = list_share(list, request->shards, err);
	}
	out->path = calloc((size_t)list->n + 1, sizeof *out->path);
	out->others = calloc((size_t)list->n + 1, sizeof *out->others);
	out->entry = calloc((size_t)list->n + 1, sizeof(struct list_entry *));
	if (rc == 0 && (!out->path || !out->others || !out->entry))
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory for the list", request->path);
	for (int i = 0; i < list->n && rc == 0; i++) {
		const struct list_entry *e = &list->entry[i];
		if (e->shard != request->shard) {
			out->others[out->nothers++] = (char *)e->path;
			continue;
		}
		out->entry[out->n] = e;
		out->path[out->n++] = (char *)e->path;
	}
	return rc;
}

void list_inputs_free(struct list_inputs *inputs)
{
	free(inputs->path);
	free(inputs->others);
	free(inputs->entry);
	list_free(&inputs->list);
}

double list_voxel_um(const struct list_inputs *inputs, int input, double otherwise)
{
	double um = inputs->entry ? inputs->entry[input]->voxel_um : 0;

	return um > 0 ? um : otherwise;
}
