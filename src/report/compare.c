#include "report/compare.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/number.h"
#include "base/os.h"
#include "report/report.h"

#define LINE_MAX_BYTES ((size_t)1 << 20) /* of a line of results */

/* Where a result has the plane of each solution: a path of keys, or a name in second_opinion.solutions. */
static const struct source {
	const char *name, *key[3];
	const char *heavy;
} sources[COMPARE_MAX] = {
	{ "gppi", { "gppi_exact" }, NULL },
	{ "long-axis", { "models", "longaxis", "plane" }, NULL },
	{ "SV", { "models", "sv", "plane" }, NULL },
	{ "CW", { "models", "cw", "plane" }, NULL },
	{ "SN", { NULL }, "sn" },
	{ "MH", { NULL }, "mh" },
	{ "EK", { NULL }, "ek" },
	{ "BM", { NULL }, "bm" },
	{ "CW native", { NULL }, "cw-native" },
};

/* One solution while results are read: its planes as a table of predictions. */
struct column {
	FILE *stream;
	char *text;
	size_t size;
	int planes, timed;
	double seconds, inferences;
	struct compare_solution *solution;
};

static bool wanted(const char *name, const char *only)
{
	size_t n = strlen(name);

	for (const char *at = only; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncasecmp(at, name, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	return !only;
}

static const json_t *opinion(const json_t *line, const char *solution)
{
	const json_t *list = json_object_get(json_object_get(line, "second_opinion"), "solutions");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(one, "solution"));
		if (name && strcmp(name, solution) == 0)
			return one;
	}
	return NULL;
}

static double figure(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static double plane_of(const json_t *line, const struct source *s, struct column *c)
{
	const json_t *at = line;

	if (s->heavy) {
		at = opinion(line, s->heavy);
		double seconds = figure(at, "seconds");
		if (!isnan(seconds) && !isnan(figure(at, "plane"))) {
			c->seconds += seconds;
			c->inferences += figure(at, "inferences");
			c->timed++;
			c->solution->parameters = figure(at, "parameters");
			c->solution->members = (int)json_integer_value(json_object_get(at, "members"));
			/* Not a NaN if one is none. */
			c->solution->memory = fmax(c->solution->memory, figure(at, "memory"));
		}
		return figure(at, "plane");
	}
	if (strcmp(s->name, "gppi") == 0) {
		double seconds = figure(json_object_get(line, "seconds"), "total");
		const json_t *list = json_object_get(json_object_get(line, "second_opinion"), "solutions");
		for (size_t i = 0; i < json_array_size(list); i++)
			seconds -= figure(json_array_get(list, i), "seconds");
		if (!isnan(seconds)) { /* one that failed has none */
			c->seconds += seconds;
			c->timed++;
		}
	}
	for (int i = 0; i < 2 && s->key[i + 1]; i++)
		at = json_object_get(at, s->key[i]);
	return figure(at, s->key[2] ? s->key[2] : s->key[0]);
}

static int take_line(const char *text, size_t number, const char *path, struct column *column, struct gppi_error *err)
{
	json_t *line = json_loads(text, 0, NULL);
	const char *name = json_string_value(json_object_get(line, "name"));
	int rc = 0;

	if (!name)
		rc = err_set(err, GPPI_E_FORMAT, "%s: line %zu is no result of gppi detect --json", path, number);
	for (int i = 0; i < COMPARE_MAX && rc == 0; i++) {
		char plane[32] = "";
		double at = plane_of(line, &sources[i], &column[i]);
		if (!isnan(at)) {
			number_fixed(plane, sizeof plane, 0, round(at));
			column[i].planes++;
		}
		report_csv_field(column[i].stream, name);
		fprintf(column[i].stream, ",%s\n", plane);
	}
	json_decref(line);
	return rc;
}

static int read_results(const char *path, struct column *column, struct gppi_error *err)
{
	FILE *file;
	char *line = malloc(LINE_MAX_BYTES);
	int rc = line ? file_stream(path, &file, NULL, err) : err_set(err, GPPI_E_NOMEM, "%s: out of memory", path);

	if (rc < 0) {
		free(line);
		return rc;
	}
	for (size_t n = 1; rc == 0 && fgets(line, (int)LINE_MAX_BYTES, file); n++)
		if (strlen(line) == LINE_MAX_BYTES - 1)
			rc = err_set(err, GPPI_E_FORMAT, "%s: line %zu is too long for a result", path, n);
		else if (line[strspn(line, " \t\r\n")])
			rc = take_line(line, n, path, column, err);
	if (rc == 0 && ferror(file))
		rc = err_set(err, GPPI_E_IO, "%s: cannot be read", path);
	fclose(file);
	free(line);
	return rc;
}

/* Judges the planes of one column, if it has any. */
static int judge(const char *truth, const char *results, struct column *c, struct compare *out, struct gppi_error *err)
{
	if (c->planes == 0)
		return 0;
	struct compare_solution *s = &out->solution[out->n];
	*s = *c->solution;
	s->seconds = c->timed ? c->seconds / c->timed : NAN;
	s->inferences = c->timed && s->members ? c->inferences / c->timed : NAN;
	int rc = eval_predictions(truth, results, c->text, c->size, &s->eval, err);
	out->n += rc == 0;
	return rc;
}

int compare_files(const char *truth, const char *results, const char *only, struct compare *out, struct gppi_error *err)
{
	struct column column[COMPARE_MAX] = { 0 };
	struct compare_solution named[COMPARE_MAX];
	int rc = 0;

	*out = (struct compare){ 0 };
	for (int i = 0; i < COMPARE_MAX && rc == 0; i++) {
		named[i] = (struct compare_solution){ .name = sources[i].name, .parameters = NAN, .memory = NAN };
		column[i].solution = &named[i];
		column[i].stream = os_text_open(&column[i].text, &column[i].size);
		if (!column[i].stream)
			rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", results);
		else
			fputs("Image Name,Growth Plate Index\n", column[i].stream);
	}
	if (rc == 0)
		rc = read_results(results, column, err);
	for (int i = 0; i < COMPARE_MAX; i++) {
		if (column[i].stream && os_text_close(column[i].stream, &column[i].text, &column[i].size) != 0 &&
		    rc == 0)
			rc = err_set(err, GPPI_E_NOMEM, "%s: out of memory", results);
		if (rc == 0 && wanted(sources[i].name, only))
			rc = judge(truth, results, &column[i], out, err);
		free(column[i].text);
	}
	if (rc == 0 && out->n == 0)
		rc = err_set(err, GPPI_E_FORMAT, "%s: has no plane of the solutions asked for", results);
	if (rc < 0)
		compare_free(out);
	return rc;
}

void compare_free(struct compare *compare)
{
	for (int i = 0; i < compare->n; i++)
		eval_free(&compare->solution[i].eval);
	*compare = (struct compare){ 0 };
}
