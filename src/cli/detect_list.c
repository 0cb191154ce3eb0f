#include "cli/detect.h"

#include <stdlib.h>

int detect_read_list(struct detect_args *args, struct gppi_error *err)
{
	struct list *list = &args->list;
	int rc;

	if (!args->list_path)
		return 0;
	if ((rc = list_read(args->list_path, list, err)) < 0)
		return rc;
	if (!args->quiet)
		list_tell_again(list, args->list_path);
	if (args->shard) {
		list_measure(list);
		rc = list_share(list, args->shards, err);
	}
	args->inputs = calloc((size_t)list->n + 1, sizeof *args->inputs);
	args->others = calloc((size_t)list->n + 1, sizeof *args->others);
	args->entry = calloc((size_t)list->n + 1, sizeof(struct list_entry *));
	if (rc == 0 && (!args->inputs || !args->others || !args->entry))
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory for the list", args->list_path);
	for (int i = 0; i < list->n && rc == 0; i++) {
		const struct list_entry *e = &list->entry[i];
		if (e->shard != args->shard) {
			args->others[args->nothers++] = (char *)e->path;
			continue;
		}
		args->entry[args->ninputs] = e;
		args->inputs[args->ninputs++] = (char *)e->path;
	}
	return rc;
}

void detect_args_free(struct detect_args *args)
{
	if (args->list_path)
		free(args->inputs);
	free(args->others);
	free(args->entry);
	list_free(&args->list);
}

double detect_voxel_um(const struct detect_args *args, int input)
{
	double um = args->entry ? args->entry[input]->voxel_um : 0;

	return um > 0 ? um : args->options.voxel_um;
}
