/* gppi bench --scan: a whole detection, stage by stage, again and again in one process, beside reading the file. */
#include "cli/bench_scan.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "bench/bench.h"
#include "report/report.h"

enum { NETWORKS, OPEN, LOCATE, LONGAXIS, SV, REGRESS, CW, WHOLE, READ, READ_ALONE, STAGES };

static const char *const name[STAGES] = { "networks made ready", "open", "locate", "views along the bone", "SV scores",
					  "SV regression", "CW scores", "whole detection", "reading and decoding once",
					  "the same on one thread" };

/* Seconds of every stage of one detection, of all bones of the first scan. */
static int detect(const char *path, int threads, double *spent, struct gppi_error *error)
{
	struct gppi_models *models = NULL;
	struct gppi_input *input = NULL;
	struct gppi_result *r = NULL;
	struct gppi_options opt;
	double start = bench_now();

	gppi_options_default(&opt);
	opt.threads = threads;
	for (int s = 0; s < READ; s++)
		spent[s] = 0;
	int rc = gppi_models_open(NULL, &models, error);
	spent[NETWORKS] = bench_now() - start;
	if (rc == GPPI_OK)
		rc = gppi_input_open(path, &input, error);
	if (rc == GPPI_OK)
		rc = gppi_input_split(input, 0, &opt, error);
	spent[OPEN] = bench_now() - start - spent[NETWORKS];
	for (int i = 0, bones = rc; i < bones && rc >= 0; i++) {
		rc = gppi_detect(models, input, i, &opt, &r, error);
		if (rc == GPPI_OK) {
			spent[LOCATE] += r->seconds_locate;
			spent[LONGAXIS] += r->seconds_longaxis;
			spent[SV] += r->seconds_sv;
			spent[REGRESS] += r->seconds_regress;
			spent[CW] += r->seconds_cw;
		}
		gppi_result_free(r);
		r = NULL;
	}
	spent[WHOLE] = bench_now() - start;
	gppi_input_free(input);
	gppi_models_free(models);
	return rc;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int print(FILE *stream, bool json, int stage, const double *ms, int n, struct gppi_error *err)
{
	double median = (ms[(n - 1) / 2] + ms[n / 2]) / 2;

	if (json)
		return report_json_line(stream, json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "what", "scan",
			"stage", name[stage], "repeats", n, "ms_min", report_number(ms[0], 3),
			"ms_median", report_number(median, 3), "ms_max", report_number(ms[n - 1], 3)), err);
	fprintf(stream, "%-28s %10.1f %10.1f %10.1f\n", name[stage], ms[0], median, ms[n - 1]);
	return 0;
}

int bench_scan(FILE *stream, bool json, const char *path, int threads, double seconds, struct gppi_error *err)
{
	static double ms[STAGES][BENCH_SCAN_MOST];
	double spent[STAGES] = { 0 }, start = 0;
	int n = 0, rc = 0, readers = threads ? threads : parallel_cpus();

	/* the first one brings the file into memory and is not counted */
	for (int i = -1; i < BENCH_SCAN_LEAST || (i < BENCH_SCAN_MOST && bench_now() - start < seconds); i++) {
		if ((rc = detect(path, threads, spent, err)) < 0 ||
		    (rc = bench_read(path, readers, &spent[READ], err)) < 0 ||
		    (rc = bench_read(path, 1, &spent[READ_ALONE], err)) < 0)
			return rc;
		if (i < 0)
			start = bench_now();
		for (int s = 0; i >= 0 && s < STAGES; s++)
			ms[s][i] = 1e3 * spent[s];
		n = i + 1;
	}
	if (!json)
		fprintf(stream, "%-28s %10s %10s %10s   %d times\n", "detection, stage", "ms, best", "median", "worst",
			n);
	for (int s = 0; s < STAGES && rc == 0; s++) {
		qsort(ms[s], (size_t)n, sizeof *ms[s], ascending);
		rc = print(stream, json, s, ms[s], n, err);
	}
	if (rc == 0 && !json) /* whoever reads JSON divides */
		fprintf(stream, "a detection takes as long as reading %.1f times on one thread\n",
			ms[WHOLE][0] / ms[READ_ALONE][0]);
	return rc;
}
