/* The tables of `gppi measure`: of bones, and of their slices. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/printable.h"
#include "cli/detect.h"
#include "cli/measure.h"
#include "report/report.h"

/* Takes back done[i] of inputs with a bone that has no file in a folder which is asked for now. */
static void mark_files(const struct rows *r, const char *folder, const char *ending, bool *done)
{
	for (size_t i = 0; folder && i < r->nrows; i++) {
		struct qc_names names = { .folder = folder };
		struct stat st;
		if (r->row[i].input < 0)
			continue;
		char *path = out_path(&names, r->row[i].name, ending);
		done[r->row[i].input] = done[r->row[i].input] && path && stat(path, &st) == 0;
		free(path);
		qc_names_free(&names);
	}
}

/* Which inputs have rows from an earlier run. */
static int find_done(struct measure_out *out, struct gppi_error *err)
{
	const struct measure_args *args = out->args;

	out->done = malloc((size_t)args->ninputs + 1);
	if (!out->done)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", args->ninputs);
	memset(out->done, true, (size_t)args->ninputs * sizeof *out->done);
	int rc = resume_read(args->output, &rows_measure, args->format, args->inputs, args->ninputs, &out->rows, err);
	if (rc >= 0 && resume_mark(&out->rows, args->inputs, args->ninputs, out->done) < 0)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", args->ninputs);
	for (const struct measure_folder *f = measure_folders; f->ending && rc >= 0; f++)
		mark_files(&out->rows, measure_folder(args, f), f->ending, out->done);
	return rc < 0 ? rc : resume_check(&out->rows, &rows_measure, out->done, args->output,
					  args->shaft ? "shaft" : "slices", err);
}

/* FILE.part, with the rows that are done. */
static int go_on(struct measure_out *out, struct gppi_error *err)
{
	size_t size = 0;
	int rc = find_done(out, err);

	if (rc >= 0 && out->rows.text)
		size = resume_keep(&out->rows, out->done);
	out->nrows = (int)out->rows.nrows;
	if (rc >= 0)
		rc = part_open(out->args->output, size ? out->rows.text : NULL, size, &out->table.file, err);
	if (rc < 0)
		return rc;
	out->table.stream = part_stream(out->table.file);
	out->headed = size > 0;
	return 0;
}

int measure_out_open(struct measure_out *out, const struct measure_args *args, struct gppi_error *err)
{
	*out = (struct measure_out){ .args = args };
	int rc = args->resume ? go_on(out, err) : cli_out_open(&out->table, args->output, err);

	if (rc >= 0 && args->format == CLI_CSV && !out->headed)
		report_measures_csv_head(out->table.stream);
	if (rc >= 0 && args->per_slice)
		rc = cli_out_open(&out->slices, args->per_slice, err);
	if (rc >= 0 && args->per_slice)
		report_sections_csv_head(out->slices.stream);
	if (rc < 0)
		measure_out_abort(out);
	return rc;
}

int measure_out_put(struct measure_out *out, const struct report_measures *r, struct gppi_error *err)
{
	FILE *f = out->table.stream;
	int rc = 0;

	if (out->args->format == CLI_JSON)
		rc = report_measures_json(f, r, err);
	else if (out->args->format == CLI_CSV)
		report_measures_csv(f, r);
	else
		report_measures_text(f, r);
	cli_out_flush(&out->table);
	out->nrows++;
	if (out->slices.stream) {
		report_sections_csv(out->slices.stream, r);
		cli_out_flush(&out->slices);
	}
	return rc;
}

int measure_out_failure(struct measure_out *out, const struct report_failure *failure, struct gppi_error *err)
{
	int rc = 0;

	if (out->args->format == CLI_JSON)
		rc = report_json_failure(out->table.stream, failure, err);
	else if (out->args->format == CLI_CSV)
		report_measures_csv_failure(out->table.stream, failure);
	else
		return 0;
	cli_out_flush(&out->table);
	out->nrows++;
	return rc;
}

static void free_rows(struct measure_out *out)
{
	rows_free(&out->rows);
	free(out->done);
	out->done = NULL;
}

int measure_out_finish(struct measure_out *out, struct gppi_error *err)
{
	int rc = cli_out_finish(&out->table, err);

	if (out->slices.stream && rc >= 0)
		rc = cli_out_finish(&out->slices, err);
	else if (out->slices.stream)
		cli_out_abort(&out->slices);
	free_rows(out);
	return rc;
}

void measure_out_stop(struct measure_out *out)
{
	struct part_file *file = out->table.file;

	if (file && out->nrows > 0) {
		fprintf(stderr, "gppi: stopped; %d row%s so far %s kept in ", out->nrows, out->nrows == 1 ? "" : "s",
			out->nrows == 1 ? "is" : "are");
		printable_put(stderr, part_path(file), 0);
		fputs(out->args->format != CLI_TEXT ? "; the same command with --resume, and without --report and "
						      "--per-slice, goes on\n" : "\n", stderr);
		part_leave(file);
		out->table.file = NULL;
	}
	measure_out_abort(out);
}

void measure_out_abort(struct measure_out *out)
{
	if (out->args->resume && out->table.file) /* rows of an earlier run stay where they were */
		part_leave(out->table.file);
	else
		part_remove(out->table.file);
	out->table.file = NULL;
	out->table.stream = NULL;
	if (out->slices.stream)
		cli_out_abort(&out->slices);
	free_rows(out);
}
