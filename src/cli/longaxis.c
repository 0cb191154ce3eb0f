#include "cli/cli.h"

#include <math.h>
#include <string.h>

#include "base/printable.h"
#include "cli/detect.h"
#include "cli/spare.h"
#include "report/report.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "output", required_argument, NULL, 'o' },
	{ "um-per-row", required_argument, NULL, OPT_UM_PER_ROW },
	{ "together", no_argument, NULL, OPT_TOGETHER },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "weights", required_argument, NULL, OPT_WEIGHTS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

struct request {
	struct gppi_picture_options opt;
	const char *output, *weights;
	bool json, together;
};

/* A file's name without folders and suffix. */
static void short_name(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);

	n = n < size ? n : size - 1;
	memcpy(name, base, n);
	name[n] = 0;
}

static void print_text(FILE *out, const char *name, const struct gppi_picture_result *r)
{
	char row[16] = "-", mm[24] = "";

	if (r->row >= 0)
		snprintf(row, sizeof row, "%d", r->row);
	if (isfinite(r->mm))
		snprintf(mm, sizeof mm, "%.3f mm", r->mm);
	printable_put(out, name, 24);
	fprintf(out, " %5s %11s  %.2f  %s", row, mm, r->confidence, r->nreasons ? "REVIEW" : "ok");
	for (int i = 0; i < r->nreasons; i++)
		fprintf(out, "%s %s", i ? ";" : "", r->reason[i]);
	fputc('\n', out);
}

static int print_json(FILE *out, const char *name, const struct gppi_picture_result *r,
		      const struct gppi_models *models, struct gppi_error *err)
{
	json_t *review = json_array();

	for (int i = 0; review && i < r->nreasons; i++)
		json_array_append_new(review, report_string(r->reason[i]));
	return report_json_line(out, json_pack(
		"{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:s, s:o, s:o}", "name", report_string(name),
		"gppi", report_index(r->row), "gppi_exact", report_number(r->row_exact, 3),
		"gppi_mm", report_number(r->mm, 5), "distal_down", r->distal_down,
		"confidence", report_number(r->confidence, 4), "review", review,
		"version", GPPI_VERSION, "seconds", report_number(r->seconds, 4),
		"trained_on", report_string(gppi_models_trained_on_pictures(models))), err);
}

/* One line for the pictures of one bone. */
static int report(const struct request *q, const struct gppi_models *models, char **paths, int n,
		  FILE *out)
{
	struct gppi_picture_result r;
	struct gppi_error error;
	struct gppi_error err;
	char name[256];

	if (gppi_longaxis(models, (const char *const *)paths, n, &q->opt, &r, &error) != GPPI_OK)
		return cli_fail(error.text);
	short_name(paths[0], name, sizeof name);
	if (!q->json)
		print_text(out, name, &r);
	else if (print_json(out, name, &r, models, &err) < 0)
		return cli_fail(err.text);
	return r.row < 0 ? CLI_FAILED : CLI_OK;
}

static int parse(int argc, char **argv, struct request *q)
{
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_JSON: q->json = true; break;
		case OPT_TOGETHER: q->together = true; break;
		case OPT_WEIGHTS: q->weights = optarg; break;
		case 'o': q->output = optarg; break;
		case OPT_UM_PER_ROW:
			if (!cli_double(optarg, 0.5, 200, &q->opt.um_per_row))
				return cli_usage("longaxis", "--um-per-row is a distance of 0.5 to 200 um, not \"%s\"",
						 optarg);
			break;
		case OPT_ENGINE:
			if (!detect_engine(optarg, &q->opt.engine))
				return cli_usage("longaxis", "--engine is int8 or fp32, not \"%s\"", optarg);
			break;
		case 'h': return -1 - cli_help(help_longaxis);
		case OPT_VERSION: return -1 - cli_version();
		default: return cli_bad_option("longaxis", argv, c);
		}
	}
	if (optind == argc)
		return cli_usage("longaxis", "name at least one picture");
	return cli_environment("longaxis");
}

int cmd_longaxis(int argc, char **argv)
{
	struct request q = { 0 };
	struct gppi_models *models;
	struct gppi_error error;
	struct cli_out out;
	struct gppi_error err;
	int status = parse(argc, argv, &q);

	if (status != CLI_OK)
		return status < 0 ? -1 - status : status;
	if (gppi_models_open(q.weights, &models, &error) != GPPI_OK)
		return cli_fail(error.text);
	struct spare spare = { .more = (const char *const *)argv + optind, .nmore = (size_t)(argc - optind) };
	int open = spare_check(&spare, q.output, &err);
	spare_free(&spare);
	if (open < 0 || cli_out_open(&out, q.output, &err) < 0) {
		gppi_models_free(models);
		return cli_fail(err.text);
	}
	int step = q.together ? argc - optind : 1;
	for (int i = optind; i < argc; i += step) {
		int rc = report(&q, models, argv + i, step, out.stream);
		cli_out_flush(&out);
		status = rc > status ? rc : status;
	}
	gppi_models_free(models);
	if (cli_out_finish(&out, &err) < 0)
		status = cli_fail(err.text);
	return status;
}
