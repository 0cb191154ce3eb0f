#include "cli/measure.h"

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "cli/detect.h"
#include "plane/plane.h"

static const struct option options[] = {
	{ "mask", required_argument, NULL, OPT_MASK },
	{ "tv", required_argument, NULL, OPT_TV },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "spacing", required_argument, NULL, OPT_SPACING },
	{ "list", required_argument, NULL, OPT_LIST },
	{ "shard", required_argument, NULL, OPT_SHARD },
	{ "gppi", required_argument, NULL, OPT_GPPI },
	{ "planes", required_argument, NULL, OPT_PLANES },
	{ "voi", required_argument, NULL, OPT_VOI },
	{ "align", required_argument, NULL, OPT_ALIGN },
	{ "threshold", required_argument, NULL, OPT_THRESHOLD },
	{ "gauss", required_argument, NULL, OPT_GAUSS },
	{ "closing", required_argument, NULL, OPT_CLOSING },
	{ "masks", required_argument, NULL, OPT_MASKS },
	{ "crop", required_argument, NULL, OPT_CROP },
	{ "qc", required_argument, NULL, OPT_QC },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "dicom-results", required_argument, NULL, OPT_DICOM_RESULTS },
	{ "slicer", required_argument, NULL, OPT_SLICER },
	{ "also", required_argument, NULL, OPT_ALSO },
	{ "methods", no_argument, NULL, OPT_METHODS },
	{ "resume", no_argument, NULL, OPT_RESUME },
	{ "progress", no_argument, NULL, OPT_PROGRESS },
	{ "no-progress", no_argument, NULL, OPT_NO_PROGRESS },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "voxel-um", required_argument, NULL, OPT_VOXEL },
	{ "axis", required_argument, NULL, OPT_AXIS },
	{ "bones", required_argument, NULL, OPT_BONES },
	{ "weights", required_argument, NULL, OPT_WEIGHTS },
	{ "per-slice", required_argument, NULL, OPT_PER_SLICE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "output", required_argument, NULL, 'o' },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

#define MM_BELOW 0.5 /* no voxel is smaller than 0.5 um: such numbers without a unit are mm */

/* "10", "10um", "0.01mm", or three numbers with commas between. */
static bool parse_spacing(const char *text, double um[3])
{
	char copy[64];
	double scale = 1;
	size_t n = strlen(text);

	if (n >= sizeof copy)
		return false;
	memcpy(copy, text, n + 1);
	bool unit = n > 2 && (strcmp(copy + n - 2, "um") == 0 || strcmp(copy + n - 2, "mm") == 0);
	if (unit) {
		scale = copy[n - 2] == 'm' ? 1000 : 1;
		copy[n - 2] = 0;
	}
	int count = number_list(copy, um, 3);
	if (count == 1)
		um[1] = um[2] = um[0];
	if (!unit && count > 0 && um[0] < MM_BELOW)
		scale = 1000;
	for (int i = 0; i < 3 && (count == 1 || count == 3); i++) {
		um[i] *= scale;
		if (!(um[i] >= 0.1 && um[i] <= 1000))
			return false;
	}
	return count == 1 || count == 3;
}

/* The unit at the end of a word, which is cut off: "3000HU", "450mgHA", "220permille". */
static enum segment_unit cut_unit(char *word)
{
	static const struct { const char *name; enum segment_unit unit; } units[] = {
		{ "hu", SEGMENT_SCAN }, { "mgha", SEGMENT_MGHA }, { "permille", SEGMENT_PERMILLE },
	};
	const size_t n = strlen(word);

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t end = strlen(units[i].name);
		if (n > end && strcasecmp(word + n - end, units[i].name) == 0) {
			word[n - end] = 0;
			return units[i].unit;
		}
	}
	return SEGMENT_SCAN;
}

/* "dual", "local", "otsu", or a value with or without a unit. */
static int take_threshold(const char *word, struct segment_options *o)
{
	o->rule = strcmp(word, "dual") == 0    ? SEGMENT_DUAL
		  : strcmp(word, "local") == 0 ? SEGMENT_LOCAL
		  : strcmp(word, "otsu") == 0  ? SEGMENT_OTSU
					       : SEGMENT_FIXED;
	if (o->rule != SEGMENT_FIXED)
		return -1;
	char copy[64];
	size_t n = strlen(word);
	if (n < sizeof copy) {
		memcpy(copy, word, n + 1);
		o->unit = cut_unit(copy);
		if (cli_double(copy, -1e6, 1e6, &o->threshold))
			return -1;
	}
	return cli_usage("measure",
			 "--threshold is dual, local, otsu, or a value in the scan's unit, or with mgHA or permille "
			 "behind it, not \"%s\"", word);
}

/* Names of measures, with commas between. */
static int take_also(const char *names, unsigned *also)
{
	for (const char *at = names, *end; ; at = end + 1) {
		int i = 0;
		end = at + strcspn(at, ",");
		while (measure_also_names[i] && (strlen(measure_also_names[i]) != (size_t)(end - at) ||
						 strncasecmp(measure_also_names[i], at, (size_t)(end - at)) != 0))
			i++;
		if (!measure_also_names[i])
			return cli_usage("measure", "--also is tb_n_mid, smi, or both with a comma between, not \"%s\"",
					 names);
		*also |= 1u << i;
		if (!*end)
			return -1;
	}
}

static int take_mask(int opt, const char *value, struct measure_args *args)
{
	switch (opt) {
	case OPT_MASK: args->mask = value; return -1;
	case OPT_TV: args->tv = value; return -1;
	case OPT_LABEL:
		if (!cli_int(value, 0, 65535, &args->label))
			return cli_usage("measure", "--label is a whole number from 0 to 65535, not \"%s\"", value);
		return -1;
	case OPT_SPACING:
		args->has_spacing = parse_spacing(value, args->spacing_um);
		if (!args->has_spacing)
			return cli_usage("measure",
					 "--spacing is an edge of 0.1 to 1000 um, or X,Y,Z, such as 10, 10um or "
					 "0.01mm, not \"%s\"", value);
		return -1;
	default: return DETECT_OTHER;
	}
}

static int take_scan(int opt, const char *value, struct measure_args *args)
{
	struct segment_options *o = &args->segment;

	switch (opt) {
	case OPT_LIST: args->list.path = value; return -1;
	case OPT_SHARD:
		if (!list_shard(value, &args->list.shard, &args->list.shards))
			return cli_usage("measure",
					 "--shard is I/N, such as 3/20: N up to %d, I from 1 to N, not \"%s\"",
					 LIST_SHARDS_MAX, value);
		return -1;
	case OPT_PLANES: args->planes = value; return -1;
	case OPT_MASKS: args->masks = value; return -1;
	case OPT_CROP: args->crop = value; return -1;
	case OPT_QC: args->qc = value; return -1;
	case OPT_REPORT: args->report = value; return -1;
	case OPT_DICOM_RESULTS: args->dicom = value; return -1;
	case OPT_SLICER: args->slicer = value; return -1;
	case OPT_WEIGHTS: args->weights = value; return -1;
	case OPT_THRESHOLD:
		args->has_threshold = true;
		return take_threshold(value, o);
	case OPT_GPPI:
		if (!cli_int(value, 0, 65535, &args->plane))
			return cli_usage("measure", "--gppi is the number of a slice, not \"%s\"", value);
		return -1;
	case OPT_ALIGN:
		args->shaft = strcmp(value, "shaft") == 0;
		if (!args->shaft && strcmp(value, "slices") != 0)
			return cli_usage("measure", "--align is slices or shaft, not \"%s\"", value);
		return -1;
	case OPT_GAUSS:
		if (!cli_double(value, 0, GREY_SIGMA_MAX, &o->sigma))
			return cli_usage("measure", "--gauss is a sigma of 0 to %g voxels, not \"%s\"", GREY_SIGMA_MAX,
					 value);
		return -1;
	case OPT_CLOSING:
		if (!cli_double(value, 10, 2000, &o->closing_um))
			return cli_usage("measure", "--closing is a radius of 10 to 2000 um, not \"%s\"", value);
		return -1;
	case OPT_VOI:
		args->secondary = strcmp(value, "secondary") == 0;
		return detect_option("measure", opt, args->secondary ? "trabecular" : value, &args->options);
	default: return detect_option("measure", opt, value, &args->options);
	}
}

static int take(int opt, char **argv, struct measure_args *args)
{
	switch (opt) {
	case OPT_PER_SLICE: args->per_slice = optarg; return -1;
	case OPT_JSON: args->format = CLI_JSON; return -1;
	case OPT_CSV: args->format = CLI_CSV; return -1;
	case OPT_CPU: args->cpu = optarg; return -1;
	case OPT_METHODS: args->methods = true; return -1;
	case OPT_ALSO: return take_also(optarg, &args->also);
	case OPT_RESUME: args->resume = true; return -1;
	case OPT_PROGRESS: args->progress = PROGRESS_ON; return -1;
	case OPT_NO_PROGRESS: args->progress = PROGRESS_OFF; return -1;
	case 'o': args->output = optarg; return -1;
	case 'h': return cli_help(help_measure);
	case OPT_VERSION: return cli_version();
	case '?':
	case ':': return cli_bad_option("measure", argv, opt);
	default: break;
	}
	int status = take_mask(opt, optarg, args);
	if (status != DETECT_OTHER)
		return status;
	for (const struct option *o = options; o->name && opt != OPT_THREADS; o++)
		args->of_scan = o->val == opt ? o->name : args->of_scan;
	return take_scan(opt, optarg, args);
}

/* Masks alone, on one scan, or none. */
static int check_masks(const struct measure_args *args)
{
	if ((args->mask || args->tv) && args->ninputs > 1)
		return cli_usage("measure", "--mask and --tv are those of one scan, but %d are named", args->ninputs);
	if (args->list.path && (args->ninputs || args->mask || args->tv || args->plane >= 0))
		return cli_usage("measure", "--list names the scans: no others, and no --mask, --tv or --gppi, "
				 "which are of one scan");
	if (args->list.shard && !args->list.path)
		return cli_usage("measure", "--shard takes a part of a list: name it by --list FILE");
	if (!args->mask && !args->ninputs && !args->list.path)
		return cli_usage("measure", args->tv ? "--tv alone has no bone: name the scan, or the bone by --mask "
						       "FILE"
						     : "name at least one scan, or a segmentation by --mask FILE");
	if (args->mask && args->has_threshold)
		return cli_usage("measure", "--threshold has no use with --mask, which says what bone is; drop one of "
					    "them");
	if (args->mask && !args->ninputs && args->of_scan)
		return cli_usage("measure", "--%s goes with scans, not with --mask alone; name the scan that the mask "
					    "lies on",
				 args->of_scan);
	if (args->label >= 0 && !args->mask)
		return cli_usage("measure", "--label is that of --mask FILE");
	if (args->has_spacing && args->ninputs)
		return cli_usage("measure", "--spacing is that of a mask alone; give that of scans by --voxel-um");
	if ((args->mask || args->tv) && args->options.axis != GPPI_AXIS_Z)
		return cli_usage("measure", "--axis does not go with --mask and --tv: reslice the scan and its masks");
	return -1;
}

static int check(const struct measure_args *args)
{
	int status = check_masks(args);

	if (status >= 0)
		return status;
	if (args->plane >= 0 && (args->planes || args->ninputs > 1))
		return cli_usage("measure", "--gppi goes with one scan; name several planes in a table, by --planes "
					    "FILE");
	const bool table = args->output && strcmp(args->output, "-") != 0 && args->format != CLI_TEXT;
	if (args->resume && ((!args->ninputs && !args->list.path) || !table))
		return cli_usage("measure", "--resume goes on with a table of scans: name it by --csv -o FILE or "
					    "--json -o FILE");
	if (args->resume && (args->report || args->per_slice))
		return cli_usage("measure", "--resume cannot go on with the files of --report and --per-slice, which "
				 "hold every bone: make them in a run without --resume");
	if (args->methods && args->format == CLI_CSV)
		return cli_usage("measure", "--methods goes with text and --json, not with --csv");
	return -1;
}

int measure_parse(int argc, char **argv, struct measure_args *args)
{
	struct gppi_error err;
	int opt, status;

	*args = (struct measure_args){ .label = -1, .plane = -1 };
	gppi_options_default(&args->options);
	segment_options_default(&args->segment);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":ho:", options, NULL)) != -1)
		if ((status = take(opt, argv, args)) >= 0)
			return status;
	args->inputs = argv + optind;
	args->ninputs = argc - optind;
	if ((status = check(args)) >= 0)
		return status;
	if (cli_cpu(args->cpu, &err) < 0)
		return cli_usage("measure", "%s", err.text);
	args->options.threads = plane_workers(args->options.threads);
	return -1;
}
