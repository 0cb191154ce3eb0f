/* gppi bench: how fast kernels and networks run here. */
#include "cli/bench_scan.h"

#include "base/cpu.h"
#include "base/parallel.h"
#include "bench/bench.h"
#include "report/report.h"

#define SLICES_MAX 100000

static const struct option options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "slices", required_argument, NULL, OPT_SLICES },
	{ "scan", required_argument, NULL, OPT_SCAN },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 }
};

struct bench {
	bool json;
	double seconds; /* per measurement */
	int slices, threads; /* 0: not given */
	const char *scan;    /* NULL: not given */
	struct cli_out out;
};

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static json_t *json_time(const struct bench_time *t)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "ns_min", report_number(t->ns_min, 0),
			 "ns_median", report_number(t->ns_median, 0), "cycles_min", report_number(t->cycles_min, 0),
			 "cycles_median", report_number(t->cycles_median, 0));
}

static int machine(struct bench *b, struct gppi_error *err)
{
	const char *level = cpu_level_name(cpu_features());
	double peak[NET_BUNDLES], cycle = bench_cycle_ns();

	bench_peak(peak);
	if (b->json) {
		json_t *list = json_array();
		for (int i = 0; i < NET_BUNDLES; i++)
			json_array_append_new(list, peak[i] > 0 ? report_number(peak[i], 2) : json_null());
		return report_json_line(b->out.stream, json_pack("{s:s, s:s, s:o, s:o}", "what", "machine",
			"cpu", level, "ghz", cycle > 0 ? report_number(1 / cycle, 3) : json_null(),
			"peak_mac_per_cycle", list), err);
	}
	fprintf(b->out.stream, "kernels %s", level);
	if (cycle > 0)
		fprintf(b->out.stream, ", %.2f GHz", 1 / cycle);
	if (peak[0] > 0)
		fprintf(b->out.stream, ", at most %.1f multiply-accumulates per cycle", peak[0]);
	for (int i = 1; i < NET_BUNDLES && peak[i] > 0; i++)
		fprintf(b->out.stream, "%s%.1f", i == 1 ? "; in bundles of 2, 3, 4: " : ", ", peak[i]);
	fputs("\n\n", b->out.stream);
	return 0;
}

static int kernels(struct bench *b, struct gppi_error *err)
{
	if (!b->json)
		fprintf(b->out.stream, "%-28s %10s %10s %8s %8s %8s\n", "kernel", "us, best", "median", "MAC/cyc",
			"median", "of peak");
	for (int i = 0; i < bench_kernels(); i++) {
		struct bench_kernel k;
		int rc = bench_kernel(i, b->seconds, &k, err);
		if (rc < 0)
			return rc;
		double best = ratio(k.macs, k.time.cycles_min), median = ratio(k.macs, k.time.cycles_median);
		if (b->json) {
			rc = report_json_line(b->out.stream, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "what",
				"kernel", "name", k.name, "macs", report_number(k.macs, 0), "time", json_time(&k.time),
				"mac_per_cycle", report_number(best, 2),
				"mac_per_cycle_median", report_number(median, 2),
				"of_peak", k.peak > 0 ? report_number(best / k.peak, 3) : json_null()), err);
			if (rc < 0)
				return rc;
			continue;
		}
		fprintf(b->out.stream, "%-28s %10.1f %10.1f", k.name, k.time.ns_min / 1e3, k.time.ns_median / 1e3);
		if (best > 0)
			fprintf(b->out.stream, " %8.1f %8.1f", best, median);
		if (best > 0 && k.peak > 0)
			fprintf(b->out.stream, " %6.0f %%", 100 * best / k.peak);
		fputc('\n', b->out.stream);
		cli_out_flush(&b->out);
	}
	return 0;
}

static int networks(struct bench *b, struct gppi_error *err)
{
	if (!b->json)
		fprintf(b->out.stream, "\n%-28s %10s %10s %8s\n", "network, one pass", "ms, best", "median", "MAC/cyc");
	for (int i = 0; i < bench_networks(); i++) {
		struct bench_network n;
		int rc = bench_network(i, 4 * b->seconds, &n, err);
		if (rc < 0)
			return rc;
		double best = ratio(n.macs, n.time.cycles_min);
		if (!b->json) {
			fprintf(b->out.stream, "%-28s %10.3f %10.3f", n.name, n.time.ns_min / 1e6,
				n.time.ns_median / 1e6);
			if (best > 0)
				fprintf(b->out.stream, " %8.1f", best);
			fputc('\n', b->out.stream);
			cli_out_flush(&b->out);
			continue;
		}
		rc = report_json_line(b->out.stream, json_pack("{s:s, s:s, s:o, s:o, s:o}", "what", "network",
			"name", n.name, "macs", report_number(n.macs, 0), "time", json_time(&n.time),
			"mac_per_cycle", report_number(best, 2)), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int voi(struct bench *b, struct gppi_error *err)
{
	const int threads = parallel_cpus();
	struct bench_voi v;
	int rc = bench_measure(threads, 4 * b->seconds, &v, err);

	if (rc < 0)
		return rc;
	if (b->json)
		return report_json_line(b->out.stream, json_pack("{s:s, s:[i, i, i], s:i, s:o, s:o}", "what", "measure",
			"voxels", v.x, v.y, v.z, "threads", threads, "time", json_time(&v.time), "thickness",
			json_time(&v.thickness)), err);
	fprintf(b->out.stream, "\n%-28s %10s %10s   %d thread%s\n", "VOI measured", "s, best", "median", threads,
		threads == 1 ? "" : "s");
	fprintf(b->out.stream, "%d x %d x %-16d %10.3f %10.3f\n", v.x, v.y, v.z, v.time.ns_min / 1e9,
		v.time.ns_median / 1e9);
	fprintf(b->out.stream, "%-28s %10.3f %10.3f\n", "Tb.Th and Tb.Sp of it", v.thickness.ns_min / 1e9,
		v.thickness.ns_median / 1e9);
	return 0;
}

static int slices(struct bench *b, struct gppi_error *err)
{
	int threads = b->threads ? b->threads : parallel_cpus();

	if (!b->json)
		fprintf(b->out.stream, "%-28s %10s %10s %10s   %d slices, %d thread%s\n", "network, every slice",
			"ms, best", "median", "us/slice", b->slices, threads, threads == 1 ? "" : "s");
	for (int i = 0; i < bench_networks(); i++) {
		struct bench_network n;
		int rc = bench_slices(i, b->slices, threads, 4 * b->seconds, &n, err);
		if (rc == 0 && !n.name[0])
			continue;
		if (rc == 0 && b->json)
			rc = report_json_line(b->out.stream, json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}", "what",
				"slices", "name", n.name, "slices", b->slices, "threads", threads,
				"macs", report_number(n.macs, 0), "time", json_time(&n.time)), err);
		if (rc < 0)
			return rc;
		if (!b->json)
			fprintf(b->out.stream, "%-28s %10.1f %10.1f %10.1f\n", n.name, n.time.ns_min / 1e6,
				n.time.ns_median / 1e6, n.time.ns_min / 1e3 / b->slices);
		cli_out_flush(&b->out);
	}
	return 0;
}

static int scan(struct bench *b, struct gppi_error *err)
{
	return bench_scan(b->out.stream, b->json, b->scan, b->threads, 25 * b->seconds, err);
}

/* Parts in the order they are printed; each may need seconds. */
typedef int part_fn(struct bench *b, struct gppi_error *err);
static part_fn *const single[] = { machine, kernels, networks, voi, NULL };
static part_fn *const whole_bone[] = { machine, slices, NULL };
static part_fn *const whole_scan[] = { machine, scan, NULL };

static int measure(struct bench *b)
{
	struct gppi_error err;
	int rc = cli_out_open(&b->out, NULL, &err);

	for (part_fn *const *part = b->scan ? whole_scan : b->slices ? whole_bone : single; *part && rc == 0; part++)
		rc = (*part)(b, &err);
	if (rc == 0)
		rc = cli_out_finish(&b->out, &err);
	return rc ? cli_fail(err.text) : CLI_OK;
}

int cmd_bench(int argc, char **argv)
{
	struct bench bench = { .seconds = 0.2 };
	const char *level = NULL;
	struct gppi_error err;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_JSON:
			bench.json = true;
			break;
		case OPT_CPU:
			level = optarg;
			break;
		case OPT_SECONDS:
			if (!cli_double(optarg, 0.001, 60, &bench.seconds))
				return cli_usage("bench", "--seconds needs a number from 0.001 to 60, not \"%s\"",
						 optarg);
			break;
		case OPT_SLICES:
			if (!cli_int(optarg, 1, SLICES_MAX, &bench.slices))
				return cli_usage("bench", "--slices needs a whole number from 1 to %d, not \"%s\"",
						 SLICES_MAX, optarg);
			break;
		case OPT_SCAN:
			bench.scan = optarg;
			break;
		case OPT_THREADS:
			if (!cli_int(optarg, 1, BENCH_THREADS_MAX, &bench.threads))
				return cli_usage("bench", "--threads needs a whole number from 1 to %d, not \"%s\"",
						 BENCH_THREADS_MAX, optarg);
			break;
		case OPT_VERSION:
			return cli_version();
		case 'h':
			return cli_help(help_bench);
		default:
			return cli_bad_option("bench", argv, opt);
		}
	}
	if (optind < argc)
		return cli_usage("bench", "\"%s\" is one word too many", argv[optind]);
	if (bench.slices && bench.scan)
		return cli_usage("bench", "choose one of --slices and --scan");
	if (bench.threads && !bench.slices && !bench.scan)
		return cli_usage("bench", "--threads goes with --slices or --scan; kernels are measured on one thread");
	if (cli_cpu(level, &err) < 0)
		return cli_usage("bench", "%s", err.text);
	return measure(&bench);
}
