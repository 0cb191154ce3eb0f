#include "cli/extra.h"

#include <stdlib.h>
#include <string.h>

int extra_open(struct extra *extra, const struct extra_args *args, struct gppi_error *err)
{
	int rc = 0;

	*extra = (struct extra){ .args = args, .dicom.folder = args->dicom, .slicer.folder = args->slicer,
				 .percent = -1 };
	if (args->dicom)
		rc = qc_folder(args->dicom, err);
	if (rc == 0 && args->slicer)
		rc = qc_folder(args->slicer, err);
	return rc;
}

void extra_free(struct extra *extra)
{
	qc_names_free(&extra->dicom);
	qc_names_free(&extra->slicer);
}

static bool no_memory(void)
{
	cli_fail("out of memory while naming a file");
	return false;
}

static bool write_dicom(struct extra *extra, const struct gppi_models *models, struct gppi_input *input,
			int index, const struct gppi_result *r)
{
	struct gppi_error error;
	char *stem = out_path(&extra->dicom, r->name, "");

	if (!stem)
		return no_memory();
	int rc = gppi_write_dicom(models, input, index, r, stem, NULL, &error);
	if (rc != GPPI_OK)
		cli_fail(error.text);
	free(stem);
	return rc == GPPI_OK;
}

static bool write_markups(struct gppi_input *input, int index, const struct gppi_result *r, const char *path)
{
	struct gppi_error error;

	if (r->gppi < 0) /* told already */
		return true;
	if (gppi_write_slicer(input, index, r, path, &error) == GPPI_OK)
		return true;
	cli_fail(error.text);
	return false;
}

static bool write_slicer(struct extra *extra, struct gppi_input *input, int index, const struct gppi_result *r)
{
	if (r->gppi < 0) /* told already, and takes no name from others */
		return true;
	char *path = out_path(&extra->slicer, r->name, ".mrk.json");
	if (!path)
		return no_memory();
	bool ok = write_markups(input, index, r, path);
	free(path);
	return ok;
}

/* A file named by the user holds one bone. */
static bool write_only(struct extra *extra, struct gppi_input *input, int index, const struct gppi_result *r)
{
	struct gppi_error err;

	if (extra->nbones == 1)
		return write_markups(input, index, r, extra->args->markups);
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
	if (extra->args->dicom)
		ok = write_dicom(extra, models, input, index, result) && ok;
	if (extra->args->slicer)
		ok = write_slicer(extra, input, index, result) && ok;
	if (extra->args->markups)
		ok = write_only(extra, input, index, result) && ok;
	return ok;
}

bool extra_take(int opt, const char *value, struct extra_args *args)
{
	switch (opt) {
	case OPT_DICOM_RESULTS:
		args->dicom = value;
		return true;
	case OPT_SLICER:
		args->slicer = value;
		return true;
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
