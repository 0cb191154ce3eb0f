#include "cli/measure.h"

#include <string.h>

#include "measure/block.h"
#include "measure/measures.h"
#include "report/measures.h"
#include "report/report.h"

static int print(const struct measure_args *args, const struct report_measures *r, struct err *err)
{
	struct cli_out out;
	int rc = cli_out_open(&out, args->output, err);

	if (rc < 0)
		return rc;
	if (args->format == CLI_JSON) {
		rc = report_measures_json(out.stream, r, err);
	} else if (args->format == CLI_CSV) {
		report_measures_csv_head(out.stream);
		report_measures_csv(out.stream, r);
	} else {
		report_measures_text(out.stream, r);
	}
	if (rc >= 0)
		return cli_out_finish(&out, err);
	cli_out_abort(&out);
	return rc;
}

static int print_sections(const struct measure_args *args, const struct report_measures *r, struct err *err)
{
	struct cli_out out;

	if (!args->per_slice)
		return 0;
	int rc = cli_out_open(&out, args->per_slice, err);
	if (rc < 0)
		return rc;
	report_sections_csv(out.stream, r);
	return cli_out_finish(&out, err);
}

/* TV as large as the mask, or a sentence. */
static int read_tv(const struct measure_args *args, const struct block *bone, struct block *tv, struct err *err)
{
	const double *um = args->has_spacing ? args->spacing_um : NULL;

	if (!args->tv)
		return 0;
	int rc = block_read(args->tv, BLOCK_ANY_LABEL, um, tv, err);
	if (rc >= 0 && memcmp(tv->grid.n, bone->grid.n, sizeof tv->grid.n) != 0)
		rc = err_set(err, GPPI_E_USAGE, "%s: %d x %d x %d voxels, but %s has %d x %d x %d; both must have the same size",
			     args->tv, tv->grid.n[0], tv->grid.n[1], tv->grid.n[2], args->mask, bone->grid.n[0],
			     bone->grid.n[1], bone->grid.n[2]);
	return rc;
}

/* A segmentation is measured as it is. */
static int measure_mask(const struct measure_args *args)
{
	struct block bone = { .mask = NULL }, tv = { .mask = NULL };
	struct measures measures = { .section = NULL };
	struct err err = { 0 };
	int rc = block_read(args->mask, args->label, args->has_spacing ? args->spacing_um : NULL, &bone, &err);

	if (rc >= 0)
		rc = read_tv(args, &bone, &tv, &err);
	if (rc >= 0) {
		struct measure_input in = { .grid = bone.grid, .bone = bone.mask, .tv = tv.mask, .threads = args->threads };
		struct report_measures r = { .name = bone.name, .input = args->mask, .measures = &measures,
					     .grid = &bone.grid,
					     .spacing_known = report_spacing_word((enum gppi_spacing)bone.spacing) };
		rc = measures_make(&in, &measures, &err);
		if (rc >= 0)
			rc = print(args, &r, &err);
		if (rc >= 0)
			rc = print_sections(args, &r, &err);
	}
	measures_free(&measures);
	block_free(&bone);
	block_free(&tv);
	return rc < 0 ? cli_fail(err.text) : CLI_OK;
}

int cmd_measure(int argc, char **argv)
{
	struct measure_args args;
	int status = measure_parse(argc, argv, &args);

	return status >= 0 ? status : measure_mask(&args);
}
