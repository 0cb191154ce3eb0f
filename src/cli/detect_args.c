#include "cli/extra.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/net.h"

static const struct option options[] = {
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "csv", optional_argument, NULL, OPT_CSV },
	{ "resume", no_argument, NULL, OPT_RESUME },
	{ "list", required_argument, NULL, OPT_LIST },
	{ "shard", required_argument, NULL, OPT_SHARD },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "output", required_argument, NULL, 'o' },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "exhaustive", no_argument, NULL, OPT_EXHAUSTIVE },
	{ "voxel-um", required_argument, NULL, OPT_VOXEL },
	{ "axis", required_argument, NULL, OPT_AXIS },
	{ "bones", required_argument, NULL, OPT_BONES },
	{ "weights", required_argument, NULL, OPT_WEIGHTS },
	{ "second-opinion", required_argument, NULL, OPT_SECOND },
	{ "when", required_argument, NULL, OPT_WHEN },
	{ "disagree", required_argument, NULL, OPT_DISAGREE },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "ort", required_argument, NULL, OPT_ORT },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "voi", required_argument, NULL, OPT_VOI },
	{ "slicer-cli", no_argument, NULL, OPT_SLICER_CLI },
	{ "markups", required_argument, NULL, OPT_MARKUPS },
	{ "returnparameterfile", required_argument, NULL, OPT_RETURN_FILE },
	{ "processinformationaddress", required_argument, NULL, OPT_PROCESS_INFO },
	{ "xml", no_argument, NULL, OPT_XML },
	{ "progress", no_argument, NULL, OPT_PROGRESS },
	{ "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
};

#define OPTIONS (sizeof options / sizeof *options)

/* With those of the reports, as getopt takes them. */
static void all_options(struct option out[OPTIONS + REPORT_COUNT + 1])
{
	memcpy(out, options, sizeof options);
	for (int i = 0; i < REPORT_COUNT; i++)
		out[OPTIONS + (size_t)i] = (struct option){ report_outputs[i]->option, required_argument, NULL,
							    OPT_REPORTS + i };
	out[OPTIONS + REPORT_COUNT] = (struct option){ 0 };
}

/* A network of the program's own, or a heavy one alone. */
static bool parse_model(const char *word, enum gppi_model *out, const char **heavy)
{
	static const char *const alone[] = { "sn", "mh", "ek", "bm", "cw-native" };

	*heavy = NULL;
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		if (strcmp(word, alone[i]) == 0) {
			*heavy = alone[i];
			*out = GPPI_MODEL_ALL;
			return true;
		}
	if (strcmp(word, "sv") == 0)
		*out = GPPI_MODEL_SV;
	else if (strcmp(word, "cw") == 0)
		*out = GPPI_MODEL_CW;
	else if (strcmp(word, "longaxis") == 0)
		*out = GPPI_MODEL_LONGAXIS;
	else if (strcmp(word, "all") == 0)
		*out = GPPI_MODEL_ALL;
	else
		return false;
	return true;
}

bool detect_engine(const char *word, enum gppi_engine *out)
{
	enum net_engine engine;

	if (!net_engine_by_name(word, &engine))
		return false;
	*out = (enum gppi_engine)engine;
	return true;
}

int detect_option(const char *command, int opt, const char *value, struct gppi_options *o)
{
	struct gppi_error error;
	bool heavy;

	switch (opt) {
	case OPT_MODEL:
		heavy = strcmp(command, "detect") == 0; /* the only one with --second-opinion */
		if (!parse_model(value, &o->model, &o->heavy_alone) || (o->heavy_alone && !heavy))
			return cli_usage(command, "--model is sv, cw, longaxis or all%s, not \"%s\"",
					 heavy ? ", or sn, mh, ek, bm or cw-native" : "", value);
		break;
	case OPT_ENGINE:
		if (!detect_engine(value, &o->engine))
			return cli_usage(command, "--engine is int8 or fp32, not \"%s\"", value);
		break;
	case OPT_THREADS:
		if (!cli_int(value, 1, THREADS_MAX, &o->threads))
			return cli_usage(command, "--threads needs a whole number from 1 to %d, not \"%s\"",
					 THREADS_MAX, value);
		break;
	case OPT_VOXEL:
		if (!cli_double(value, 0.1, 1000, &o->voxel_um))
			return cli_usage(command, "--voxel-um needs a number from 0.1 to 1000, not \"%s\"",
					 value);
		break;
	case OPT_AXIS:
		if (!cli_axis(value, &o->axis))
			return cli_usage(command, "--axis is x, y or z, not \"%s\"", value);
		break;
	case OPT_BONES:
		if (strcmp(value, "auto") != 0 && strcmp(value, "1") != 0)
			return cli_usage(command, "--bones is auto or 1, not \"%s\"", value);
		o->bones = strcmp(value, "1") == 0;
		break;
	case OPT_VOI:
		if (gppi_voi_parse(value, &o->voi, &error) != GPPI_OK)
			return cli_usage(command, "--voi: %s", error.text);
		break;
	default:
		return DETECT_OTHER;
	}
	return -1;
}

/* Options with a value; -1 or the exit status. */
static int take_value(int opt, const char *value, struct detect_args *args)
{
	int status = detect_option("detect", opt, value, &args->options);

	if (status >= 0)
		return status;
	switch (status == DETECT_OTHER ? opt : 0) {
	case 0:
		break;
	case OPT_WEIGHTS:
		args->weights = value;
		break;
	case OPT_REPORT:
		args->report = value;
		break;
	case OPT_SECOND:
		args->heavy.folder = value;
		break;
	case OPT_WHEN:
		if (strcmp(value, "review") != 0 && strcmp(value, "always") != 0)
			return cli_usage("detect", "--when is review or always, not \"%s\"", value);
		args->options.heavy_when = strcmp(value, "always") == 0 ? GPPI_WHEN_ALWAYS : GPPI_WHEN_REVIEW;
		args->heavy.when = true;
		break;
	case OPT_DISAGREE:
		if (!cli_double(value, 0.1, 1000, &args->options.heavy_disagree))
			return cli_usage("detect", "--disagree needs a number of slices from 0.1 to 1000, not \"%s\"",
					 value);
		break;
	case OPT_DEVICE:
		args->heavy.device = value;
		break;
	case OPT_ORT:
		args->heavy.ort = value;
		break;
	case OPT_CPU:
		args->cpu = value;
		break;
	case OPT_LIST:
		args->list.path = value;
		break;
	case OPT_SHARD:
		if (!list_shard(value, &args->list.shard, &args->list.shards))
			return cli_usage("detect",
					 "--shard is I/N, such as 3/20: N up to %d, I from 1 to N, not \"%s\"",
					 LIST_SHARDS_MAX, value);
		break;
	case OPT_NAME:
		args->name = value;
		break;
	default:
		if (!extra_take(opt, value, &args->extra))
			args->output = value;
		break;
	}
	if (!*value)
		return cli_usage("detect", "an option has an empty value");
	return -1;
}

static bool ends_in(const char *word, const char *ending)
{
	size_t n = strlen(word), k = strlen(ending);

	return n > k && strcasecmp(word + n - k, ending) == 0;
}

/* --csv: the format of what is printed; --csv=FILE, or --csv FILE where FILE ends in .csv, which no scan does: a file
 * of its own. --json likewise. */
static int take_format(enum cli_format format, char **argv, struct detect_args *args)
{
	const char *file = optarg, *next = argv[optind];

	if (!file && next &&
	    (format == CLI_CSV ? ends_in(next, ".csv") : ends_in(next, ".json") || ends_in(next, ".jsonl"))) {
		file = next;
		optind++;
	}
	if (file && !*file)
		return cli_usage("detect", "an option has an empty value");
	if (file && strcmp(file, "-") != 0) {
		args->file[format] = file;
		return -1;
	}
	if (args->format != CLI_TEXT && args->format != format)
		return cli_usage("detect",
				 "choose one of --json and --csv, or name a file for each: --csv=FILE --json=FILE");
	args->format = format;
	return -1;
}

static int take(int opt, char **argv, struct detect_args *args)
{
	switch (opt) {
	case OPT_XML:
		return cli_help(slicer_xml);
	case OPT_SLICER_CLI:
		args->extra.slicer_cli = true;
		return -1;
	case OPT_EXHAUSTIVE:
		args->options.exhaustive = 1;
		return -1;
	case OPT_JSON:
		return take_format(CLI_JSON, argv, args);
	case OPT_CSV:
		return take_format(CLI_CSV, argv, args);
	case OPT_RESUME:
		args->resume = true;
		return -1;
	case OPT_PROGRESS:
		args->progress = PROGRESS_ON;
		return -1;
	case OPT_NO_PROGRESS:
		args->progress = PROGRESS_OFF;
		return -1;
	case 'q':
		args->quiet = true;
		return -1;
	case 'v':
		args->verbose = true;
		return -1;
	case 'h':
		return cli_help(help_detect);
	case OPT_VERSION:
		return cli_version();
	case '?':
	case ':':
		return cli_bad_option("detect", argv, opt);
	default:
		return take_value(opt, optarg, args);
	}
}

/* No file is written twice, and what is gone on with must be a table. */
static int check_files(const struct detect_args *args)
{
	const char *path[] = { args->output && strcmp(args->output, "-") != 0 ? args->output : NULL,
			       args->file[CLI_CSV],
			       args->file[CLI_JSON], args->report };
	bool table = args->file[CLI_CSV] || args->file[CLI_JSON] || (path[0] && args->format != CLI_TEXT);

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			if (path[i] && path[k] && strcmp(path[i], path[k]) == 0)
				return cli_usage("detect", "\"%s\" is named for two outputs; name a file for each",
						 path[i]);
	if (args->report && strcmp(args->report, "-") == 0)
		return cli_usage("detect", "--report needs a file of its own, not \"-\"");
	if (args->resume && (!table || (path[0] && args->format == CLI_TEXT)))
		return cli_usage("detect",
				 "--resume goes on with a table: name it by --csv FILE, --json FILE, or --csv -o FILE");
	if (args->resume && args->report)
		return cli_usage("detect", "--resume cannot go on with the page of --report, which shows pictures of "
				 "every bone, and those of earlier runs are kept nowhere; finish the table first, then "
				 "write the page in a run without --resume, or drop --resume to do both anew");
	return -1;
}

/* Inputs of the command line, or a list of them. */
static int check_inputs(const struct detect_args *args, char **inputs, int ninputs)
{
	int pipes = 0;

	for (int i = 0; i < ninputs; i++)
		pipes += strcmp(inputs[i], "-") == 0;
	if (args->list.path && ninputs)
		return cli_usage("detect", "name inputs, or a --list of them, not both (\"%s\")", inputs[0]);
	if (!args->list.path && !ninputs)
		return cli_usage("detect", "name at least one file or folder");
	if (args->list.shard && !args->list.path)
		return cli_usage("detect", "--shard takes a part of a list: name it by --list FILE");
	if (pipes > 1)
		return cli_usage("detect", "\"-\" is standard input, which holds one scan");
	if (args->name && !pipes)
		return cli_usage("detect", "--name names the bone from standard input: gppi detect --name NAME -");
	return -1;
}

static int check_heavy(struct detect_args *args)
{
	const struct heavy_args *h = &args->heavy;

	if (args->options.heavy_alone && !h->folder)
		return cli_usage("detect", "--model %s needs its networks: --second-opinion DIR",
				 args->options.heavy_alone);
	if (!h->folder && (h->when || h->device || h->ort || args->options.heavy_disagree > 0))
		return cli_usage("detect", "--when, --disagree, --device and --ort belong to --second-opinion DIR");
	if (args->options.heavy_disagree > 0 && args->options.heavy_alone)
		return cli_usage("detect", "--disagree compares with gppi's own plane; --model %s has none",
				 args->options.heavy_alone);
	if (args->options.heavy_disagree > 0 && h->when && args->options.heavy_when == GPPI_WHEN_REVIEW)
		return cli_usage("detect", "--disagree is about bones without a review: ask on all, --when always");
	if (args->options.heavy_disagree > 0)
		args->options.heavy_when = GPPI_WHEN_ALWAYS;
	return -1;
}

int detect_parse(int argc, char **argv, struct detect_args *args)
{
	struct option known[OPTIONS + REPORT_COUNT + 1];
	struct gppi_error err;
	int opt, status;

	all_options(known);
	*args = (struct detect_args){ .format = CLI_TEXT };
	gppi_options_default(&args->options);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":ho:qv", known, NULL)) != -1)
		if ((status = take(opt, argv, args)) >= 0)
			return status;
	if ((status = check_inputs(args, argv + optind, argc - optind)) >= 0)
		return status;
	if (args->quiet && args->verbose)
		return cli_usage("detect", "choose one of --quiet and --verbose");
	if (args->extra.slicer_cli && args->output && args->format == CLI_TEXT)
		args->format = CLI_CSV; /* Slicer reads tables */
	if ((status = check_files(args)) >= 0 || (status = check_heavy(args)) >= 0)
		return status;
	if (cli_cpu(args->cpu, &err) < 0)
		return cli_usage("detect", "%s", err.text);
	if (args->quiet && args->progress == PROGRESS_AUTO)
		args->progress = PROGRESS_OFF;
	if (!args->list.path) {
		args->inputs = argv + optind;
		args->ninputs = argc - optind;
	}
	return -1;
}
