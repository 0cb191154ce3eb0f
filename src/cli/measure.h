/* What `gppi measure` was asked to do. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "cli/cli.h"

struct measure_args {
	const char *mask, *tv;  /* label volumes */
	int label;              /* of mask; -1: all but 0 */
	bool has_spacing;
	double spacing_um[3];
	enum cli_format format;
	const char *output, *per_slice, *cpu;
	int threads;
};

/* -1: go on; else the exit status (help was shown, or the usage is wrong). */
int measure_parse(int argc, char **argv, struct measure_args *args);

#endif
