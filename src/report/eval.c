#include "report/eval.h"

#include <math.h>
#include <stdlib.h>

#include "gppi/gppi.h"

const int eval_limit[3] = { 1, 3, 5 };

/* Error, score and the sums over all matched bones. */
static void figures(struct eval *eval)
{
	double n = 0, sum_abs = 0, sum = 0, score = 0, square = 0, within[3] = { 0 };

	for (size_t i = 0; i < eval->nbones; i++) {
		struct eval_bone *b = &eval->bone[i];
		b->error = b->predicted - b->truth;
		b->score = NAN;
		if (isnan(b->error))
			continue;
		b->score = gppi_score(b->predicted, b->truth);
		n++;
		sum_abs += fabs(b->error);
		sum += b->error;
		score += b->score;
		for (int k = 0; k < 3; k++)
			within[k] += fabs(b->error) <= eval_limit[k];
	}
	eval->nmatched = (size_t)n;
	eval->mae = sum_abs / n; /* 0 / 0 is NAN, which every writer shows as unknown */
	eval->bias = sum / n;
	eval->score_sum = n > 0 ? score : NAN;
	eval->score_mean = score / n;
	for (size_t i = 0; i < eval->nbones; i++)
		if (!isnan(eval->bone[i].score))
			square += pow(eval->bone[i].score - eval->score_mean, 2);
	eval->score_sd = sqrt(square / n);
	for (int k = 0; k < 3; k++)
		eval->within[k] = within[k] / n;
}

static int join(const char *truth_path, struct eval *out, struct gppi_error *err)
{
	const size_t n = out->truth.csv.nrows;

	if (n == 0)
		return err_set(err, GPPI_E_FORMAT, "%s: lists no bones", truth_path);
	out->bone = calloc(n, sizeof *out->bone);
	if (!out->bone)
		return err_set(err, GPPI_E_NOMEM, "%s: out of memory", truth_path);
	out->nbones = n;
	out->nunknown = out->predicted.csv.nrows;
	for (size_t i = 0; i < n; i++) {
		const struct eval_plane *truth = &out->truth.plane[i];
		const struct eval_plane *hit = eval_planes_by_key(&out->predicted, truth->key);
		out->nunknown -= hit != NULL;
		out->bone[truth->row] = (struct eval_bone){ .name = truth->name, .truth = truth->index,
							    .predicted = hit ? hit->index : NAN };
	}
	figures(out);
	return 0;
}

int eval_predictions(const char *truth_path, const char *label, const char *text, size_t size, struct eval *out,
		     struct gppi_error *err)
{
	*out = (struct eval){ 0 };
	int rc = eval_planes_read(truth_path, NULL, 0, EVAL_WHOLE, &out->truth, err);
	if (rc == 0)
		rc = eval_planes_read(label, text, size, EVAL_SOME, &out->predicted, err);
	if (rc == 0)
		rc = join(truth_path, out, err);
	if (rc < 0)
		eval_free(out);
	return rc;
}

int eval_files(const char *truth_path, const char *predicted_path, struct eval *out, struct gppi_error *err)
{
	return eval_predictions(truth_path, predicted_path, NULL, 0, out, err);
}

void eval_free(struct eval *eval)
{
	free(eval->bone);
	eval_planes_free(&eval->truth);
	eval_planes_free(&eval->predicted);
	*eval = (struct eval){ 0 };
}
