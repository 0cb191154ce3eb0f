/* gppi measure on scans: the plane, the VOI, its tissues, and their numbers. */
#include <math.h>
#include <string.h>

#include "bone/input.h"
#include "bone/measure.h"
#include "cli/detect.h"
#include "cli/measure.h"
#include "cli/measure_files.h"
#include "cli/names.h"
#include "report/eval_planes.h"
#include "report/report.h"

struct run {
	const struct measure_args *args;
	struct measure_out *out;
	struct gppi_models *models; /* NULL: planes are given */
	struct eval_planes planes;
	struct names names;
	struct names_inputs inputs;
	struct measure_files files;
	struct progress progress;
	struct block bone, tv;       /* masks that were given: of args->mask, args->tv */
	struct gppi_options options; /* those asked for, with the progress */
};

/* The bone with a result: detected, or for a plane that is given. */
static int find_plane(const struct run *run, struct gppi_input *input, int i, struct bone **bone,
		      struct gppi_error *err)
{
	const struct gppi_options *opt = &run->options;
	struct gppi_result *result;
	double plane = run->args->plane;
	int rc = 0;

	if (run->models) {
		rc = gppi_detect(run->models, input, i, opt, &result, err);
		if (rc < 0)
			return rc;
		gppi_result_free(result); /* the bone has it as well */
	}
	rc = input_bone(input, i, opt->voxel_um, bone, err);
	if (rc >= 0 && run->args->planes)
		rc = eval_planes_wanted(&run->planes, run->args->planes, scan_info((*bone)->scan)->name, &plane, err);
	if (rc >= 0 && !run->models)
		rc = bone_given(*bone, plane, opt, err);
	return rc;
}

static int measure_bone(struct run *run, struct bone *bone, struct gppi_error *err)
{
	const struct measure_args *args = run->args;
	const struct bone_measuring how = { .segment = args->segment, .maps = args->qc || args->report || args->dicom,
					   .given = { args->mask ? &run->bone : NULL, args->tv ? &run->tv : NULL },
					   .secondary = args->secondary, .shaft = args->shaft,
					   .also = args->also };
	int rc = bone_measure(bone, &how, err);

	if (rc >= 0)
		rc = measure_files_put(&run->files, bone, err);
	if (rc >= 0) {
		struct report_measures r = report_measures_of(bone);
		r.methods = args->methods;
		rc = measure_out_put(run->out, &r, err);
	}
	bone_measures_drop(bone);
	return rc;
}

static int measure_one(struct run *run, struct gppi_input *input, int i, struct gppi_error *err)
{
	struct bone *bone = NULL;
	struct stop_before before;
	int rc = gppi_input_split(input, i, &run->options, err);

	if (rc >= 0)
		rc = names_take(&run->names, input, i, err);
	if (rc >= 0)
		rc = find_plane(run, input, i, &bone, err);
	if (rc < 0)
		return rc;
	before = input_begin(input, &run->options);
	return input_end(input, before, measure_bone(run, bone, err), err);
}

/* A sentence on standard error, and a row in the table. in NULL: the input could not be opened. */
static int report_failed(struct run *run, int number, const struct gppi_input *in, int index,
			 const struct gppi_error *why)
{
	const char *input = run->args->inputs[number];
	char name[128];
	struct report_failure f = { .name = name, .input = input, .index = index, .why = why };
	struct gppi_error err;

	if (progress_interrupted())
		return CLI_FAILED;
	names_of_failed(&run->names, input, number, in, index, name);
	progress_clear(&run->progress);
	cli_fail(why->text);
	if (measure_out_failure(run->out, &f, &err) < 0 ||
	    measure_files_failure(&run->files, f.name, input, index, why->text, &err) < 0)
		cli_fail(err.text);
	return CLI_FAILED;
}

static int measure_input(struct run *run, int number)
{
	const char *path = run->args->inputs[number], *slash = strrchr(path, '/');
	struct gppi_input *input;
	struct gppi_error err = { 0 };
	int status = CLI_OK;

	run->options.voxel_um = list_voxel_um(&run->args->listed, number, run->args->options.voxel_um);
	progress_label(&run->progress, slash && slash[1] ? slash + 1 : path, number + 1, run->args->ninputs);
	if (names_open(&run->names, number, &run->options, &input, &err) != GPPI_OK) {
		gppi_input_free(input);
		return report_failed(run, number, NULL, -1, &err);
	}
	/* A holder's bones take its place, so that the count may grow. */
	for (int i = 0; i < gppi_input_count(input) && !progress_interrupted(); i++)
		if (measure_one(run, input, i, &err) < 0)
			status = report_failed(run, number, input, i, &err);
	gppi_input_free(input);
	return status;
}

static int prepare(struct run *run, struct gppi_error *err)
{
	const struct measure_args *args = run->args;
	int rc = measure_read_masks(args, &run->bone, &run->tv, err);

	if (rc >= 0 && args->planes)
		rc = eval_planes_read(args->planes, NULL, 0, EVAL_WANTED, &run->planes, err);
	if (rc >= 0 && !args->planes && args->plane < 0)
		rc = gppi_models_open(args->weights, &run->models, err);
	if (rc >= 0)
		rc = names_plan(&run->names, &run->inputs, &run->options, err);
	for (size_t i = 0; i < run->out->rows.nrows && rc >= 0; i++)
		rc = names_note(&run->names, run->out->rows.row[i].name);
	return rc < 0 ? rc : measure_files_open(&run->files, args, &run->names, run->models, err);
}

/* All inputs that have no row yet. */
static int measure_all(struct run *run)
{
	struct gppi_error err;
	int status = CLI_OK;

	for (int i = 0; i < run->args->ninputs && !progress_interrupted(); i++) {
		int rc = run->out->done && run->out->done[i] ? CLI_OK : measure_input(run, i);
		status = rc > status ? rc : status;
	}
	progress_clear(&run->progress);
	if (progress_interrupted()) {
		measure_files_abort(&run->files);
		measure_out_stop(run->out);
		progress_die();
	}
	if (measure_files_finish(&run->files, &err) < 0)
		status = cli_fail(err.text);
	return status;
}

int measure_scans(const struct measure_args *args, struct measure_out *out)
{
	struct run run = { .args = args, .out = out, .options = args->options,
			   .inputs = { .path = args->inputs, .n = args->ninputs, .others = args->listed.others,
				       .entry = (const struct list_entry *const *)args->listed.entry,
				       .nothers = args->listed.nothers } };
	struct gppi_error err = { 0 };

	progress_init(&run.progress, args->progress);
	run.options.progress = progress_step;
	run.options.progress_user = &run.progress;
	run.options.pictures = args->qc || args->report || args->dicom;
	int status = CLI_FAILED;
	if (prepare(&run, &err) < 0) {
		measure_out_abort(out);
		cli_fail(err.text);
	} else {
		status = measure_all(&run);
	}
	measure_files_abort(&run.files);
	block_free(&run.bone);
	block_free(&run.tv);
	names_free(&run.names);
	eval_planes_free(&run.planes);
	gppi_models_free(run.models);
	return status;
}
