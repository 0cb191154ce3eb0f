/* What `gppi detect` writes beside its table for single bones (report/outputs.h), and how it behaves as a command-line
 * module of Slicer. */
#ifndef CLI_EXTRA_H
#define CLI_EXTRA_H

#include "cli/detect.h"

struct extra {
	const struct extra_args *args;
	struct qc_names names[REPORT_COUNT];
	struct progress *progress;
	int percent; /* last one told to Slicer */
	int nbones;
	struct gppi_result last; /* for Slicer's parameter file; name empty: none */
};

/* Makes the folders asked for. */
int extra_open(struct extra *extra, const struct extra_args *args, struct gppi_error *err);
void extra_free(struct extra *extra);

/* Everything asked for, for one bone; failures are told on standard error. False: something failed. */
bool extra_write(struct extra *extra, const struct gppi_models *models, struct gppi_input *input, int index,
		 const struct gppi_result *result);

/* The options of extra_args; false: none of these. Those of reports are OPT_REPORTS and what follows. */
bool extra_take(int opt, const char *value, struct extra_args *args);
/* Is any report asked for that shows slices? */
bool extra_pictures(const struct extra_args *args);

/* ---- as a module of Slicer (--slicer-cli) ---- */

extern const char slicer_xml[];

/* Does the command line of the program itself come from Slicer, which knows no subcommands? */
bool slicer_calls(int argc, char **argv);

/* Progress on standard output as Slicer reads it; slicer_step is a gppi_options.progress with a struct
 * extra as its user. */
void slicer_start(void);
int slicer_step(void *extra, double done);
/* Ends the progress and writes the parameter file; false: it could not be written. */
bool slicer_finish(struct extra *extra, bool failed);

#endif
