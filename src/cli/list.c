#include "cli/list.h"

#include <inttypes.h>

#include "base/number.h"
#include "base/printable.h"
#include "cli/cli.h"

#define TOLD_MOST 10 /* notes about inputs that are named twice */

/* ---- as others use it ---- */

void list_write_cell(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void list_write_head(FILE *out, const char *more)
{
	fprintf(out, "path,name,voxel_um,bytes%s\n", more);
}

void list_write_entry(FILE *out, const struct list_entry *e)
{
	char um[32] = "";

	if (e->voxel_um > 0)
		number_fixed(um, sizeof um, 4, e->voxel_um);
	list_write_cell(out, e->path);
	fputc(',', out);
	if (*e->name)
		list_write_cell(out, e->name);
	fprintf(out, ",%s,", um);
	if (e->sized)
		fprintf(out, "%" PRIu64, e->bytes);
}

void list_tell_again(const struct list *list, const char *path)
{
	for (int i = 0; i < list->nagain && i < TOLD_MOST; i++) {
		fputs("gppi: note: ", stderr);
		printable_put(stderr, path, 0);
		fprintf(stderr, ": line %d names the input of line %d again; it is taken once\n",
			list->again[2 * (size_t)i], list->again[2 * (size_t)i + 1]);
	}
	if (list->nagain > TOLD_MOST)
		fprintf(stderr, "gppi: note: so do %d more lines\n", list->nagain - TOLD_MOST);
}

/* ---- the command ---- */

static int write_list(const struct list *list, int shards, const char *output, struct gppi_error *err)
{
	struct cli_out out;
	int rc = cli_out_open(&out, output, err);

	if (rc < 0)
		return rc;
	list_write_head(out.stream, shards ? ",shard" : "");
	for (int i = 0; i < list->n; i++) {
		list_write_entry(out.stream, &list->entry[i]);
		if (shards)
			fprintf(out.stream, ",%d", list->entry[i].shard);
		fputc('\n', out.stream);
	}
	return cli_out_finish(&out, err);
}

static int run(const char *path, int shards, const char *output)
{
	struct list list;
	struct gppi_error err;
	int rc = list_read(path, &list, &err);

	if (rc == 0) {
		list_tell_again(&list, path);
		list_measure(&list);
	}
	if (rc == 0 && shards)
		rc = list_share(&list, shards, &err);
	if (rc == 0)
		rc = write_list(&list, shards, output, &err);
	list_free(&list);
	return rc < 0 ? cli_fail(err.text) : CLI_OK;
}

int cmd_list(int argc, char **argv)
{
	const char *output = NULL, *parts = NULL;
	const struct cli_option options[] = { { "shards", &parts, NULL }, { "output", &output, NULL } };
	int shards = 0, status = cli_options("list", help_list, options, 2, argc, argv);

	if (status >= 0)
		return status;
	if (parts && !cli_int(parts, 1, LIST_SHARDS_MAX, &shards))
		return cli_usage("list", "--shards needs a whole number from 1 to %d, not \"%s\"", LIST_SHARDS_MAX,
				 parts);
	if (optind != argc - 1)
		return cli_usage("list", "name one list; - is standard input");
	return run(argv[optind], shards, output);
}
