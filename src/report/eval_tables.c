#include "report/eval.h"

#include <math.h>

#include "base/printable.h"
#include "report/report.h"

static int name_width(const struct eval *eval)
{
	size_t width = 10;
	for (size_t i = 0; i < eval->nbones; i++) {
		size_t n = printable_width(eval->bone[i].name);
		width = n > width ? n : width;
	}
	return width > 40 ? 40 : (int)width;
}

void eval_text(FILE *out, const struct eval *eval)
{
	int w = name_width(eval);

	fprintf(out, "%-*s  %7s  %9s  %6s  %5s\n", w, "bone", "truth", "predicted", "error", "score");
	for (size_t i = 0; i < eval->nbones; i++) {
		const struct eval_bone *b = &eval->bone[i];
		printable_put(out, b->name, w);
		if (isnan(b->error))
			fprintf(out, "  %7g  %9s\n", b->truth, "missing");
		else
			fprintf(out, "  %7g  %9g  %+6g  %5.3f\n", b->truth, b->predicted, b->error, b->score);
	}
	fprintf(out, "\nbones              %zu of %zu\n", eval->nmatched, eval->nbones);
	if (eval->nmatched == 0)
		return;
	fprintf(out, "MAE                %.2f planes\n", eval->mae);
	fprintf(out, "bias               %+.2f planes\n", eval->bias);
	fprintf(out, "mean score         %.3f\n", eval->score_mean);
	fprintf(out, "s.d. of score      %.3f\n", eval->score_sd);
	fprintf(out, "sum of scores      %.2f\n", eval->score_sum);
	for (int k = 0; k < 3; k++)
		fprintf(out, "within %d plane%s    %s%.1f %%\n", eval_limit[k], eval_limit[k] == 1 ? "" : "s",
			eval_limit[k] == 1 ? " " : "", 100 * eval->within[k]);
}

void eval_csv(FILE *out, const struct eval *eval)
{
	fputs("Image Name,Growth Plate Index,Predicted,Error,Score\n", out);
	for (size_t i = 0; i < eval->nbones; i++) {
		const struct eval_bone *b = &eval->bone[i];
		report_csv_field(out, b->name);
		if (isnan(b->error))
			fprintf(out, ",%g,,,\n", b->truth);
		else
			fprintf(out, ",%g,%g,%g,%.4f\n", b->truth, b->predicted, b->error, b->score);
	}
}

int eval_json(FILE *out, const struct eval *eval, struct gppi_error *err)
{
	json_t *bones = json_array(), *missing = json_array();

	for (size_t i = 0; i < eval->nbones; i++) {
		const struct eval_bone *b = &eval->bone[i];
		json_array_append_new(bones, json_pack("{s:o, s:o, s:o, s:o, s:o}",
			"name", report_string(b->name), "truth", report_number(b->truth, 3),
			"predicted", report_number(b->predicted, 3), "error", report_number(b->error, 3),
			"score", report_number(b->score, 6)));
		if (isnan(b->error))
			json_array_append_new(missing, report_string(b->name));
	}
	return report_json_line(out, json_pack(
		"{s:o, s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o}}",
		"bones", bones, "missing", missing, "n", (int)eval->nbones,
		"matched", (int)eval->nmatched, "unknown", (int)eval->nunknown,
		"mae", report_number(eval->mae, 6), "bias", report_number(eval->bias, 6),
		"score_mean", report_number(eval->score_mean, 6),
		"score_sd", report_number(eval->score_sd, 6),
		"score_sum", report_number(eval->score_sum, 6), "within",
		"1", report_number(eval->within[0], 6), "3", report_number(eval->within[1], 6),
		"5", report_number(eval->within[2], 6)), err);
}
