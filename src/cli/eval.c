#include "cli/cli.h"

#include "report/eval.h"

#include <math.h>

static const struct option options[] = {
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

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
	enum cli_format format = CLI_TEXT;
	const char *truth = NULL;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_TRUTH:
			truth = optarg;
			break;
		case OPT_JSON:
		case OPT_CSV:
			if (format != CLI_TEXT)
				return cli_usage("eval", "choose one of --json and --csv");
			format = opt == OPT_JSON ? CLI_JSON : CLI_CSV;
			break;
		case OPT_VERSION:
			return cli_version();
		case 'h':
			return cli_help(help_eval);
		default:
			return cli_bad_option("eval", argv, opt);
		}
	}
	if (!truth)
		return cli_usage("eval", "--truth FILE is needed");
	if (optind + 1 != argc)
		return cli_usage("eval", "name one file of predictions");
	if (cli_environment("eval") != CLI_OK)
		return CLI_USAGE;
	return evaluate(truth, argv[optind], format);
}
