#include "cli/cli.h"

#include <string.h>

#include "report/compare.h"

static const struct option options[] = {
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "figure", required_argument, NULL, OPT_FIGURE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

static int print(const char *path, const struct compare *tables, void (*write)(FILE *, const struct compare *),
		 struct gppi_error *err)
{
	struct cli_out out;
	int rc = cli_out_open(&out, path, err);

	if (rc < 0)
		return rc;
	write(out.stream, tables);
	return cli_out_finish(&out, err);
}

static int compare(const char *truth, const char *results, const char *only, const char *figure, enum cli_format format)
{
	struct compare tables;
	struct gppi_error err;

	if (compare_files(truth, results, only, &tables, &err) != 0)
		return cli_fail(err.text);
	int rc = figure ? print(figure, &tables, compare_figure, &err) : 0;
	if (rc == 0)
		rc = print(NULL, &tables, format == CLI_CSV ? compare_csv : compare_text, &err);
	compare_free(&tables);
	return rc == 0 ? CLI_OK : cli_fail(err.text);
}

int cmd_compare(int argc, char **argv)
{
	enum cli_format format = CLI_TEXT;
	const char *truth = NULL, *only = NULL, *figure = NULL;
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
		case OPT_FIGURE:
			figure = optarg;
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
	if (figure && (!*figure || strcmp(figure, "-") == 0))
		return cli_usage("compare", "--figure needs a file");
	if (optind + 1 != argc)
		return cli_usage("compare", "name one file of results");
	if (cli_environment("compare") != CLI_OK)
		return CLI_USAGE;
	return compare(truth, argv[optind], only, figure, format);
}
