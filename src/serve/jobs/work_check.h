/* What a worker tells and leaves, looked at before anybody else sees it: it may have been taken over by its scan. What
 * an honest one makes passes; anything else is GPPI_E_FORMAT, and costs the job. */
#ifndef SERVE_JOBS_WORK_CHECK_H
#define SERVE_JOBS_WORK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/core/work.h"

#define WORK_BONES_MOST 16384 /* of one job: as many as an archive may have files */

/* The lines for JSON and table, as many as w has bones and failures. */
int work_check_lines(const struct work *w, const char *json, const char *csv, struct gppi_error *err);
/* The part of the study page. */
int work_check_page(const struct work *w, const char *text, size_t size, struct gppi_error *err);
/* The folders it wrote to; it has ended. GPPI_E_IO: they cannot be looked at. */
int work_check_folders(const struct work *w, struct gppi_error *err);
/* Is there none of the trouble that it tells of: can the weights be opened, do its folders, emptied, take files? It has
 * ended. */
bool work_check_weights(const struct work *w);
bool work_check_disk(const struct work *w);

#endif
