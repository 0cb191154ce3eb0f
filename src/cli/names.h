/* Names of bones: each is one name in the whole run, so that no picture, row or page entry takes the place of another.
 *
 * Two scans of one name are told apart by their patients (PATIENT_NAME), else by the folders they lie in
 * (FOLDER_NAME, as many folders as it takes), and what is the same even then by a number (NAME-2).
 *
 * In a list all this rests on the paths, so that every shard finds the same names without opening what others do: a
 * bone has the name that the list gives, or that of its file or folder; of several in one input, NAME_SERIES. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/cli.h"
#include "cli/list.h"

struct names_entry { /* a scan of an input; input -1: of another shard of the list */
	int input, item;
	char name[128], patient[128], path[1024];
	char plain[128]; /* before the input made it different from others in it */
	bool listed;     /* known by its path only */
	bool given;      /* by the list: stays as it is */
	bool alike;      /* others have this plain name */
	size_t folder;   /* bytes of path that are its folder, and */
	int needed;      /* how many folders tell it from others; for names_apart() */
};

struct names_inputs {
	char *const *path;
	int n;
	const struct list_entry *const *entry; /* by input, of the list; NULL: there is no list */
	char *const *others;   /* of other shards */
	int nothers;
	const char *pipe_name; /* of the bone from standard input ("-"); NULL: none is given */
};

struct names {
	const struct names_inputs *in;
	struct names_entry *entry;
	size_t n;
	char **used;
	size_t nused;
	struct gppi_input **open; /* by input: opened to see its names, until names_open() hands it over */
};

/* Looks at all inputs: those that are no files of a single volume are opened. Inputs that cannot be are passed over.
 * `in` must live as long. Owned by the caller: names_free(), also after a failure. */
int names_plan(struct names *names, const struct names_inputs *in, const struct gppi_options *opt,
	       struct gppi_error *err);
/* Of that, the names that are to be different. */
int names_apart(struct names *names, struct gppi_error *err);
void names_free(struct names *names);

/* Opens an input (once) and gives its scans their names. */
int names_open(struct names *names, int input, const struct gppi_options *opt, struct gppi_input **out,
	       struct gppi_error *error);

/* What a bone that failed is called: in NULL, or without such a bone: by its file. */
void names_of_failed(const struct names *names, const char *path, int input, const struct gppi_input *in, int index,
		     char name[128]);

/* A bone is about to be detected: its name is taken now, and changed if another bone of the run has it. */
int names_take(struct names *names, struct gppi_input *input, int index, struct gppi_error *error);
/* The same for a name that is in use already, in the table of an earlier run. */
int names_note(struct names *names, const char *name);

#endif
