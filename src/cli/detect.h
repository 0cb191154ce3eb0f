/* What `gppi detect` was asked to do. */
#ifndef CLI_DETECT_H
#define CLI_DETECT_H

#include "cli/cli.h"
#include "cli/list.h"
#include "cli/progress.h"
#include "report/outputs.h"

/* Files for single bones besides the table: see extra.h. */
struct extra_args {
	const char *folder[REPORT_COUNT]; /* of each report; NULL: it was not asked for */
	const char *markups;    /* file for the markups of the only bone, or NULL */
	const char *parameters; /* file for Slicer's output parameters, or NULL */
	bool slicer_cli;        /* run by Slicer: progress on standard output */
};

/* The published heavy networks. */
struct heavy_args {
	const char *folder, *device, *ort; /* NULL: not given */
	bool when;                         /* was --when given? */
	bool failed;                       /* there is no second opinion, though one was asked for */
};

struct detect_args {
	struct extra_args extra;
	struct heavy_args heavy;
	struct gppi_options options;
	enum cli_format format; /* of what goes to `output` */
	enum progress_wish progress;
	const char *output;  /* NULL: standard output */
	const char *file[CLI_CSV + 1]; /* by format: a file of its own beside it, or NULL */
	bool resume;         /* goes on with the rows in FILE.part */
	const char *weights; /* NULL: built-in */
	const char *report;  /* file of the study page, or NULL */
	const char *cpu;     /* level of the kernels; NULL: the best, or GPPI_CPU */
	bool quiet, verbose;
	char **inputs;
	int ninputs;
	const char *name;      /* of the bone from standard input, or NULL */
	struct list_request list; /* path NULL: inputs are those of the command line */
	struct list_inputs listed;
};

/* One of the engines by its name; false for other names. */
bool detect_engine(const char *word, enum gppi_engine *out);
/* -1: go on; else the exit status (help was shown, or the usage is wrong). */
int detect_parse(int argc, char **argv, struct detect_args *args);
/* An option with a value that changes how detection is done: -1 where it was taken, DETECT_OTHER where it is none of
 * these, or the exit status after a sentence that names `command`. */
#define DETECT_OTHER (-2)
int detect_option(const char *command, int opt, const char *value, struct gppi_options *o);

/* Files of a folder: DIR/NAME.ending, NAME made safe for a file name and unique within the run. */
struct qc_names {
	const char *folder;
	char **used;
	size_t nused;
};
/* Makes the folder if it is missing. */
int qc_folder(const char *folder, struct gppi_error *err);
/* The path for the next file (caller frees), or NULL: out of memory. The ending may be "". */
char *out_path(struct qc_names *names, const char *name, const char *ending);
void qc_names_free(struct qc_names *names);

#endif
