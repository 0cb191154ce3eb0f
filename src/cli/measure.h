/* What `gppi measure` was asked to do. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "cli/cli.h"
#include "measure/segment.h"
#include "report/measures.h"

/* Options of this command alone, besides those of cli.h. */
enum { OPT_GPPI = 1000, OPT_PLANES, OPT_THRESHOLD, OPT_GAUSS, OPT_CLOSING, OPT_MASKS, OPT_CROP, OPT_METHODS };

struct measure_args {
	/* a segmentation */
	const char *mask, *tv;  /* label volumes */
	int label;              /* of mask; -1: all but 0 */
	bool has_spacing;
	double spacing_um[3];
	/* scans */
	struct gppi_options options;
	struct segment_options segment;
	const char *weights, *planes, *masks, *crop, *qc;
	int plane;              /* of the only scan; -1: none is given */
	char **inputs;
	int ninputs;

	enum cli_format format;
	const char *output, *per_slice, *cpu;
	bool methods;
};

/* -1: go on; else the exit status (help was shown, or the usage is wrong). */
int measure_parse(int argc, char **argv, struct measure_args *args);

/* Where results go: the table, and that of the slices. */
struct measure_out {
	const struct measure_args *args;
	struct cli_out table, slices; /* slices.stream NULL: not wanted */
};
int measure_out_open(struct measure_out *out, const struct measure_args *args, struct gppi_error *err);
/* One bone; negative where it could not be written. */
int measure_out_put(struct measure_out *out, const struct report_measures *r, struct gppi_error *err);
int measure_out_finish(struct measure_out *out, struct gppi_error *err);
void measure_out_abort(struct measure_out *out);

/* Scans: detection, or a plane that is given, then the numbers. Returns enum cli_exit. */
int measure_scans(const struct measure_args *args, struct measure_out *out);

#endif
