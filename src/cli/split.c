/* gppi split: the bones of a holder as volumes of their own. */
#define _GNU_SOURCE
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "cli/detect.h"
#include "cli/names.h"
#include "cli/spare.h"
#include "report/report.h"

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "margin", required_argument, NULL, OPT_MARGIN },
	{ "voxel-um", required_argument, NULL, OPT_VOXEL },
	{ "axis", required_argument, NULL, OPT_AXIS },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

struct request {
	struct gppi_options opt;
	const char *folder;
	enum cli_format format;
	struct names_inputs inputs;
	struct names names; /* no file is written twice */
	struct spare spare; /* nor over what is read */
};

static void print_csv(FILE *out, const struct gppi_bone *b, const char *path)
{
	report_csv_field(out, b->name);
	fprintf(out, ",%d,%d,%d,%d,%d,%d,%d,%d", b->bone ? b->bone : 1, b->bone ? b->bones : 1, b->offset[0],
		b->offset[1], b->offset[2], b->dims[0], b->dims[1], b->dims[2]);
	for (int i = 0; i < 3; i++)
		fprintf(out, ",%.4g", b->spacing_um[i]);
	fprintf(out, ",%s,", report_spacing_word(b->spacing_known));
	report_csv_field(out, path);
	fputc(',', out);
	report_csv_field(out, b->input);
	fputc('\n', out);
}

static int print_json(FILE *out, const struct gppi_bone *b, const char *path, struct gppi_error *err)
{
	return report_json_line(out, json_pack(
		"{s:o, s:i, s:i, s:[i, i, i], s:[i, i, i], s:[o, o, o], s:s, s:o, s:o}",
		"name", report_string(b->name), "bone", b->bone ? b->bone : 1, "bones", b->bone ? b->bones : 1,
		"offset", b->offset[0], b->offset[1], b->offset[2], "dims", b->dims[0], b->dims[1], b->dims[2],
		"spacing_um", report_number(b->spacing_um[0], 4), report_number(b->spacing_um[1], 4),
		report_number(b->spacing_um[2], 4), "spacing_known", report_spacing_word(b->spacing_known),
		"file", report_string(path), "input", report_string(b->input)), err);
}

/* One scan: its bones are number i .. i+n-1 of the input. Returns enum cli_exit. */
static int split_scan(struct request *q, struct gppi_input *input, int i, int n, struct cli_out *out)
{
	struct gppi_bone *bone = calloc((size_t)n, sizeof *bone);
	char **path = calloc((size_t)n, sizeof *path);
	struct gppi_error error = { 0 };
	int status = CLI_OK;
	struct gppi_error err;

	if (!bone || !path) {
		free(bone);
		free(path);
		return cli_fail("out of memory for the bones of a scan");
	}
	for (int k = 0; k < n && status == CLI_OK; k++) {
		if (names_take(&q->names, input, i + k, &error) != GPPI_OK ||
		    gppi_input_bone(input, i + k, &bone[k], &error) != GPPI_OK) {
			status = cli_fail(error.text);
		} else if (asprintf(&path[k], "%s/%s.nii", q->folder, bone[k].name) < 0) {
			path[k] = NULL;
			status = cli_fail("out of memory while naming a file");
		}
	}
	for (int k = 0; k < n && status == CLI_OK; k++)
		if (spare_check(&q->spare, path[k], &err) < 0)
			status = cli_fail(err.text);
	if (status == CLI_OK &&
	    gppi_write_bones(input, i, n, (const char *const *)path, q->opt.threads, &error) != GPPI_OK)
		status = cli_fail(error.text);
	for (int k = 0; k < n && status == CLI_OK; k++) {
		if (q->format == CLI_JSON && print_json(out->stream, &bone[k], path[k], &err) < 0)
			status = cli_fail(err.text);
		else if (q->format != CLI_JSON)
			print_csv(out->stream, &bone[k], path[k]);
	}
	cli_out_flush(out);
	for (int k = 0; k < n; k++)
		free(path[k]);
	free(bone);
	free(path);
	return status;
}

static int split_input(struct request *q, int number, struct cli_out *out)
{
	struct gppi_input *input;
	struct gppi_error error;
	int status = CLI_OK;

	if (names_open(&q->names, number, &q->opt, &input, &error) != GPPI_OK) {
		gppi_input_free(input);
		return cli_fail(error.text);
	}
	for (int i = 0, n; i < gppi_input_count(input); i += n) {
		n = gppi_input_split(input, i, &q->opt, &error);
		int rc = n < 0 ? cli_fail(error.text) : split_scan(q, input, i, n, out);
		n = n < 1 ? 1 : n;
		status = rc > status ? rc : status;
	}
	gppi_input_free(input);
	return status;
}

static int parse(int argc, char **argv, struct request *q)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_JSON: q->format = CLI_JSON; break;
		case OPT_CSV: q->format = CLI_CSV; break;
		case 'o': q->folder = optarg; break;
		case OPT_MARGIN:
			if (!cli_double(optarg, 0, 10000, &q->opt.margin_um))
				return cli_usage("split", "--margin is a length of 0 to 10000 um, not \"%s\"", optarg);
			break;
		case OPT_VOXEL:
			if (!cli_double(optarg, 0.1, 1000, &q->opt.voxel_um))
				return cli_usage("split", "--voxel-um needs a number from 0.1 to 1000, not \"%s\"",
						 optarg);
			break;
		case OPT_AXIS:
			if (!cli_axis(optarg, &q->opt.axis))
				return cli_usage("split", "--axis is x, y or z, not \"%s\"", optarg);
			break;
		case OPT_THREADS:
			if (!cli_int(optarg, 1, THREADS_MAX, &q->opt.threads))
				return cli_usage("split", "--threads needs a whole number from 1 to %d, not \"%s\"",
						 THREADS_MAX, optarg);
			break;
		case 'h': return -1 - cli_help(help_split);
		case OPT_VERSION: return -1 - cli_version();
		default: return cli_bad_option("split", argv, c);
		}
	}
	if (!q->folder || !*q->folder)
		return cli_usage("split", "say with -o in which folder the bones shall be written");
	return optind < argc ? CLI_OK : cli_usage("split", "name at least one file or folder");
}

int cmd_split(int argc, char **argv)
{
	struct request q = { .format = CLI_CSV };
	struct cli_out out;
	struct gppi_error err;

	gppi_options_default(&q.opt);
	int status = parse(argc, argv, &q);
	if (status != CLI_OK)
		return status < 0 ? -1 - status : status;
	q.inputs = (struct names_inputs){ .path = argv + optind, .n = argc - optind };
	if (qc_folder(q.folder, &err) != 0 || names_plan(&q.names, &q.inputs, &q.opt, &err) != 0 ||
	    cli_out_open(&out, NULL, &err) != 0) {
		names_free(&q.names);
		return cli_fail(err.text);
	}
	q.spare.names = &q.names;
	if (q.format == CLI_CSV)
		fputs("Image Name,Bone,Bones,Offset x,Offset y,Offset z,Size x,Size y,Size z,Spacing x um,"
		      "Spacing y um,Spacing z um,Spacing known,File,Input\n", out.stream);
	for (int i = 0; i < argc - optind; i++) {
		int rc = split_input(&q, i, &out);
		status = rc > status ? rc : status;
	}
	spare_free(&q.spare);
	names_free(&q.names);
	if (cli_out_finish(&out, &err) != 0)
		status = cli_fail(err.text);
	return status;
}
