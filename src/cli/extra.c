#include "cli/extra.h"

#include <stdlib.h>
#include <string.h>

#include "api/outputs.h"

int extra_open(struct extra *extra, const struct extra_args *args, struct gppi_error *err)
{
	int rc = 0;

	*extra = (struct extra){ .args = args, .percent = -1 };
	for (int i = 0; i < REPORT_COUNT && rc == 0; i++)
		if (args->folder[i]) {
			extra->names[i].folder = args->folder[i];
			rc = qc_folder(args->folder[i], err);
		}
	return rc;
}

void extra_free(struct extra *extra)
{
	for (int i = 0; i < REPORT_COUNT; i++)
		qc_names_free(&extra->names[i]);
}

static bool write_to(const struct gppi_models *models, struct gppi_input *input, int index, const struct gppi_result *r,
		     const struct report_output *what, const char *path)
{
	struct gppi_error error;

	if (what->needs_plane && r->gppi < 0) /* told already */
		return true;
	if (output_write(models, input, index, r, what, path, &error) == GPPI_OK)
		return true;
	cli_fail(error.text);
	return false;
}

static bool write_one(struct extra *extra, const struct gppi_models *models, struct gppi_input *input, int index,
		      const struct gppi_result *r, int report)
{
	const struct report_output *what = report_outputs[report];

	if (what->needs_plane && r->gppi < 0) /* takes no name from others */
		return true;
	char *path = out_path(&extra->names[report], r->name, what->ending);
	if (!path) {
		cli_fail("out of memory while naming a file");
		return false;
	}
	bool ok = write_to(models, input, index, r, what, path);
	free(path);
	return ok;
}

/* A file named by the user holds one bone. */
static bool write_only(struct extra *extra, const struct gppi_models *models, struct gppi_input *input, int index,
		       const struct gppi_result *r)
{
	struct gppi_error err;

	if (extra->nbones == 1)
		return write_to(models, input, index, r, &slicer_output, extra->args->markups);
	err_set(&err, GPPI_E_USAGE, "%s: holds the markups of the first bone only; use --slicer DIR for several",
		extra->args->markups);
	cli_fail(err.text);
	return false;
}

bool extra_write(struct extra *extra, const struct gppi_models *models, struct gppi_input *input, int index,
		 const struct gppi_result *result)
{
	bool ok = true;

	extra->nbones++;
	extra->last = *result;
	for (int i = 0; i < REPORT_COUNT; i++)
		if (extra->args->folder[i])
			ok = write_one(extra, models, input, index, result, i) && ok;
	if (extra->args->markups)
		ok = write_only(extra, models, input, index, result) && ok;
	return ok;
}

bool extra_take(int opt, const char *value, struct extra_args *args)
{
	if (opt >= OPT_REPORTS && opt < OPT_REPORTS + REPORT_COUNT) {
		args->folder[opt - OPT_REPORTS] = value;
		return true;
	}
	switch (opt) {
	case OPT_MARKUPS:
		args->markups = value;
		return true;
	case OPT_RETURN_FILE:
		args->parameters = value;
		return true;
	case OPT_PROCESS_INFO: /* for modules that share Slicer's memory */
		return true;
	default:
		return false;
	}
}

bool extra_pictures(const struct extra_args *args)
{
	for (int i = 0; i < REPORT_COUNT; i++)
		if (args->folder[i] && report_outputs[i]->pictures)
			return true;
	return false;
}
