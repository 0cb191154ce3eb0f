/* How the service is: counters, and SPOOL/status.json, replaced as a whole. */
#ifndef SERVE_STATUS_H
#define SERVE_STATUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct service;
struct serve_config;

enum counter {
	COUNT_ASSOCIATIONS, /* accepted */
	COUNT_REFUSED,      /* connections and associations refused */
	COUNT_OBJECTS,      /* stored and acknowledged */
	COUNT_OBJECTS_REFUSED,
	COUNT_BYTES,        /* of stored objects */
	COUNT_SERIES,       /* complete */
	COUNT_DUPLICATES,
	COUNT_DROPS,        /* taken from watch folders */
	COUNT_RESULTS,      /* jobs done */
	COUNT_REVIEW,       /* of these, with a bone a person should look at */
	COUNT_QUARANTINED,
	COUNT_RETRIES,
	COUNT_SENT,         /* DICOM results that the PACS has */
	COUNT_SEND_FAILED,  /* that it will not take */
	COUNT_SEND_RETRIES, /* rounds that have to be tried again */
	COUNTERS
};

struct counters {
	_Atomic long long n[COUNTERS]; /* since the start */
};

static inline void counters_add(struct counters *c, enum counter which, long long n)
{
	atomic_fetch_add(&c->n[which], n);
}

/* state: "starting", "running", "stopping", "stopped". */
int status_write(struct service *s, const char *state, struct gppi_error *err);

/* Did the service that ran before begin to stop and then end within, because something hung? To be asked before the
 * first status_write(). */
bool status_was_stopping(const char *spool);

/* For `gppi serve --status`: prints what the file says, and whether a service runs. Returns 1 when one
 * runs, 0 when none does, negative where there is nothing to print. */
int status_print(const struct serve_config *config, FILE *out, bool json, struct gppi_error *err);

#endif
