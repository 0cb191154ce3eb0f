/* From results to what people and programs read. Text, CSV and JSON go to a stream and report no
 * failure themselves: the caller checks the stream once at the end (ferror, or the commit). */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "gppi/gppi.h"
#include "base/err.h"

/* One line for a person, the name padded to `name_width` columns. */
void report_text(FILE *out, const struct gppi_result *result, int name_width);
/* Reasons joined by "; " into buf (cut at size - 1). Returns buf. */
const char *report_reasons(const struct gppi_result *result, char *buf, size_t size);
/* "0.97", rounded down so that a doubtful 0.999 never reads as certain. */
const char *report_confidence(double confidence, char *buf, size_t size);

/* JSON Lines. The fields are a public contract, described in gppi(1). -ENOMEM-like failures
 * give GPPI_E_NOMEM. `models` supplies the weights used. */
int report_json(FILE *out, const struct gppi_result *result, const struct gppi_models *models,
		struct gppi_error *err);
/* The same as an object, for more to be added; NULL: out of memory. */
json_t *report_result(const struct gppi_result *result, const struct gppi_models *models);
/* A bone, or a whole input, that gave no result. */
struct report_failure {
	const char *name;  /* the bone's; where it has none, the file's */
	const char *input; /* as given */
	int index;         /* of the scan within the input; -1: the input could not be opened */
	const struct gppi_error *why;
};
int report_json_failure(FILE *out, const struct report_failure *failure, struct gppi_error *err);

/* What became of a bone in a word: "ok", "REVIEW", or "none" where no plane could be given. Failures are "failed". */
const char *report_status(const struct gppi_result *result);

/* JSON helpers shared with the commands. A number that is not finite becomes null; bytes that
 * are no UTF-8 become '?'. A NULL from jansson (out of memory) is passed on. */
json_t *report_number(double value, int decimals);
json_t *report_index(int value); /* negative: null */
json_t *report_string(const char *text);
/* Whose bone it is: an object of all fields of the struct, null for what the file does not say. */
json_t *report_identity(const struct gppi_identity *who);
/* Second opinions: their names in the order of columns, in words, the plane of one (NAN: none), all of them in JSON
 * (null: not asked for). */
extern const char *const report_solutions[GPPI_MAX_OPINIONS];
const char *report_solution_word(const char *solution);
double report_opinion(const struct gppi_result *r, const char *solution);
json_t *report_opinions(const struct gppi_result *r);
/* Writes `object` as one line and drops the reference; NULL counts as out of memory. */
int report_json_line(FILE *out, json_t *object, struct gppi_error *err);

/* The challenge's columns first, then more to the right. */
void report_csv_head(FILE *out);
void report_csv(FILE *out, const struct gppi_result *result);
void report_csv_failure(FILE *out, const struct report_failure *failure);
/* One field, quoted where RFC 4180 asks for it. Text that a spreadsheet would take for a formula (it begins
 * with = + - @ or a tab, and is no number) gets a ' in front; what acts on a terminal becomes '?'. */
void report_csv_field(FILE *out, const char *text);
/* Would a spreadsheet take a cell of n bytes for a formula? Plain numbers with a sign it would not. */
bool report_csv_formula(const char *cell, size_t n);

const char *report_spacing_word(enum gppi_spacing known);
const char *report_engine_word(enum gppi_engine engine);

/* Did this network take part in the result? */
bool report_used_model(const struct gppi_result *result, const struct gppi_model_info *model);

#endif
