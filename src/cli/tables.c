#include "cli/tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/printable.h"

static void add(struct tables *t, enum cli_format format, const char *path)
{
	if (path && strcmp(path, "-") == 0)
		path = NULL;
	t->table[t->n++] = (struct table){ .format = format, .path = path };
}

/* Rows of an earlier run in FILE.part? */
static bool is_begun(const struct table *table)
{
	char *path = part_name(table->path);
	struct stat st;
	bool begun = path && stat(path, &st) == 0 && st.st_size > 0;

	free(path);
	return begun;
}

/* A file that was begun anew over rows that nobody asked for any more: said, for they are gone. */
static void note_old(const struct table *table)
{
	fputs("gppi: note: ", stderr);
	printable_put(stderr, part_path(table->out.file), 0);
	fputs(" of an earlier run is begun anew\n", stderr);
}

static int open_one(struct table *table, const struct detect_args *args, const bool *done, struct gppi_error *err)
{
	const char *keep = NULL;
	size_t size = 0;

	if (!table->path)
		return cli_out_open(&table->out, NULL, err);
	if (done && table->resume.text && *table->resume.text) {
		keep = table->resume.text;
		size = resume_keep(&table->resume, done);
		table->nrows = (int)table->resume.nrows;
	}
	bool lost = !args->resume && is_begun(table);
	int rc = part_open(table->path, keep, size, &table->out.file, err);
	if (rc < 0)
		return rc;
	if (lost)
		note_old(table);
	table->out.stream = part_stream(table->out.file);
	if (table->format == CLI_CSV && size == 0)
		report_csv_head(table->out.stream);
	return 0;
}

/* Of the file that is written first where there are several. */
static const char *ending_of(int report)
{
	return report == REPORT_dicom ? "-report.dcm" : report_outputs[report]->ending;
}

static bool has_report(const struct row *row, int report, const char *folder)
{
	struct qc_names names = { .folder = folder };
	struct stat st;

	if (report_outputs[report]->needs_plane && isnan(row->plane))
		return true;
	char *path = out_path(&names, row->name, ending_of(report));
	bool has = path && stat(path, &st) == 0;
	free(path);
	qc_names_free(&names);
	return has;
}

/* Takes back done[i] of every input with a bone that has no file in a folder which is asked for now: the earlier run
 * was not asked for it. */
static void mark_reports(const struct rows *r, const struct extra_args *extra, bool *done)
{
	for (size_t i = 0; i < r->nrows; i++)
		for (int report = 0; report < REPORT_COUNT && r->row[i].input >= 0; report++)
			if (extra->folder[report] && !has_report(&r->row[i], report, extra->folder[report]))
				done[r->row[i].input] = false;
}

/* Which inputs are in all of the tables from an earlier run. */
static int find_done(struct tables *t, const struct detect_args *args, struct gppi_error *err)
{
	char voi[64];
	int rc = 0;

	t->done = malloc((size_t)args->ninputs + 1);
	if (!t->done)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", args->ninputs);
	memset(t->done, true, (size_t)args->ninputs * sizeof *t->done);
	for (int i = 0; i < t->n && rc == 0; i++) {
		struct table *table = &t->table[i];
		if (!table->path)
			continue;
		rc = resume_read(table->path, &rows_detect, table->format, args->inputs, args->ninputs, &table->resume,
				 err);
		if (rc == 0 && resume_mark(&table->resume, args->inputs, args->ninputs, t->done) < 0)
			rc = err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", args->ninputs);
		if (rc == 0)
			mark_reports(&table->resume, &args->extra, t->done);
	}
	gppi_voi_text(&args->options.voi, voi, sizeof voi);
	for (int i = 0; i < t->n && rc == 0; i++)
		rc = resume_check(&t->table[i].resume, &rows_detect, t->done, t->table[i].path, voi, err);
	return rc;
}

int tables_open(struct tables *t, const struct detect_args *args, int name_width, struct gppi_error *err)
{
	int rc = 0;

	*t = (struct tables){ .name_width = name_width, .page = args->report != NULL };
	add(t, args->format, args->output);
	for (int format = CLI_JSON; format <= CLI_CSV; format++)
		if (args->file[format])
			add(t, (enum cli_format)format, args->file[format]);
	if (args->resume)
		rc = find_done(t, args, err);
	for (int i = 0; i < t->n && rc == 0; i++)
		rc = open_one(&t->table[i], args, t->done, err);
	if (rc == 0 && t->table[0].format == CLI_CSV && !t->table[0].path)
		report_csv_head(t->table[0].out.stream);
	if (rc < 0)
		tables_abort(t);
	return rc;
}

bool tables_has(const struct tables *t, int input)
{
	return t->done && t->done[input];
}

int tables_result(struct tables *t, const struct gppi_result *r, const struct gppi_models *models,
		  struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < t->n; i++) {
		FILE *out = t->table[i].out.stream;
		struct gppi_error why;
		int bad = 0;
		if (t->table[i].format == CLI_JSON)
			bad = report_json(out, r, models, &why);
		else if (t->table[i].format == CLI_CSV)
			report_csv(out, r);
		else
			report_text(out, r, t->name_width);
		cli_out_flush(&t->table[i].out);
		t->table[i].nrows++;
		if (bad < 0)
			rc = err_set(err, bad, "%s", why.text);
	}
	return rc;
}

/* The sentence for a person goes to standard error. */
int tables_failure(struct tables *t, const struct report_failure *f, struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < t->n; i++) {
		FILE *out = t->table[i].out.stream;
		struct gppi_error why;
		int bad = 0;
		if (t->table[i].format == CLI_JSON)
			bad = report_json_failure(out, f, &why);
		else if (t->table[i].format == CLI_CSV)
			report_csv_failure(out, f);
		else
			continue;
		cli_out_flush(&t->table[i].out);
		t->table[i].nrows++;
		if (bad < 0)
			rc = err_set(err, bad, "%s", why.text);
	}
	return rc;
}

static void free_tables(struct tables *t)
{
	for (int i = 0; i < t->n; i++)
		rows_free(&t->table[i].resume);
	free(t->done);
	t->done = NULL;
}

int tables_finish(struct tables *t, bool any_plane, struct gppi_error *err)
{
	int rc = 0;

	for (int i = 0; i < t->n; i++)
		any_plane = any_plane || t->table[i].resume.nrows > 0;
	for (int i = 0; i < t->n; i++) {
		struct table *table = &t->table[i];
		struct gppi_error why;
		int bad = 0;
		if (table->out.file && !any_plane) {
			cli_out_abort(&table->out);
			bad = err_set(&why, GPPI_E_IO, "%s: not written, since no input gave a plane", table->path);
		} else {
			bad = cli_out_finish(&table->out, &why);
		}
		if (bad < 0)
			rc = err_set(err, bad, "%s", why.text);
	}
	free_tables(t);
	return rc;
}

void tables_stop(struct tables *t)
{
	for (int i = 0; i < t->n; i++) {
		struct table *table = &t->table[i];
		if (!table->out.file)
			continue;
		if (table->nrows == 0) {
			cli_out_abort(&table->out);
			continue;
		}
		fprintf(stderr, "gppi: stopped; %d row%s so far %s kept in ", table->nrows,
			table->nrows == 1 ? "" : "s", table->nrows == 1 ? "is" : "are");
		printable_put(stderr, part_path(table->out.file), 0);
		if (table->format != CLI_TEXT)
			fprintf(stderr, "; the same command with --resume%s goes on",
				t->page ? ", and without --report," : "");
		fputc('\n', stderr);
		part_leave(table->out.file);
		table->out.file = NULL;
	}
	free_tables(t);
}

void tables_abort(struct tables *t)
{
	for (int i = 0; i < t->n; i++) {
		struct cli_out *out = &t->table[i].out;
		if (out->file && t->table[i].nrows > 0) /* of an earlier run */
			part_leave(out->file);
		else
			part_remove(out->file);
		out->file = NULL;
	}
	free_tables(t);
}
