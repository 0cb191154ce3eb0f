/* What `gppi measure` was asked to do. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "cli/cli.h"
#include "cli/list.h"
#include "cli/progress.h"
#include "cli/resume.h"
#include "measure/block.h"
#include "measure/segment.h"
#include "report/measures.h"

/* Options of this command alone, besides those of cli.h. */
enum { OPT_GPPI = 1000, OPT_PLANES, OPT_THRESHOLD, OPT_GAUSS, OPT_CLOSING, OPT_MASKS, OPT_CROP, OPT_METHODS,
       OPT_DICOM_RESULTS, OPT_SLICER, OPT_ALIGN, OPT_ALSO };

struct measure_args {
	/* a segmentation, alone or laid on the only scan */
	const char *mask, *tv;  /* label volumes */
	int label;              /* of mask; -1: all but 0 */
	bool has_spacing;
	double spacing_um[3];
	/* scans */
	struct gppi_options options;
	struct segment_options segment;
	const char *weights, *planes, *masks, *crop, *qc, *report, *dicom, *slicer;
	bool secondary;         /* --voi secondary */
	bool shaft;             /* --align shaft */
	int plane;              /* of the only scan; -1: none is given */
	bool has_threshold;
	const char *of_scan;    /* an option that goes with scans only, as it was given; NULL: none was */
	struct list_request list; /* path NULL: inputs are those of the command line */
	struct list_inputs listed;
	char **inputs;
	int ninputs;

	enum cli_format format;
	const char *output, *per_slice, *cpu;
	bool methods, resume;
	unsigned also; /* enum measure_also */
	enum progress_wish progress;
};

/* -1: go on; else the exit status (help was shown, or the usage is wrong). */
int measure_parse(int argc, char **argv, struct measure_args *args);

/* --mask and --tv, where they are given; of the same size. block_free() both, also after a failure. */
int measure_read_masks(const struct measure_args *args, struct block *bone, struct block *tv, struct gppi_error *err);

/* A folder with a file for each bone, DIR/NAME<ending>. */
struct measure_folder {
	size_t at; /* of the folder's name in struct measure_args */
	const char *ending;
};
extern const struct measure_folder measure_folders[]; /* the last has no ending */
/* NULL: not wanted. */
static inline const char *measure_folder(const struct measure_args *args, const struct measure_folder *f)
{
	return *(const char *const *)((const char *)args + f->at);
}

/* Where results go: the table, and that of the slices. */
struct measure_out {
	const struct measure_args *args;
	struct cli_out table, slices; /* slices.stream NULL: not wanted */
	struct rows rows; /* of an earlier run */
	bool *done;       /* by input: has its rows from an earlier run; NULL: none has */
	bool headed;      /* the table has its head from there */
	int nrows;        /* so far, with those of an earlier run */
};
int measure_out_open(struct measure_out *out, const struct measure_args *args, struct gppi_error *err);
/* One bone; negative where it could not be written. */
int measure_out_put(struct measure_out *out, const struct report_measures *r, struct gppi_error *err);
/* One that was not measured, or an input. */
int measure_out_failure(struct measure_out *out, const struct report_failure *failure, struct gppi_error *err);
int measure_out_finish(struct measure_out *out, struct gppi_error *err);
/* The run is broken off: says on standard error what is kept, and where. */
void measure_out_stop(struct measure_out *out);
void measure_out_abort(struct measure_out *out);

/* Scans: detection, or a plane that is given, then the numbers. Returns enum cli_exit. */
int measure_scans(const struct measure_args *args, struct measure_out *out);

#endif
