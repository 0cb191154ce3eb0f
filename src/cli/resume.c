#include "cli/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/part.h"

int resume_read(const char *path, const struct rows_kind *kind, enum cli_format format, char *const *inputs,
		int ninputs,
		struct rows *out, struct gppi_error *err)
{
	struct inputs_index *index = inputs_index_new(inputs, ninputs);
	char *part = part_name(path);
	struct stat st;
	int rc = 0;

	*out = (struct rows){ 0 };
	if (!part || !index)
		rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);
	else if (stat(part, &st) == 0 || errno != ENOENT)
		rc = rows_read(part, kind, format, index, "remove it, or run without --resume", out, err);
	inputs_index_free(index);
	free(part);
	return rc;
}

int resume_mark(const struct rows *r, char *const *inputs, int ninputs, bool *done)
{
	enum { SOME = 1, FAILED = 2 };
	struct inputs_index *index = inputs_index_new(inputs, ninputs);
	char *has = calloc((size_t)ninputs + 1, 1);
	int last = r->nrows ? r->row[r->nrows - 1].input : -1, rc = index && has ? 0 : GPPI_E_NOMEM;

	for (size_t k = 0; k < r->nrows && rc == 0; k++)
		if (r->row[k].input >= 0)
			has[r->row[k].input] |= (char)(r->row[k].failed ? SOME | FAILED : SOME);
	for (int i = 0; i < ninputs && rc == 0; i++) {
		char *plain = rows_plain(inputs[i]);
		int as = plain ? inputs_index_find(index, plain) : -1; /* the first of two that are the same */
		done[i] = done[i] && as >= 0 && has[as] == SOME && as != last && !inputs_index_alike(index, i);
		free(plain);
	}
	free(has);
	inputs_index_free(index);
	return rc;
}

int resume_check(const struct rows *r, const struct rows_kind *kind, const bool *done, const char *path,
		 const char *asked, struct gppi_error *err)
{
	for (size_t i = 0; i < r->nrows; i++) {
		const struct row *row = &r->row[i];
		if (row->input < 0 || !done[row->input])
			continue;
		if (row->foreign)
			return err_set(err, GPPI_E_FORMAT, "%s.part: the row of %s is of another version of gppi; "
				       "start anew without --resume", path, row->name);
		if (row->asked[0] && strcmp(row->asked, asked) != 0)
			return err_set(err, GPPI_E_FORMAT, "%s.part: the row of %s is of %s %s, not %s; start anew "
				       "without --resume", path, row->name, kind->asked_word, row->asked, asked);
	}
	return 0;
}

size_t resume_keep(struct rows *r, const bool *done)
{
	size_t to = r->head, n = 0;

	for (size_t i = 0; i < r->nrows; i++) {
		struct row row = r->row[i];
		if (row.input < 0 || !done[row.input]) {
			free(row.scan);
			free(row.why);
			continue;
		}
		memmove(r->text + to, r->text + row.at, row.size);
		row.at = to;
		to += row.size;
		r->row[n++] = row;
	}
	r->nrows = n;
	return to;
}
