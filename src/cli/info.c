#include "cli/cli.h"

#include <string.h>

#include "base/printable.h"
#include "report/report.h"

static const char *unit(const struct gppi_scan_info *s)
{
	return s->is_hu ? " HU" : "";
}

static void fact(FILE *out, const char *key, const char *text)
{
	cli_fact(out, 12, key, text);
}

/* "key: value; key: value" as lines of their own. */
static void print_detail(FILE *out, const char *detail)
{
	char part[512];

	while (*detail) {
		size_t n = strcspn(detail, ";");
		snprintf(part, sizeof part, "%.*s", (int)n, detail);
		char *colon = strchr(part, ':');
		if (colon)
			*colon++ = 0;
		fact(out, colon ? part : "note", colon ? colon + (*colon == ' ') : part);
		detail += n;
		detail += strspn(detail, "; ");
	}
}

/* Lines for what the file says of whose bone it is. */
static void print_identity(FILE *out, const struct gppi_identity *who)
{
	const struct { const char *key, *text; } line[] = {
		{ "patient", who->patient_id }, { "name in file", who->patient_name }, { "sample", who->sample },
		{ "measurement", who->measurement }, { "date", who->date }, { "study", who->study },
		{ "series", who->series }, { "accession", who->accession },
	};

	for (size_t i = 0; i < sizeof line / sizeof *line; i++)
		if (line[i].text[0])
			fact(out, line[i].key, line[i].text);
}

static void print_text(FILE *out, const struct gppi_scan_info *s)
{
	static const char *const how[] = { "assumed: the file states none", "read from the file",
					   "given by --voxel-um" };
	char text[128];

	printable_put(out, s->name, 0);
	fputc('\n', out);
	fact(out, "path", s->path);
	snprintf(text, sizeof text, "%s, %s", s->format, s->encoding);
	fact(out, "format", text);
	fprintf(out, "  %-12s %d x %d x %d voxels, %.1f MB\n", "size", s->dims[0], s->dims[1], s->dims[2],
		(double)s->file_bytes / 1e6);
	fprintf(out, "  %-12s %.4g x %.4g x %.4g um (%s)\n", "spacing", s->spacing_um[0],
		s->spacing_um[1], s->spacing_um[2], how[s->spacing_known]);
	fprintf(out, "  %-12s %s, %.6g to %.6g%s\n", "values", s->voxel_type, s->value_min, s->value_max,
		unit(s));
	fprintf(out, "  %-12s raw * %.9g + %.9g%s\n", "calibration", s->slope, s->intercept,
		s->is_hu ? " HU" : ", of unknown unit");
	print_identity(out, s->identity);
	print_detail(out, s->detail);
}

static int print_json(FILE *out, const struct gppi_scan_info *s, struct gppi_error *err)
{
	return report_json_line(out, json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:[i, i, i], s:[o, o, o], s:s, s:o, s:o, s:b, s:o, s:o, s:I, s:o}",
		"name", report_string(s->name), "input", report_string(s->path),
		"format", report_string(s->format), "voxel_type", report_string(s->voxel_type),
		"encoding", report_string(s->encoding), "detail", report_string(s->detail),
		"dims", s->dims[0], s->dims[1], s->dims[2],
		"spacing_um", report_number(s->spacing_um[0], 4), report_number(s->spacing_um[1], 4),
		report_number(s->spacing_um[2], 4),
		"spacing_known", report_spacing_word(s->spacing_known),
		"slope", report_number(s->slope, 9), "intercept", report_number(s->intercept, 9),
		"hu", s->is_hu, "min", report_number(s->value_min, 6),
		"max", report_number(s->value_max, 6), "file_bytes", (json_int_t)s->file_bytes,
		"identity", report_identity(s->identity)), err);
}

static int show(FILE *out, const char *path, double voxel_um, bool json)
{
	struct gppi_input *input;
	struct gppi_error error;
	struct gppi_error err;
	int status = CLI_OK;

	if (gppi_input_open(path, &input, &error) != GPPI_OK)
		return cli_fail(error.text);
	for (int i = 0; i < gppi_input_count(input); i++) {
		struct gppi_scan_info info;
		if (gppi_input_info(input, i, voxel_um, &info, &error) != GPPI_OK)
			status = cli_fail(error.text);
		else if (!json)
			print_text(out, &info);
		else if (print_json(out, &info, &err) != 0)
			status = cli_fail(err.text);
	}
	gppi_input_free(input);
	return status;
}

int cmd_info(int argc, char **argv)
{
	const char *um = NULL;
	double voxel_um = 0;
	bool json = false;
	const struct cli_option options[] = { { "json", NULL, &json }, { "voxel-um", &um, NULL } };
	struct cli_out out;
	struct gppi_error err;
	int status = cli_options("info", help_info, options, 2, argc, argv);

	if (status >= 0)
		return status;
	status = CLI_OK;
	if (um && !cli_double(um, 0.1, 1000, &voxel_um))
		return cli_usage("info", "--voxel-um needs a number from 0.1 to 1000, not \"%s\"", um);
	if (optind == argc)
		return cli_usage("info", "name at least one file or folder");
	if (cli_environment("info") != CLI_OK)
		return CLI_USAGE;
	if (cli_out_open(&out, NULL, &err) != 0)
		return cli_fail(err.text);
	for (int i = optind; i < argc; i++)
		if (show(out.stream, argv[i], voxel_um, json) != CLI_OK)
			status = CLI_FAILED;
		else
			cli_out_flush(&out);
	if (cli_out_finish(&out, &err) != 0)
		status = cli_fail(err.text);
	return status;
}
