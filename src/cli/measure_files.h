/* What `gppi measure` writes beside its table for single bones: masks, volumes, pictures; and the study page. */
#ifndef CLI_MEASURE_FILES_H
#define CLI_MEASURE_FILES_H

#include "cli/detect.h"
#include "cli/measure.h"
#include "cli/spare.h"
#include "report/page.h"

#define MEASURE_FOLDERS 5 /* of measure_folders */

struct measure_files {
	const struct measure_args *args;
	const struct gppi_models *models; /* NULL: planes were given */
	struct qc_names names[MEASURE_FOLDERS];
	struct page *page; /* NULL: none is written */
	const char *read[4]; /* files besides scans */
	struct spare spare;
};

/* Makes the folders asked for, and begins the page. GPPI_E_USAGE where a table, page or list of slices would take the
 * place of what is read; names: of the run, live as long. */
int measure_files_open(struct measure_files *files, const struct measure_args *args, const struct names *names,
		       const struct gppi_models *models, struct gppi_error *err);
/* Everything asked for of a bone that was measured. */
int measure_files_put(struct measure_files *files, struct bone *bone, struct gppi_error *err);
/* A bone, or an input (index -1), that gave none; name NULL: that of the file. */
int measure_files_failure(struct measure_files *files, const char *name, const char *input, int index, const char *why,
			  struct gppi_error *err);
/* The page appears, or (abort) not. */
int measure_files_finish(struct measure_files *files, struct gppi_error *err);
void measure_files_abort(struct measure_files *files);

#endif
