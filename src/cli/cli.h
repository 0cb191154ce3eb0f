/* The command line: parses, calls the public interface, prints. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/part.h"
#include "gppi/gppi.h"

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

#define THREADS_MAX 64 /* that --threads takes */

enum cli_format { CLI_TEXT, CLI_JSON, CLI_CSV };

/* Options without a short letter. */
enum { OPT_JSON = 256, OPT_CPU, OPT_EXHAUSTIVE, OPT_SECONDS, OPT_SLICES, OPT_CSV, OPT_MODEL, OPT_ENGINE, OPT_THREADS,
       OPT_VOXEL, OPT_WEIGHTS,
       OPT_PROGRESS, OPT_NO_PROGRESS, OPT_QC, OPT_SLICER_CLI, OPT_MARKUPS, OPT_RETURN_FILE,
       OPT_PROCESS_INFO, OPT_XML, OPT_TRUTH, OPT_UM_PER_ROW, OPT_TOGETHER, OPT_REPORT, OPT_VOI, OPT_BONES, OPT_MARGIN,
       OPT_AXIS, OPT_VERSION,
       OPT_CONFIG, OPT_CHECK_CONFIG, OPT_STATUS, OPT_SCAN, OPT_RESUME,
       OPT_MASK, OPT_TV, OPT_LABEL, OPT_SPACING, OPT_PER_SLICE,
       OPT_LIST, OPT_SHARD, OPT_SHARDS, OPT_NAME, OPT_FAILED, OPT_SECOND, OPT_WHEN, OPT_DEVICE, OPT_ORT, OPT_ONLY,
       OPT_DISAGREE, OPT_REPORTS /* and what follows: by number of report_outputs[] */,
       OPT_WORDS = 1024 /* of cli_options() */ };

/* Every subcommand: argv[0] is its own name; returns enum cli_exit. */
int cmd_detect(int argc, char **argv);
int cmd_measure(int argc, char **argv);
int cmd_iou(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_longaxis(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_models(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_split(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_merge(int argc, char **argv);

extern const char help_bench[], help_serve[], help_split[], help_measure[], help_iou[], help_list[], help_merge[];
extern const char help_main[], help_detect[], help_compare[], help_eval[], help_info[], help_longaxis[], help_models[];

/* In help: what is made of the tables of formats and of reports. */
#define HELP_FORMATS "\1" /* "NIfTI, ISQ, AIM" */
#define HELP_ALONE "\2"   /* those of one file */
#define HELP_REPORTS "\3" /* an option on each line */

/* Prints to standard output, checked; the exit status. */
int cli_help(const char *text);
int cli_version(void);

/* Before dcmtk is used: tells it where the DICOM data dictionary is, if the program brought one along. */
void cli_dictionary(void);

/* One friendly sentence and where to read on; returns CLI_USAGE. command NULL: gppi itself. */
int cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The sentence for what getopt_long (optstring beginning with ':') returned as '?' or ':'. */
int cli_bad_option(const char *command, char **argv, int result);

/* An option that takes a word, or none. */
struct cli_option {
	const char *name;
	const char **value; /* NULL: takes none, and sets `flag` */
	bool *flag;
};
#define CLI_OPTIONS_MAX 8
/* The options of a command that has only such ones, with --help, --version and, for "output", -o. Returns -1 where
 * words follow at argv[optind], else the exit status (help was shown, or the usage is wrong). */
int cli_options(const char *command, const char *help, const struct cli_option *options, int n, int argc, char **argv);

/* "gppi: <sentence>" on standard error, control characters masked; returns CLI_FAILED. */
int cli_fail(const char *text);

/* "  KEY  TEXT" on a line, the key filled up to `width` characters; both may come from files. */
void cli_fact(FILE *out, int width, const char *key, const char *text);

/* Whole numbers and numbers within lo..hi, nothing behind them. */
bool cli_int(const char *text, int lo, int hi, int *out);
bool cli_double(const char *text, double lo, double hi, double *out);
/* "x", "y" or "z". */
bool cli_axis(const char *word, enum gppi_axis *out);

/* --cpu LEVEL (NULL: not given, GPPI_CPU counts): limits the kernels. GPPI_E_USAGE for no level. */
int cli_cpu(const char *level, struct gppi_error *err);
/* The environment (GPPI_CPU) for commands without --cpu: CLI_OK, or CLI_USAGE after a sentence. */
int cli_environment(const char *command);
/* Says on standard error when a level was asked for that this machine lacks. */
void cli_cpu_note(const char *level);

/* Where results go: standard output, or a file that gets its name when it is complete and is FILE.part until then. */
struct cli_out {
	FILE *stream;
	struct part_file *file; /* NULL: standard output */
	int why;                /* errno of the first failed write to standard output; 0 none */
};
int cli_out_open(struct cli_out *out, const char *path, struct gppi_error *err); /* NULL or "-": stdout */
/* What was printed goes out now: a person or a pipe sees it, and FILE.part has it. Call it after each result. */
void cli_out_flush(struct cli_out *out);
int cli_out_finish(struct cli_out *out, struct gppi_error *err);
void cli_out_abort(struct cli_out *out);

#endif
