#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/size.h"
#include "cli/merge.h"
#include "report/report.h"

#define REMEDY "make it again with this version"
#define ONE_SCAN 1000 /* rows of one input; more are unrelated scans that all came through pipes (input "stdin") */

/* ---- reading ---- */

/* JSON Lines begin with a bracket, and have the same fields in both kinds. */
static int format_of(const char *path, enum cli_format *out, const struct rows_kind **kind, struct gppi_error *err)
{
	static const char measure[] = "name,";
	char head[sizeof measure] = "";
	FILE *file;
	int rc = file_stream(path, &file, NULL, err);

	if (rc < 0)
		return rc;
	size_t n = fread(head, 1, sizeof measure - 1, file);
	fclose(file);
	*out = head[0] == '{' ? CLI_JSON : CLI_CSV;
	*kind = strcmp(head, measure) == 0 ? &rows_measure : &rows_detect;
	return n == 0 ? 1 : 0;
}

/* A run in JSON that had no inputs leaves an empty file, which fits all. */
static int read_table(struct merge *m, const char *path, const struct inputs_index *index, struct gppi_error *err)
{
	static const char *const words[] = { [CLI_JSON] = "JSON", [CLI_CSV] = "CSV" };
	enum cli_format format;
	const struct rows_kind *kind;
	struct rows *rows = &m->table[m->ntables++];
	int rc = format_of(path, &format, &kind, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (m->format != CLI_TEXT && m->format != format)
		return err_set(err, GPPI_E_FORMAT, "%s: is %s, tables before it are %s; merge each kind by itself",
			       path, words[format], words[m->format]);
	if (m->kind && m->kind != kind)
		return err_set(err, GPPI_E_FORMAT,
			       "%s: is a table of gppi %s, tables before it are not; merge each kind by itself", path,
			       kind == &rows_measure ? "measure" : "detect");
	m->format = format;
	m->kind = kind;
	if ((rc = rows_read(path, kind, format, index, REMEDY, rows, err)) < 0)
		return rc;
	if (rows->cut || (format == CLI_CSV && !rows->head))
		return err_set(err, GPPI_E_FORMAT,
			       "%s: is cut short behind row %zu; go on with its run by --resume, or make it again",
			       path, rows->nrows);
	for (size_t i = 0; i < rows->nrows; i++)
		if (rows->row[i].foreign)
			return err_set(err, GPPI_E_FORMAT, "%s: its row %zu is of another version of gppi; " REMEDY,
				       path, i + 1);
	return 0;
}

static int read_tables(struct merge *m, char *const *paths, int npaths, const struct inputs_index *index,
		       struct gppi_error *err)
{
	size_t n = 0;
	int rc = 0;

	m->table = calloc((size_t)npaths, sizeof *m->table);
	if (!m->table)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %d tables", npaths);
	for (int i = 0; i < npaths && rc == 0; i++) {
		rc = read_table(m, paths[i], index, err);
		n += m->table[i].nrows;
	}
	m->row = rc == 0 ? size_realloc(NULL, n + 1, sizeof *m->row) : NULL;
	if (rc == 0 && !m->row)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %zu rows", n);
	for (int t = 0; t < m->ntables && rc == 0; t++)
		for (size_t i = 0; i < m->table[t].nrows; i++, m->n++)
			m->row[m->n] = (struct merge_row){ .row = &m->table[t].row[i], .table = t, .order = m->n };
	return rc;
}

/* ---- which rows count ---- */

static int by_bone(const void *va, const void *vb)
{
	const struct merge_row *a = *(struct merge_row *const *)va, *b = *(struct merge_row *const *)vb;
	int c = strcmp(a->row->scan, b->row->scan);

	c = c ? c : strcmp(a->row->name, b->row->name);
	return c ? c : (a->order > b->order) - (a->order < b->order);
}

static int by_name(const void *va, const void *vb)
{
	const struct merge_row *a = *(struct merge_row *const *)va, *b = *(struct merge_row *const *)vb;
	int c = strcasecmp(a->row->name, b->row->name);

	return c ? c : (a->order > b->order) - (a->order < b->order);
}

/* Of the rows of one bone the last with a plane counts, or else the last. */
static void choose(struct merge_row **same, size_t n)
{
	struct merge_row *best = same[n - 1];

	for (size_t i = n; i-- > 0 && best->row->failed;)
		if (!same[i]->row->failed)
			best = same[i];
	for (size_t i = 0; i < n; i++)
		same[i]->better = same[i] == best ? NULL : best;
}

/* An input that could not be opened has one failure, and other names once it can: rows of one scan, in which a failure
 * gives way to bones that another table has, where that does not know the failure. */
static void give_way(struct merge_row **scan, size_t n)
{
	for (size_t i = 0; i < n && n < ONE_SCAN; i++) {
		if (!scan[i]->row->failed || scan[i]->better)
			continue;
		for (size_t k = 0; k < n && !scan[i]->better; k++) {
			bool known = false;
			if (scan[k]->row->failed || scan[k]->better || scan[k]->table == scan[i]->table)
				continue;
			for (size_t j = 0; j < n; j++)
				known |= scan[j]->table == scan[k]->table &&
					 strcmp(scan[j]->row->name, scan[i]->row->name) == 0;
			if (!known)
				scan[i]->better = scan[k];
		}
	}
}

static void choose_all(struct merge_row **sorted, size_t n)
{
	qsort(sorted, n, sizeof(struct merge_row *), by_bone);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && strcmp(sorted[i]->row->scan, sorted[end]->row->scan) == 0 &&
				  strcmp(sorted[i]->row->name, sorted[end]->row->name) == 0;)
			end++;
		choose(sorted + i, end - i);
	}
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && strcmp(sorted[i]->row->scan, sorted[end]->row->scan) == 0;)
			end++;
		give_way(sorted + i, end - i);
	}
}

static void find_namesakes(struct merge_row **sorted, size_t n)
{
	struct merge_row *last = NULL;

	qsort(sorted, n, sizeof(struct merge_row *), by_name);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i]->better)
			continue;
		if (last && strcasecmp(last->row->name, sorted[i]->row->name) == 0)
			sorted[i]->namesake = last;
		last = sorted[i];
	}
}

static int in_order(const void *va, const void *vb)
{
	const struct merge_row *a = *(struct merge_row *const *)va, *b = *(struct merge_row *const *)vb;
	unsigned x = (unsigned)a->row->input, y = (unsigned)b->row->input; /* those of none come last */

	if (x != y)
		return x < y ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void count(struct merge *m, const struct list *list)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct row *row = m->row[i].row;
		if (m->row[i].better)
			continue;
		m->whole += !row->failed;
		m->failed += row->failed;
		m->strange += list->n > 0 && row->input < 0;
		if (row->input < 0)
			continue;
		char *state = &m->state[row->input];
		if (row->failed)
			*state = MERGE_FAILED;
		else if (*state == MERGE_MISSING)
			*state = MERGE_WHOLE;
	}
}

/* A row of JSON without what another run of the same takes: time, memory, a machine's instruction set. */
static json_t *answer_of(const struct merge *m, const struct merge_row *r)
{
	static const char *const of_run[] = { "seconds", "seconds_measure", "isa" };
	static const char *const of_solution[] = { "seconds", "memory" };
	json_t *row = json_loadb(m->table[r->table].text + r->row->at, r->row->size, 0, NULL), *solution;
	size_t k;

	for (size_t i = 0; i < sizeof of_run / sizeof *of_run; i++)
		json_object_del(row, of_run[i]);
	json_array_foreach(json_object_get(json_object_get(row, "second_opinion"), "solutions"), k, solution)
		for (size_t i = 0; i < sizeof of_solution / sizeof *of_solution; i++)
			json_object_del(solution, of_solution[i]);
	return row;
}

bool merge_same(const struct merge *m, const struct merge_row *a, const struct merge_row *b)
{
	if (!isnan(a->row->plane) || !isnan(b->row->plane))
		return fabs(a->row->plane - b->row->plane) < 1e-9;
	if (a->row->size == b->row->size && memcmp(m->table[a->table].text + a->row->at,
						   m->table[b->table].text + b->row->at, a->row->size) == 0)
		return true;
	if (m->format != CLI_JSON)
		return false;
	json_t *x = answer_of(m, a), *y = answer_of(m, b);
	bool same = x && json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

int merge_read(struct merge *m, char *const *paths, int npaths, const struct list *list, struct gppi_error *err)
{
	char **inputs = calloc((size_t)list->n + 1, sizeof *inputs);
	struct inputs_index *index = NULL;
	int rc = 0;

	*m = (struct merge){ 0 };
	for (int i = 0; inputs && i < list->n; i++)
		inputs[i] = (char *)list->entry[i].path;
	index = inputs ? inputs_index_new(inputs, list->n) : NULL;
	m->state = calloc((size_t)list->n + 1, 1);
	if (!index || !m->state)
		rc = err_set(err, GPPI_E_NOMEM, "out of memory for %d inputs", list->n);
	if (rc == 0)
		rc = read_tables(m, paths, npaths, index, err);
	inputs_index_free(index);
	free(inputs);
	if (rc < 0)
		return rc;
	struct merge_row **sorted = size_realloc(NULL, m->n + 1, sizeof(struct merge_row *));
	if (!sorted)
		return err_set(err, GPPI_E_NOMEM, "out of memory for %zu rows", m->n);
	for (size_t i = 0; i < m->n; i++)
		sorted[i] = &m->row[i];
	choose_all(sorted, m->n);
	find_namesakes(sorted, m->n);
	qsort(sorted, m->n, sizeof(struct merge_row *), in_order);
	m->sorted = sorted;
	count(m, list);
	return 0;
}

void merge_free(struct merge *m)
{
	for (int i = 0; i < m->ntables; i++)
		rows_free(&m->table[i]);
	free(m->table);
	free(m->row);
	free(m->sorted);
	free(m->state);
	*m = (struct merge){ 0 };
}
