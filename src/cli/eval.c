#include "cli/cli.h"

#include "report/eval.h"

#include <math.h>

static int print(const struct eval *eval, enum cli_format format, struct gppi_error *err)
{
	struct cli_out out;
	int rc = cli_out_open(&out, NULL, err);

	if (rc)
		return rc;
	if (format == CLI_JSON)
		rc = eval_json(out.stream, eval, err);
	else if (format == CLI_CSV)
		eval_csv(out.stream, eval);
	else
		eval_text(out.stream, eval);
	return rc ? rc : cli_out_finish(&out, err);
}

static int evaluate(const char *truth, const char *predicted, enum cli_format format)
{
	struct eval eval;
	struct gppi_error err;
	int status = CLI_OK;

	if (eval_files(truth, predicted, &eval, &err) != 0)
		return cli_fail(err.text);
	if (print(&eval, format, &err) != 0)
		status = cli_fail(err.text);
	for (size_t i = 0; i < eval.nbones; i++)
		if (isnan(eval.bone[i].predicted)) {
			err_set(&err, GPPI_E_FORMAT, "%s: has no prediction for %s", predicted,
				eval.bone[i].name);
			status = cli_fail(err.text);
		}
	if (eval.nunknown > 0)
		fprintf(stderr, "gppi: note: %zu prediction%s of bones that are not in the truth\n",
			eval.nunknown, eval.nunknown == 1 ? "" : "s");
	eval_free(&eval);
	return status;
}

int cmd_eval(int argc, char **argv)
{
	const char *truth = NULL;
	bool json = false, csv = false;
	const struct cli_option options[] = { { "truth", &truth, NULL }, { "json", NULL, &json },
					      { "csv", NULL, &csv } };
	int status = cli_options("eval", help_eval, options, 3, argc, argv);

	if (status >= 0)
		return status;
	if (json && csv)
		return cli_usage("eval", "choose one of --json and --csv");
	if (!truth)
		return cli_usage("eval", "--truth FILE is needed");
	if (optind + 1 != argc)
		return cli_usage("eval", "name one file of predictions");
	if (cli_environment("eval") != CLI_OK)
		return CLI_USAGE;
	return evaluate(truth, argv[optind], json ? CLI_JSON : csv ? CLI_CSV : CLI_TEXT);
}
