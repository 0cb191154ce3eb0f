/* Predictions against known planes: the tables of the challenge paper. */
#ifndef REPORT_EVAL_H
#define REPORT_EVAL_H

#include <stdbool.h>
#include <stdio.h>

#include "report/eval_planes.h"

struct eval_bone {
	const char *name;  /* as in the truth table, without .nii */
	double truth;
	double predicted;  /* NAN: missing from the predictions */
	double error;      /* predicted - truth */
	double score;      /* Eq. 1 */
};

struct eval {
	struct eval_bone *bone; /* in the order of the truth table */
	size_t nbones;
	size_t nmatched;        /* with a prediction; all figures below are over these, NAN for none */
	size_t nunknown;        /* predictions without a truth */
	double mae, bias;       /* mean of |error|, of error, in planes */
	double score_mean, score_sd, score_sum; /* s.d. of the population */
	double within[3];       /* share with |error| <= eval_limit[i] */
	struct eval_planes truth, predicted; /* hold the names */
};
extern const int eval_limit[3]; /* 1, 3, 5 planes */

/* Joins the two tables, both in the challenge's columns. Missing columns, numbers that are none
 * and bones named twice are errors. Owned by the caller: eval_free(). */
int eval_files(const char *truth_path, const char *predicted_path, struct eval *out, struct gppi_error *err);
/* The same with predictions in memory; label names them in messages. */
int eval_predictions(const char *truth_path, const char *label, const char *text, size_t size, struct eval *out,
		     struct gppi_error *err);
void eval_free(struct eval *eval);

void eval_text(FILE *out, const struct eval *eval);
void eval_csv(FILE *out, const struct eval *eval);
int eval_json(FILE *out, const struct eval *eval, struct gppi_error *err);

#endif
