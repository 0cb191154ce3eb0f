/* Spools and watch folders of version 0.1.0, in which data lay in ROOM/KEY itself, reasons in quarantine/KEY.txt.
 * Called by store_open(), under the store's lock. */
#ifndef SERVE_STORE_MIGRATE_H
#define SERVE_STORE_MIGRATE_H

#include "serve/core/store.h"

/* Renames the rooms of such a store to ROOM.0.1.0, before those of today are made. */
int migrate_rooms(const struct store *store, struct gppi_error *err);
/* Carries over what is in them. Can be killed at any time, and goes on at the next start. */
int migrate_jobs(const struct store *store, struct gppi_error *err);

#endif
