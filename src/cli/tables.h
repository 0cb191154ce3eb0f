/* The tables of `gppi detect`: what is printed or goes to -o, and those with files of their own. */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include "cli/detect.h"
#include "cli/resume.h"
#include "report/report.h"

#define TABLES_MAX 3

struct table {
	enum cli_format format;
	const char *path;  /* NULL: standard output */
	struct cli_out out;
	struct rows resume;  /* of an earlier run */
	int nrows;         /* written so far, with those of an earlier run */
};

struct tables {
	struct table table[TABLES_MAX];
	int n;
	int name_width;    /* of text */
	bool page;         /* a page is written too, which no later run can go on with */
	bool *done;        /* by input: has its rows from an earlier run; NULL: none has */
};

/* Opens all of them; the head of a CSV is written. Nothing stays open after a failure. */
int tables_open(struct tables *tables, const struct detect_args *args, int name_width, struct gppi_error *err);
/* Is this input in the tables already? */
bool tables_has(const struct tables *tables, int input);

int tables_result(struct tables *tables, const struct gppi_result *result, const struct gppi_models *models,
		  struct gppi_error *err);
int tables_failure(struct tables *tables, const struct report_failure *failure, struct gppi_error *err);

/* Files get their names; without a plane in them they are left out, and this is an error. */
int tables_finish(struct tables *tables, bool any_plane, struct gppi_error *err);
/* The run is broken off: says on standard error what is kept, and where. */
void tables_stop(struct tables *tables);
/* Nothing was written: rows of an earlier run stay where they were. */
void tables_abort(struct tables *tables);

#endif
