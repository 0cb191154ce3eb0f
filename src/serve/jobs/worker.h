/* One process for each job: what came from outside is read there and nowhere else. It is this program, started anew
 * (`gppi serve --worker`, for no one to call), which is told by standard input what to do and tells by standard output
 * what came of it. A fault of any library costs the job, not the service.
 *
 * Both ways, a part is a line of JSON, which has the lengths of the texts behind it, and these texts. The worker writes
 * pictures and DICOM objects itself, into folders that are not looked at before it has ended. */
#ifndef SERVE_JOBS_WORKER_H
#define SERVE_JOBS_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "serve/core/work.h"

/* ---- the service ---- */

struct worker {
	pid_t pid;     /* 0: none */
	int answers;   /* -1: closed */
	int says;      /* its standard error; -1: closed */
	bool stopped;  /* by us: the service ends, or the job has had its time */
	char line[1024]; /* of what it says, not yet in the log */
	size_t length, said;
};

/* Starts the worker of a job. */
int worker_start(struct work *w, struct worker *worker, struct gppi_error *err);
/* The lines for JSON and table; bones, failures and reviews go to w. Texts are owned by the caller. A code of the
 * worker is returned as it is, with its sentence; *unwritten: the data are good, but something could not be written.
 * GPPI_E_CANCELLED: see w->late. */
int worker_result(struct work *w, struct worker *worker, char **json, char **csv, bool *unwritten,
		  struct gppi_error *err);
/* The part of the study page; NULL: there is none. Owned by the caller. */
int worker_page(struct work *w, struct worker *worker, char **page, size_t *size, struct gppi_error *err);
/* It is over, whatever it does. */
void worker_end(const struct work *w, struct worker *worker);
/* worker_says.c: what its standard error has by now goes to the log. true: there may be more. */
bool worker_says(const struct work *w, struct worker *worker);

/* ---- the worker ---- */

/* Standard input to standard output; the exit status of the program. */
int worker_main(void);

#endif
