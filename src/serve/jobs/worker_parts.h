/* Between service and worker: lines of JSON with texts behind them. */
#ifndef SERVE_JOBS_WORKER_PARTS_H
#define SERVE_JOBS_WORKER_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

#define WORKER_LINE 32768          /* longest line */
#define WORKER_TEXT (256u << 20)   /* longest text */
#define WORKER_TEXTS 3

/* Called before more is waited for; negative: give up with that code. */
typedef int (*worker_wait)(void *user, int fd, struct gppi_error *err);

/* Takes `head`. */
int worker_write(int fd, json_t *head, const char *const texts[WORKER_TEXTS], const size_t sizes[WORKER_TEXTS],
		 struct gppi_error *err);
/* *head: json_decref(); texts end with NUL: free(). GPPI_E_IO where the other side has ended or breaks the protocol. */
int worker_read(int fd, worker_wait wait, void *user, json_t **head, char *texts[WORKER_TEXTS],
		size_t sizes[WORKER_TEXTS], struct gppi_error *err);

/* Values of a line; what is missing or of another kind is 0 or "". */
long long worker_number(const json_t *head, const char *name);
const char *worker_string(const json_t *head, const char *name);

#endif
