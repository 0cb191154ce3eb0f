/* gppi measure on scans: the plane, the VOI, its tissues, and their numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/number.h"
#include "bone/input.h"
#include "bone/measure.h"
#include "cli/detect.h"
#include "cli/measure.h"
#include "cli/names.h"
#include "report/label_map.h"
#include "report/qc.h"
#include "report/report.h"

struct run {
	const struct measure_args *args;
	struct measure_out *out;
	struct gppi_models *models; /* NULL: planes are given */
	struct csv planes;
	struct names names;
	struct names_inputs inputs;
	struct qc_names masks, crops, pictures;
};

/* The plane of a bone in the table of --planes: its name with or without an ending. */
static int planned(const struct run *run, const char *name, double *plane, struct gppi_error *err)
{
	int who = csv_column(&run->planes, "Image Name"), what = csv_column(&run->planes, "Growth Plate Index");
	const size_t n = strlen(name);

	for (size_t i = 0; i < run->planes.nrows; i++) {
		const char *row = csv_cell(&run->planes, i, who);
		if (strncmp(row, name, n) != 0 || (row[n] && row[n] != '.'))
			continue;
		if (!number_parse(csv_cell(&run->planes, i, what), plane))
			return err_set(err, GPPI_E_FORMAT, "%s: line %zu: \"%s\" is no plane of %s", run->args->planes,
				       run->planes.line[i], csv_cell(&run->planes, i, what), name);
		return 0;
	}
	return err_set(err, GPPI_E_USAGE, "%s: has no plane of %s", run->args->planes, name);
}

/* The bone with a result: detected, or for a plane that is given. */
static int find_plane(const struct run *run, struct gppi_input *input, int i, struct bone **bone,
		      struct gppi_error *err)
{
	const struct gppi_options *opt = &run->args->options;
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
		rc = planned(run, scan_info((*bone)->scan)->name, &plane, err);
	if (rc >= 0 && !run->models)
		rc = bone_given(*bone, plane, opt, err);
	return rc;
}

/* DIR/NAME<ending> of one kind of volume. */
static int write_volume(struct qc_names *names, const char *name, const char *ending, struct scan *scan,
			const struct segment *s,
			int (*write)(const char *, struct scan *, const struct segment *, struct gppi_error *),
			struct gppi_error *err)
{
	if (!names->folder)
		return 0;
	char *path = out_path(names, name, ending);
	int rc = path ? write(path, scan, s, err) : err_set(err, GPPI_E_NOMEM, "out of memory while naming a file");
	free(path);
	return rc;
}

static int write_volumes(struct run *run, struct scan *scan, const char *name, const struct segment *s,
			 struct gppi_error *err)
{
	int rc = write_volume(&run->masks, name, ".nii.gz", scan, s, label_map_write, err);

	return rc < 0 ? rc : write_volume(&run->crops, name, ".nii", scan, s, label_crop_write, err);
}

static int write_picture(struct run *run, struct bone *bone, struct gppi_error *err)
{
	char *path = qc_path(&run->pictures, bone->result.name);
	int rc = path ? qc_write(bone, &bone->result, path, err) : err_set(err, GPPI_E_NOMEM, "out of memory while naming a file");

	free(path);
	return rc;
}

static int measure_bone(struct run *run, struct bone *bone, struct gppi_error *err)
{
	const struct bone_measuring how = { .segment = run->args->segment, .maps = run->args->qc };
	int rc = bone_measure(bone, &how, err);

	if (rc >= 0) {
		struct report_measures r = report_measures_of(bone);
		r.methods = run->args->methods;
		rc = measure_out_put(run->out, &r, err);
	}
	if (rc >= 0)
		rc = write_volumes(run, bone->scan, bone->result.name, &bone->measures->segment, err);
	if (rc >= 0 && run->args->qc)
		rc = write_picture(run, bone, err);
	bone_measures_drop(bone);
	return rc;
}

static int measure_one(struct run *run, struct gppi_input *input, int i, struct gppi_error *err)
{
	struct bone *bone = NULL;
	int rc = names_take(&run->names, input, i, err);

	if (rc >= 0)
		rc = find_plane(run, input, i, &bone, err);
	return rc < 0 ? rc : measure_bone(run, bone, err);
}

static int measure_input(struct run *run, int number)
{
	const struct measure_args *args = run->args;
	struct gppi_input *input;
	struct gppi_error err = { 0 };
	int status = CLI_OK;

	if (names_open(&run->names, number, &args->options, &input, &err) != GPPI_OK) {
		gppi_input_free(input);
		return cli_fail(err.text);
	}
	for (int i = 0; i < gppi_input_count(input); i++) {
		int rc = gppi_input_split(input, i, &args->options, &err);
		if (rc >= 0)
			rc = measure_one(run, input, i, &err);
		if (rc < 0)
			status = cli_fail(err.text);
	}
	gppi_input_free(input);
	return status;
}

static int prepare(struct run *run, struct gppi_error *err)
{
	const struct measure_args *args = run->args;
	int rc = 0;

	if (args->planes)
		rc = csv_read(args->planes, &run->planes, err);
	if (rc >= 0 && args->planes &&
	    (csv_column(&run->planes, "Image Name") < 0 || csv_column(&run->planes, "Growth Plate Index") < 0))
		rc = err_set(err, GPPI_E_FORMAT, "%s: needs the columns Image Name and Growth Plate Index", args->planes);
	if (rc >= 0 && !args->planes && args->plane < 0)
		rc = gppi_models_open(args->weights, &run->models, err);
	if (rc >= 0 && args->masks)
		rc = qc_folder(args->masks, err);
	if (rc >= 0 && args->crop)
		rc = qc_folder(args->crop, err);
	if (rc >= 0 && args->qc)
		rc = qc_folder(args->qc, err);
	return rc < 0 ? rc : names_plan(&run->names, &run->inputs, &args->options, err);
}

int measure_scans(const struct measure_args *args, struct measure_out *out)
{
	struct run run = { .args = args,
			   .out = out,
			   .inputs = { .path = args->inputs, .n = args->ninputs },
			   .masks = { .folder = args->masks },
			   .crops = { .folder = args->crop },
			   .pictures = { .folder = args->qc } };
	struct gppi_error err = { 0 };
	int status = prepare(&run, &err) < 0 ? cli_fail(err.text) : CLI_OK;

	const bool ready = status == CLI_OK;
	for (int i = 0; i < args->ninputs && ready; i++) {
		int rc = measure_input(&run, i);
		status = rc > status ? rc : status;
	}
	names_free(&run.names);
	qc_names_free(&run.masks);
	qc_names_free(&run.crops);
	qc_names_free(&run.pictures);
	csv_free(&run.planes);
	gppi_models_free(run.models);
	return status;
}
