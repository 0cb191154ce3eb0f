#include "cli/cli.h"

#include <string.h>

#include "report/compare.h"

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

static int compare(const char *truth, const char *results, const char *only, const char *figure, bool csv)
{
	struct compare tables;
	struct gppi_error err;

	if (compare_files(truth, results, only, &tables, &err) != 0)
		return cli_fail(err.text);
	int rc = figure ? print(figure, &tables, compare_figure, &err) : 0;
	if (rc == 0)
		rc = print(NULL, &tables, csv ? compare_csv : compare_text, &err);
	compare_free(&tables);
	return rc == 0 ? CLI_OK : cli_fail(err.text);
}

int cmd_compare(int argc, char **argv)
{
	const char *truth = NULL, *only = NULL, *figure = NULL;
	bool csv = false;
	const struct cli_option options[] = { { "truth", &truth, NULL }, { "only", &only, NULL },
					      { "figure", &figure, NULL }, { "csv", NULL, &csv } };
	int status = cli_options("compare", help_compare, options, 4, argc, argv);

	if (status >= 0)
		return status;
	if (!truth)
		return cli_usage("compare", "--truth FILE is needed");
	if (figure && strcmp(figure, "-") == 0)
		return cli_usage("compare", "--figure needs a file");
	if (optind + 1 != argc)
		return cli_usage("compare", "name one file of results");
	if (cli_environment("compare") != CLI_OK)
		return CLI_USAGE;
	return compare(truth, argv[optind], only, figure, csv);
}
