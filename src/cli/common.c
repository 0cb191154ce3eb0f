#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/printable.h"
#include "base/number.h"
#include "report/outputs.h"
#include "scan/format.h"

int cli_fail(const char *text)
{
	struct gppi_error e;

	err_set(&e, GPPI_E_IO, "%s", text); /* masks control characters */
	fprintf(stderr, "gppi: %s\n", e.text);
	return CLI_FAILED;
}

int cli_usage(const char *command, const char *fmt, ...)
{
	char text[512];
	struct gppi_error e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(&e, GPPI_E_USAGE, "%s", text);
	fprintf(stderr, "gppi%s%s: %s; see 'gppi%s%s --help'\n", command ? " " : "",
		command ? command : "", e.text, command ? " " : "", command ? command : "");
	return CLI_USAGE;
}

int cli_bad_option(const char *command, char **argv, int result)
{
	const char *word = argv[optind - 1];
	bool is_long = strncmp(word, "--", 2) == 0;

	/* getopt leaves the letter of a short option in optopt, the value of a known long one */
	if (result == ':') {
		if (is_long)
			return cli_usage(command, "%s needs a value", word);
		return cli_usage(command, "-%c needs a value", optopt);
	}
	if (optopt > 255 || (optopt && is_long && strchr(word, '=')))
		return cli_usage(command, "%s: this option takes no value", word);
	if (optopt)
		return cli_usage(command, "there is no option -%c", optopt);
	return cli_usage(command, "there is no option %s, or it is cut too short", word);
}

int cli_options(const char *command, const char *help, const struct cli_option *options, int n, int argc, char **argv)
{
	struct option known[CLI_OPTIONS_MAX + 3] = { { "help", no_argument, NULL, 'h' },
						     { "version", no_argument, NULL, OPT_VERSION } };
	bool output = false;
	int opt;

	for (int i = 0; i < n && i < CLI_OPTIONS_MAX; i++) {
		bool is_output = strcmp(options[i].name, "output") == 0;
		known[i + 2] = (struct option){ options[i].name, options[i].value ? required_argument : no_argument,
						NULL, is_output ? 'o' : OPT_WORDS + i };
		output = output || is_output;
	}
	opterr = 0;
	while ((opt = getopt_long(argc, argv, output ? ":ho:" : ":h", known, NULL)) != -1) {
		int i = opt - OPT_WORDS;
		if (opt == 'h')
			return cli_help(help);
		if (opt == OPT_VERSION)
			return cli_version();
		for (int k = 0; k < n && opt == 'o'; k++)
			i = strcmp(options[k].name, "output") == 0 ? k : i;
		if (i < 0 || i >= n)
			return cli_bad_option(command, argv, opt);
		if (options[i].value && !*optarg)
			return cli_usage(command, "an option has an empty value");
		if (options[i].value)
			*options[i].value = optarg;
		else
			*options[i].flag = true;
	}
	return -1;
}

void cli_fact(FILE *out, int width, const char *key, const char *text)
{
	fputs("  ", out);
	printable_put(out, key, width);
	fputc(' ', out);
	printable_put(out, text, 0);
	fputc('\n', out);
}

static int flush_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_OK;
	fprintf(stderr, "gppi: standard output could not be written: %s\n", strerror(errno ? errno : EIO));
	return CLI_FAILED;
}

int cli_help(const char *text)
{
	char names[160];

	for (; *text; text++) {
		if (*text == *HELP_REPORTS)
			for (int i = 0; i < REPORT_COUNT; i++)
				fputs(report_outputs[i]->help, stdout);
		else if (*text == *HELP_FORMATS || *text == *HELP_ALONE)
			fputs(format_names(*text == *HELP_ALONE, names, sizeof names), stdout);
		else
			putchar(*text);
	}
	return flush_stdout();
}

int cli_version(void)
{
	struct gppi_models *models;

	puts("gppi " GPPI_VERSION);
	if (gppi_models_open(NULL, &models, NULL) == GPPI_OK) {
		printf("networks trained on %s\n", gppi_models_trained_on(models));
		gppi_models_free(models);
	}
	return flush_stdout();
}

bool cli_int(const char *text, int lo, int hi, int *out)
{
	char *end;

	errno = 0;
	long value = strtol(text, &end, 10);
	if (end == text || *end || errno || value < lo || value > hi)
		return false;
	*out = (int)value;
	return true;
}

bool cli_double(const char *text, double lo, double hi, double *out)
{
	double value;

	if (!number_parse(text, &value) || !(value >= lo && value <= hi))
		return false;
	*out = value;
	return true;
}

bool cli_axis(const char *word, enum gppi_axis *out)
{
	static const struct { const char *word; enum gppi_axis axis; } axes[] = {
		{ "x", GPPI_AXIS_X }, { "y", GPPI_AXIS_Y }, { "z", GPPI_AXIS_Z },
	};

	for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
		if (strcmp(word, axes[i].word) == 0) {
			*out = axes[i].axis;
			return true;
		}
	return false;
}

int cli_cpu(const char *level, struct gppi_error *err)
{
	if (level && !*level)
		return err_set(err, GPPI_E_USAGE, "--cpu has an empty value");
	return cpu_limit(level, err);
}

int cli_environment(const char *command)
{
	struct gppi_error err;

	return cli_cpu(NULL, &err) < 0 ? cli_usage(command, "%s", err.text) : CLI_OK;
}

void cli_cpu_note(const char *level)
{
	const char *used = cpu_level_name(cpu_features());

	if (!level)
		level = getenv("GPPI_CPU");
	if (level && *level && strcmp(level, used) != 0)
		fprintf(stderr, "gppi: this machine has no %s; the best it has below is used: %s\n", level, used);
}

int cli_out_open(struct cli_out *out, const char *path, struct gppi_error *err)
{
	*out = (struct cli_out){ .stream = stdout };
	if (!path || strcmp(path, "-") == 0)
		return 0;
	int rc = part_open(path, NULL, 0, &out->file, err);
	if (rc == 0)
		out->stream = part_stream(out->file);
	return rc;
}

void cli_out_flush(struct cli_out *out)
{
	if (out->file)
		part_flush(out->file);
	else if ((fflush(out->stream) != 0 || ferror(out->stream)) && !out->why)
		out->why = errno ? errno : EIO;
	errno = 0; /* of the next failure, not of what happened meanwhile */
}

int cli_out_finish(struct cli_out *out, struct gppi_error *err)
{
	struct part_file *file = out->file;

	out->file = NULL;
	if (file)
		return part_commit(file, err);
	cli_out_flush(out);
	if (!out->why)
		return 0;
	return err_set(err, GPPI_E_IO, "standard output could not be written: %s", strerror(out->why));
}

void cli_out_abort(struct cli_out *out)
{
	part_remove(out->file);
	out->file = NULL;
}
