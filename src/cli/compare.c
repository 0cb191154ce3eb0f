#include "cli/cli.h"

#include "report/compare.h"

static const struct option options[] = {
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

static int compare(const char *truth, const char *results, const char *only, enum cli_format format)
{
	struct compare tables;
	struct cli_out out;
	struct gppi_error err;

	if (compare_files(truth, results, only, &tables, &err) != 0)
		return cli_fail(err.text);
	int rc = cli_out_open(&out, NULL, &err);
	if (rc == 0) {
		if (format == CLI_CSV)
			compare_csv(out.stream, &tables);
		else
			compare_text(out.stream, &tables);
		rc = cli_out_finish(&out, &err);
	}
	compare_free(&tables);
	return rc == 0 ? CLI_OK : cli_fail(err.text);
}

int cmd_compare(int argc, char **argv)
{
	enum cli_format format = CLI_TEXT;
	const char *truth = NULL, *only = NULL;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_TRUTH:
			truth = optarg;
			break;
		case OPT_ONLY:
			only = optarg;
			break;
		case OPT_CSV:
			format = CLI_CSV;
			break;
		case OPT_VERSION:
			return cli_version();
		case 'h':
			return cli_help(help_compare);
		default:
			return cli_bad_option("compare", argv, opt);
		}
	}
	if (!truth)
		return cli_usage("compare", "--truth FILE is needed");
	if (optind + 1 != argc)
		return cli_usage("compare", "name one file of results");
	if (cli_environment("compare") != CLI_OK)
		return CLI_USAGE;
	return compare(truth, argv[optind], only, format);
}
