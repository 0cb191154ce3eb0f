/* The results folder. What is written there is put together in RESULTS/.new, and appears as a whole:
 *
 *     RESULTS/KEY/result.json          a line for each bone
 *     RESULTS/KEY/bone-1.jpg           its picture; bone-1-report.dcm ... where asked for
 *     RESULTS/KEY/.record              of which data this is the result, as in records.c
 *     RESULTS/planes.csv, GROUP.html   the table, study pages
 *     RESULTS/.old/KEY                 an earlier result while the new one takes its place
 *
 * KEY is never the name of the table or of a page. */
#ifndef SERVE_STORE_PUBLISH_H
#define SERVE_STORE_PUBLISH_H

#include <stdbool.h>

#include "serve/core/store.h"

struct service;

/* RESULTS/.new/name, or deeper. Returns out. */
const char *publish_new(const struct service *s, const char *name, char out[STORE_PATH]);
/* RESULTS/.new/key, empty. */
int publish_begin(const struct service *s, const char *key, struct gppi_error *err);
/* Can something of the size of a picture be written to this folder? */
bool publish_takes(const char *folder);
/* From RESULTS/.new/name to RESULTS/name, over what was there. */
int publish_file(const struct service *s, const char *name, struct gppi_error *err);
int publish_folder(const struct service *s, const char *key, struct gppi_error *err);

/* Would this key meet anything in the results folder? */
bool publish_taken(const struct service *s, const char *key);
/* At the start: what was being put together goes, what was moved away without a successor comes back. */
int publish_recover(const struct service *s, struct gppi_error *err);

#endif
