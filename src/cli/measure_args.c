#include "cli/measure.h"

#include <string.h>

#include "base/number.h"
#include "base/parallel.h"

static const struct option options[] = {
	{ "mask", required_argument, NULL, OPT_MASK },
	{ "tv", required_argument, NULL, OPT_TV },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "spacing", required_argument, NULL, OPT_SPACING },
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

static int take(int opt, char **argv, struct measure_args *args)
{
	switch (opt) {
	case OPT_MASK: args->mask = optarg; return -1;
	case OPT_TV: args->tv = optarg; return -1;
	case OPT_PER_SLICE: args->per_slice = optarg; return -1;
	case OPT_JSON: args->format = CLI_JSON; return -1;
	case OPT_CSV: args->format = CLI_CSV; return -1;
	case OPT_CPU: args->cpu = optarg; return -1;
	case 'o': args->output = optarg; return -1;
	case OPT_LABEL:
		if (!cli_int(optarg, 0, 65535, &args->label))
			return cli_usage("measure", "--label is a whole number from 0 to 65535, not \"%s\"", optarg);
		return -1;
	case OPT_SPACING:
		args->has_spacing = parse_spacing(optarg, args->spacing_um);
		if (!args->has_spacing)
			return cli_usage("measure", "--spacing is an edge of 0.1 to 1000 um, or X,Y,Z, such as 10, 10um or "
					 "0.01mm, not \"%s\"", optarg);
		return -1;
	case OPT_THREADS:
		if (!cli_int(optarg, 1, THREADS_MAX, &args->threads))
			return cli_usage("measure", "--threads needs a whole number from 1 to %d, not \"%s\"", THREADS_MAX,
					 optarg);
		return -1;
	case 'h': return cli_help(help_measure);
	case OPT_VERSION: return cli_version();
	default: return cli_bad_option("measure", argv, opt);
	}
}

int measure_parse(int argc, char **argv, struct measure_args *args)
{
	struct err err;
	int opt, status;

	*args = (struct measure_args){ .label = -1 };
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":ho:", options, NULL)) != -1)
		if ((status = take(opt, argv, args)) >= 0)
			return status;
	if (!args->mask)
		return cli_usage("measure", "name a segmentation by --mask FILE");
	if (optind < argc)
		return cli_usage("measure", "\"%s\": nothing but options is expected", argv[optind]);
	if (cli_cpu(args->cpu, &err) < 0)
		return cli_usage("measure", "%s", err.text);
	if (!args->threads)
		args->threads = parallel_cpus() < THREADS_MAX ? parallel_cpus() : THREADS_MAX;
	return -1;
}
