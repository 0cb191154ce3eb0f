#include "report/compare.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/printable.h"
#include "report/report.h"

#define NAME_W 24
#define CELL_W 10
#define SHORT (-1) /* decimals: as many as there are */

/* The figures below the bones, as the paper has them. */
static const struct row {
	const char *name;
	int decimals;
} rows[] = { { "MAE", 2 }, { "mean score", 3 }, { "s.d. of score", 3 }, { "sum of scores", 2 }, { "bones", 0 },
	     { "parameters", 0 }, { "networks", 0 }, { "inferences", 0 }, { "seconds a bone", 2 },
	     { "memory, MB", 0 } };
#define ROWS (int)(sizeof rows / sizeof *rows)

static double value(const struct compare_solution *s, int row)
{
	const double values[ROWS] = { s->eval.mae, s->eval.score_mean, s->eval.score_sd, s->eval.score_sum,
				      (double)s->eval.nmatched, s->parameters, s->members ? s->members : NAN,
				      s->inferences,
				      s->seconds, s->memory / 1e6 };

	return values[row];
}

static const char *number(char text[32], double v, int decimals)
{
	return decimals == SHORT ? number_short(text, 32, 6, v) : number_fixed(text, 32, decimals, v);
}

static void cell(FILE *out, double v, int decimals, bool sign)
{
	char text[32] = "-";

	if (!isnan(v))
		number(text, v, decimals);
	fprintf(out, "%*s%s", CELL_W - (int)strlen(text) - (sign && v > 0), "", sign && v > 0 ? "+" : "");
	fputs(text, out);
}

void compare_text(FILE *out, const struct compare *c)
{
	const struct eval *first = &c->solution[0].eval;

	fprintf(out, "%-*s%8s", NAME_W, "predicted - true plane", "truth");
	for (int i = 0; i < c->n; i++)
		fprintf(out, "%*s", CELL_W, c->solution[i].name);
	fputc('\n', out);
	for (size_t b = 0; b < first->nbones; b++) {
		printable_put(out, first->bone[b].name, NAME_W);
		fprintf(out, "%8s", number((char[32]){ "" }, first->bone[b].truth, SHORT));
		for (int i = 0; i < c->n; i++)
			cell(out, c->solution[i].eval.bone[b].error, SHORT, true);
		fputc('\n', out);
	}
	fputc('\n', out);
	for (int r = 0; r < ROWS; r++) {
		fprintf(out, "%-*s%8s", NAME_W, rows[r].name, "");
		for (int i = 0; i < c->n; i++)
			cell(out, value(&c->solution[i], r), rows[r].decimals, false);
		fputc('\n', out);
	}
}

static void csv_cell_of(FILE *out, double v, int decimals)
{
	char text[32];

	fputc(',', out);
	if (!isnan(v))
		fputs(number(text, v, decimals), out);
}

void compare_csv(FILE *out, const struct compare *c)
{
	const struct eval *first = &c->solution[0].eval;

	fputs("Image Name,Growth Plate Index", out);
	for (int i = 0; i < c->n; i++)
		fprintf(out, ",%s error", c->solution[i].name);
	fputc('\n', out);
	for (size_t b = 0; b < first->nbones; b++) {
		report_csv_field(out, first->bone[b].name);
		csv_cell_of(out, first->bone[b].truth, SHORT);
		for (int i = 0; i < c->n; i++)
			csv_cell_of(out, c->solution[i].eval.bone[b].error, SHORT);
		fputc('\n', out);
	}
	for (int r = 0; r < ROWS; r++) {
		fprintf(out, "%s,", rows[r].name);
		for (int i = 0; i < c->n; i++)
			csv_cell_of(out, value(&c->solution[i], r), rows[r].decimals + (r < 4 ? 2 : 0));
		fputc('\n', out);
	}
}
