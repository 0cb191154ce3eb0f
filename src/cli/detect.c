#include "cli/detect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/outputs.h"
#include "base/os.h"
#include "base/printable.h"
#include "cli/extra.h"
#include "cli/names.h"
#include "cli/spare.h"
#include "cli/tables.h"
#include "net/onnx_lib.h"
#include "report/page.h"

struct run {
	const struct detect_args *args;
	struct gppi_models *models;
	struct progress progress;
	struct tables tables;
	struct names_inputs inputs;
	struct names names;
	struct extra extra;
	struct page *page; /* NULL: none is written */
	struct gppi_options options; /* for the input at work */
	int nresults;     /* bones with a plane */
	bool failed;
};

/* Names of bones are mostly those of the files: enough to align lines before they are read. */
static int width_of(const struct detect_args *args)
{
	size_t width = 12;

	for (int i = 0; i < args->ninputs; i++) {
		const char *slash = strrchr(args->inputs[i], '/');
		const char *base = slash && slash[1] ? slash + 1 : args->inputs[i];
		const char *dot = strstr(base, ".nii");
		size_t n = printable_width(base) - (dot ? printable_width(dot) : 0);
		width = n > width ? n : width;
	}
	return width > 40 ? 40 : (int)width;
}

static void add_failure(struct run *run, const char *name, const char *input, int index, const char *why)
{
	struct page_part part;
	struct gppi_error err;

	if (!run->page)
		return;
	if (page_part_failure(name, input, index, why, &part, &err) == 0) {
		page_add(run->page, &part);
	} else {
		cli_fail(err.text);
		run->failed = true;
	}
	page_part_free(&part);
}

static void add_bone(struct run *run, struct gppi_input *input, int index, const struct gppi_result *r)
{
	struct page_part part;
	struct gppi_error err;

	if (output_page_part(input, index, r, &part, &err) == 0) {
		page_add(run->page, &part);
	} else {
		cli_fail(err.text);
		run->failed = true;
		add_failure(run, r->name, r->input, index, err.text);
	}
	page_part_free(&part);
}

/* A sentence on standard error, and a row in each table. in NULL: the input could not be opened. */
static void report_failure(struct run *run, int number, const struct gppi_input *in, int index,
			   const struct gppi_error *why)
{
	const char *input = run->args->inputs[number];
	char name[128];
	struct report_failure f = { .name = name, .input = input, .index = index, .why = why };
	struct gppi_error err;

	names_of_failed(&run->names, input, number, in, index, name);
	progress_clear(&run->progress);
	cli_fail(why->text);
	run->failed = true;
	add_failure(run, f.name, input, index, why->text);
	if (tables_failure(&run->tables, &f, &err) != 0)
		cli_fail(err.text);
}

static void verbose_number(const char *what, double value, const char *unit)
{
	if (isfinite(value))
		fprintf(stderr, "  %-24s %.2f%s\n", what, value, unit);
}

static void report_verbose(const struct gppi_result *r)
{
	fprintf(stderr, "  %-24s %d x %d x %d, %s\n", "volume", r->dims[0], r->dims[1], r->dims[2], r->format);
	fprintf(stderr, "  %-24s %.4g um, %s\n", "slice spacing", r->spacing_um[2],
		report_spacing_word(r->spacing_known));
	fprintf(stderr, "  %-24s %s first\n", "order of slices", r->shaft_first ? "shaft" : "knee");
	fprintf(stderr, "  %-24s %s, %s\n", "engine", report_engine_word(r->engine), r->isa ? r->isa : "");
	verbose_number("plane", r->gppi_exact, "");
	verbose_number("views along the bone", r->longaxis_plane, "");
	verbose_number("SV rough", r->sv_rough, "");
	for (int i = 0; i < r->nfolds && i < GPPI_MAX_FOLDS; i++)
		verbose_number("SV fold", r->sv_fold[i], "");
	verbose_number("SV", r->sv_plane, "");
	verbose_number("CW", r->cw_plane, "");
	verbose_number("CW, greatest likelihood", r->cw_likelihood_plane, "");
	for (int i = 0; i < r->nopinions && i < GPPI_MAX_OPINIONS; i++) {
		verbose_number(report_solution_word(r->opinion[i].solution), r->opinion[i].plane, "");
		verbose_number("  its time", r->opinion[i].seconds, " s");
	}
	verbose_number("tilt of the shaft", r->tilt_deg, " degrees");
	verbose_number("open", r->seconds_open, " s");
	verbose_number("locate", r->seconds_locate, " s");
	verbose_number("views along the bone", r->seconds_longaxis, " s");
	verbose_number("SV scores", r->seconds_sv, " s");
	verbose_number("SV regression", r->seconds_regress, " s");
	verbose_number("CW scores", r->seconds_cw, " s");
	verbose_number("total", r->seconds_total, " s");
}

static void write_result(struct run *run, const struct gppi_result *r)
{
	struct gppi_error err;

	progress_clear(&run->progress);
	if (tables_result(&run->tables, r, run->models, &err) != 0) {
		cli_fail(err.text);
		run->failed = true;
	}
	if (run->args->verbose)
		report_verbose(r);
}

/* On standard error, too: the result's line may have gone to a file. */
static void report_no_plane(struct run *run, const char *path, const struct gppi_result *r)
{
	char reasons[GPPI_MAX_REASONS * 98];
	struct gppi_error err;

	err_set(&err, GPPI_E_NOBONE, "%s: no plane can be given: %s", path,
		report_reasons(r, reasons, sizeof reasons));
	cli_fail(err.text);
	run->failed = true;
}

/* Why a second opinion is missing; the plane stands. */
static void report_opinions_missing(struct run *run, const struct gppi_result *r)
{
	for (int i = 0; i < r->nopinions && i < GPPI_MAX_OPINIONS; i++)
		if (r->opinion[i].error[0]) {
			progress_clear(&run->progress);
			cli_fail(r->opinion[i].error);
			run->failed = true;
		}
}

static void detect_one(struct run *run, int number, struct gppi_input *input, int index)
{
	const char *path = run->args->inputs[number];
	struct gppi_result *result = NULL;
	struct gppi_error error;

	int rc = gppi_detect(run->models, input, index, &run->options, &result, &error);
	if (rc != GPPI_OK) {
		if (!progress_interrupted())
			report_failure(run, number, input, index, &error);
		return;
	}
	write_result(run, result);
	report_opinions_missing(run, result);
	if (result->gppi >= 0)
		run->nresults++;
	else
		report_no_plane(run, path, result);
	if (!extra_write(&run->extra, run->models, input, index, result))
		run->failed = true;
	if (run->page)
		add_bone(run, input, index, result);
	gppi_result_free(result);
}

static void label(struct run *run, const char *path, int item, int items)
{
	const char *slash = strrchr(path, '/');

	progress_label(&run->progress, slash && slash[1] ? slash + 1 : path, item, items);
}

static void detect_input(struct run *run, int number)
{
	const struct detect_args *args = run->args;
	const char *path = args->inputs[number];
	struct gppi_input *input;
	struct gppi_error error;

	run->options = args->options;
	run->options.voxel_um = list_voxel_um(&args->listed, number, args->options.voxel_um);
	label(run, path, number + 1, args->ninputs);
	if (names_open(&run->names, number, &args->options, &input, &error) != GPPI_OK) {
		if (!progress_interrupted())
			report_failure(run, number, NULL, -1, &error);
		gppi_input_free(input);
		return;
	}
	/* A holder's bones take its place, so that the count may grow. */
	for (int i = 0; i < gppi_input_count(input) && !progress_interrupted(); i++) {
		if (gppi_input_split(input, i, &run->options, &error) < 0 ||
		    names_take(&run->names, input, i, &error) != GPPI_OK) {
			if (!progress_interrupted())
				report_failure(run, number, input, i, &error);
			continue;
		}
		if (args->ninputs == 1)
			label(run, path, i + 1, gppi_input_count(input));
		detect_one(run, number, input, i);
	}
	gppi_input_free(input);
}

/* A table without a single plane is not written, except for a list, whose tables are merged later. */
static void finish(struct run *run)
{
	struct gppi_error err;

	progress_clear(&run->progress);
	if (run->page && page_finish(run->page, &err) != 0) {
		cli_fail(err.text);
		run->failed = true;
	}
	if (tables_finish(&run->tables, run->nresults > 0 || run->args->list.path, &err) != 0) {
		cli_fail(err.text);
		run->failed = true;
	}
}

static int detect_all(struct run *run)
{
	for (int i = 0; i < run->args->ninputs && !progress_interrupted(); i++)
		if (!tables_has(&run->tables, i))
			detect_input(run, i);
	if (progress_interrupted()) {
		progress_clear(&run->progress);
		tables_stop(&run->tables);
		page_abort(run->page);
		progress_die();
	}
	finish(run);
	return run->failed ? CLI_FAILED : CLI_OK;
}

/* Everything that is written to; *status where that is not possible. */
static bool open_outputs(struct run *run, int *status)
{
	const struct detect_args *args = run->args;
	struct gppi_error err;

	if (extra_open(&run->extra, &args->extra, &err) != 0 ||
	    tables_open(&run->tables, args, width_of(args), &err) != 0) {
		*status = cli_fail(err.text);
		return false;
	}
	if (args->report && page_open(args->report, &run->page, &err) != 0) {
		tables_abort(&run->tables);
		*status = cli_fail(err.text);
		return false;
	}
	return true;
}

/* Names of all bones; those of an earlier run are taken. */
static int plan_names(struct run *run)
{
	const struct detect_args *args = run->args;
	struct gppi_error err;

	run->inputs = (struct names_inputs){ .path = args->inputs, .n = args->ninputs, .others = args->listed.others,
					     .entry = (const struct list_entry *const *)args->listed.entry,
					     .nothers = args->listed.nothers, .pipe_name = args->name };
	if (names_plan(&run->names, &run->inputs, &args->options, &err) != 0)
		return cli_fail(err.text);
	const char *const outputs[] = { args->output, args->file[CLI_CSV], args->file[CLI_JSON], args->report };
	struct spare spare = { .names = &run->names, .more = &args->list.path, .nmore = 1 };
	int rc = 0;
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs && rc >= 0; i++)
		rc = spare_check(&spare, outputs[i], &err);
	spare_free(&spare);
	if (rc < 0)
		return cli_fail(err.text);
	for (int t = 0; t < run->tables.n; t++)
		for (size_t i = 0; i < run->tables.table[t].resume.nrows; i++)
			if (t == 0 || run->tables.table[0].resume.nrows == 0)
				(void)names_note(&run->names, run->tables.table[t].resume.row[i].name);
	return CLI_OK;
}

/* Without the heavy networks the program's own still answer; where one of them alone is asked for, nothing does. */
static bool open_heavy(struct detect_args *args, int *status)
{
	const struct heavy_args *h = &args->heavy;
	struct gppi_error error;

	if (h->folder)
		onnx_lib_limit(ONNX_GROW_MAX);
	if (!h->folder || gppi_heavy_open(h->folder, h->ort, h->device, args->options.threads, &args->options.heavy,
					  &error) == GPPI_OK)
		return true;
	if (error.code == GPPI_E_USAGE)
		*status = cli_usage("detect", "--device: %s", error.text);
	else
		*status = cli_fail(error.text);
	args->heavy.failed = true;
	return !args->options.heavy_alone && error.code != GPPI_E_USAGE;
}

int cmd_detect(int argc, char **argv)
{
	struct detect_args args;
	struct run run = { .args = &args };
	struct gppi_error error;
	struct gppi_error err;

	int status = detect_parse(argc, argv, &args);
	if (status >= 0)
		return status;
	if (args.list.path) {
		args.list.quiet = args.quiet;
		if (list_inputs_read(&args.list, &args.listed, &err) < 0) {
			status = cli_fail(err.text);
			goto done;
		}
		args.inputs = args.listed.path;
		args.ninputs = args.listed.n;
	}
	os_keep_memory();
	if (args.verbose)
		cli_cpu_note(args.cpu);
	if (gppi_models_open(args.weights, &run.models, &error) != GPPI_OK) {
		status = cli_fail(error.text);
		goto done;
	}
	if (!open_heavy(&args, &status) || !open_outputs(&run, &status))
		goto done;
	progress_init(&run.progress, args.progress);
	args.options.progress = progress_step;
	args.options.progress_user = &run.progress;
	args.options.pictures = args.report || extra_pictures(&args.extra);
	if (args.extra.slicer_cli) {
		run.extra.progress = &run.progress;
		args.options.progress = slicer_step;
		args.options.progress_user = &run.extra;
		slicer_start();
	}
	status = plan_names(&run);
	if (status == CLI_OK) {
		status = detect_all(&run);
	} else {
		tables_abort(&run.tables);
		page_abort(run.page);
	}
	if (status == CLI_OK && args.heavy.failed)
		status = CLI_FAILED;
	if (args.extra.slicer_cli && !slicer_finish(&run.extra, status != CLI_OK))
		status = CLI_FAILED;
done:
	names_free(&run.names);
	extra_free(&run.extra);
	gppi_heavy_free(args.options.heavy);
	gppi_models_free(run.models);
	list_inputs_free(&args.listed);
	return status;
}
