/* Names of bones: each is one name in the whole run, so that no picture, row or page entry takes the place of another.
 *
 * Two scans of one name are told apart by their patients (PATIENT_NAME), else by the folders they lie in
 * (FOLDER_NAME, as many folders as it takes), and what is the same even then by a number (NAME-2). */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/cli.h"

struct names_entry { /* a scan of an input of the command line */
	int input, item;
	char name[128], patient[128], path[1024];
	char plain[128]; /* before the input made it different from others in it */
};

struct names {
	struct names_entry *entry;
	size_t n;
	char **used;
	size_t nused;
	struct gppi_input **open; /* by input: opened to see its names, until names_open() hands it over */
	int ninputs;
};

/* Looks at all inputs: those that are no files of a single volume are opened. Inputs that cannot be are passed over.
 * Owned by the caller: names_free(), also after a failure. */
int names_plan(struct names *names, char *const *inputs, int ninputs, const struct gppi_options *opt, struct err *err);
void names_free(struct names *names);

/* Opens an input (once) and gives its scans their names. */
int names_open(struct names *names, char *const *inputs, int input, const struct gppi_options *opt,
	       struct gppi_input **out, struct gppi_error *error);

/* What an input that cannot be opened is called. */
void names_of_file(const struct names *names, const char *path, int input, char name[128]);

/* A bone is about to be detected: its name is taken now, and changed if another bone of the run has it. */
int names_take(struct names *names, struct gppi_input *input, int index, struct gppi_error *error);
/* The same for a name that is in use already, in the table of an earlier run. */
int names_note(struct names *names, const char *name);

#endif
