/* A whole detection of one scan, stage by stage, beside reading it. */
#ifndef CLI_BENCH_SCAN_H
#define CLI_BENCH_SCAN_H

#include "cli/cli.h"

#define BENCH_SCAN_LEAST 5
#define BENCH_SCAN_MOST 1000

/* Detects all bones of the first scan in `path`, and reads and decodes it once, for about `seconds`, BENCH_SCAN_LEAST
 * times at least, and prints the least, median and greatest time of every stage. 0, or negative. */
int bench_scan(FILE *stream, bool json, const char *path, int threads, double seconds, struct gppi_error *err);

#endif
