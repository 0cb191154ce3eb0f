/* gppi merge: the tables of several runs as one. */
#include "cli/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

#define TOLD_MOST 20 /* sentences of one kind */

struct request {
	const char *list, *failed, *output;
	char **tables;
	int ntables;
};

/* "gppi: TEXT", no more than TOLD_MOST times for one `count`. */
static void tell(int *count, const char *text)
{
	if ((*count)++ < TOLD_MOST)
		cli_fail(text);
}

static void tell_more(int count, const char *what)
{
	if (count > TOLD_MOST)
		fprintf(stderr, "gppi: and %d more %s\n", count - TOLD_MOST, what);
}

/* ---- what is to be told ---- */

static void tell_doubles(const struct merge *m, char *const *paths, bool *bad)
{
	int twice = 0, contradict = 0;
	struct gppi_error err;

	for (size_t i = 0; i < m->n; i++) {
		const struct merge_row *r = &m->row[i];
		if (!r->better || r->row->failed)
			continue;
		const struct merge_row *other = r->better;
		bool same = merge_same(m, r, other), planes = !isnan(r->row->plane) || !isnan(other->row->plane);
		err_set(&err, GPPI_E_FORMAT, "%s%.120s (%.150s) is in %.150s and in %.150s%s", same ? "note: " : "",
			r->row->name, r->row->scan, paths[r->table], paths[other->table],
			same ? "; it is taken once" : planes ? ", with another plane; the later one is taken"
							     : ", with other numbers; the later one is taken");
		tell(same ? &twice : &contradict, err.text);
		*bad |= !same;
	}
	tell_more(twice, "twice");
	tell_more(contradict, "with two planes, or other numbers");
}

/* Names tell bones apart in what is done next. */
static void tell_names(struct merge *m)
{
	struct gppi_error err;
	int n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct merge_row *r = &m->row[i];
		if (r->better || !r->namesake)
			continue;
		err_set(&err, GPPI_E_FORMAT,
			"note: %.120s is the name of two bones, of %.150s and %.150s; give names in the list",
			r->row->name, r->row->scan, r->namesake->row->scan);
		tell(&n, err.text);
	}
	tell_more(n, "of one name");
}

static int tell_missing(const struct merge *m, const struct list *list)
{
	struct gppi_error err;
	int n = 0;

	for (int i = 0; i < list->n; i++) {
		if (m->state[i] != MERGE_MISSING)
			continue;
		err_set(&err, GPPI_E_IO, "%.300s: is in no table; run it again", list->entry[i].path);
		tell(&n, err.text);
	}
	tell_more(n, "missing");
	return n;
}

/* ---- what is written ---- */

static int write_table(const struct merge *m, const char *output, struct gppi_error *err)
{
	struct cli_out out;
	int rc = cli_out_open(&out, output, err);

	if (rc < 0)
		return rc;
	if (m->format == CLI_CSV)
		m->kind->head(out.stream);
	for (size_t i = 0; i < m->n; i++)
		if (!m->sorted[i]->better)
			fwrite(m->table[m->sorted[i]->table].text + m->sorted[i]->row->at, 1, m->sorted[i]->row->size,
			       out.stream);
	return cli_out_finish(&out, err);
}

static void put_failed(FILE *out, const struct list_entry *entry, const char *why)
{
	list_write_entry(out, entry);
	fputc(',', out);
	list_write_cell(out, why);
	fputc('\n', out);
}

static const char *why_failed(const struct merge *m, int input)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->row[i].better && m->row[i].row->failed && m->row[i].row->input == input)
			return m->row[i].row->why;
	return "missing";
}

/* Rows of inputs that are in no list tell their paths themselves. */
static int write_failed(const struct merge *m, const struct list *list, const char *path, struct gppi_error *err)
{
	struct cli_out out;
	int rc = cli_out_open(&out, path, err);

	if (rc < 0)
		return rc;
	list_write_head(out.stream, ",why");
	for (int i = 0; i < list->n; i++)
		if (m->state[i] != MERGE_WHOLE)
			put_failed(out.stream, &list->entry[i], why_failed(m, i));
	for (size_t i = 0; i < m->n; i++) {
		const struct row *row = m->row[i].row;
		struct list_entry entry = { .path = row->scan, .name = "" };
		if (!m->row[i].better && row->failed && row->input < 0)
			put_failed(out.stream, &entry, row->why);
	}
	return cli_out_finish(&out, err);
}

/* ---- the command ---- */

static int merge_all(const struct request *q, struct list *list, struct merge *m)
{
	bool bad = false;
	struct gppi_error err;

	if (q->list && list_read(q->list, list, &err) < 0)
		return cli_fail(err.text);
	if (q->list)
		list_tell_again(list, q->list);
	if (merge_read(m, q->tables, q->ntables, list, &err) < 0)
		return cli_fail(err.text);
	tell_doubles(m, q->tables, &bad);
	tell_names(m);
	bad |= tell_missing(m, list) > 0;
	if (m->strange)
		fprintf(stderr, "gppi: note: %zu row%s of inputs that are not in the list\n", m->strange,
			m->strange == 1 ? " is" : "s are");
	if (write_table(m, q->output, &err) < 0 || (q->failed && write_failed(m, list, q->failed, &err) < 0)) {
		cli_fail(err.text);
		bad = true;
	}
	if (m->failed)
		fprintf(stderr, "gppi: %zu of %zu rows failed\n", m->failed, m->whole + m->failed);
	return bad || m->failed ? CLI_FAILED : CLI_OK;
}

static int parse(int argc, char **argv, struct request *q)
{
	const struct cli_option options[] = { { "list", &q->list, NULL }, { "failed", &q->failed, NULL },
					      { "output", &q->output, NULL } };
	int status = cli_options("merge", help_merge, options, 3, argc, argv);

	if (status >= 0)
		return status;
	if (optind == argc)
		return cli_usage("merge", "name the tables to put together");
	if (q->output && q->failed && strcmp(q->output, q->failed) == 0)
		return cli_usage("merge", "\"%s\" is named for two outputs; name a file for each", q->output);
	q->tables = argv + optind;
	q->ntables = argc - optind;
	return -1;
}

int cmd_merge(int argc, char **argv)
{
	struct request q = { 0 };
	struct list list = { 0 };
	struct merge m = { 0 };
	int status = parse(argc, argv, &q);

	if (!q.tables)
		return status;
	status = merge_all(&q, &list, &m);
	merge_free(&m);
	list_free(&list);
	return status;
}
