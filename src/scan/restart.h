/* A compressed volume too large for memory, slice by slice: the first pass leaves marks from which unpacking can
 * start again, so that later passes go to any slice, several at a time. */
#ifndef SCAN_RESTART_H
#define SCAN_RESTART_H

#include "scan/flat.h"

struct restart;

/* For a packed layout (copied) whose size is checked and whose map is chosen. Owned by the caller. */
int restart_open(const struct flat_layout *layout, struct restart **out, struct gppi_error *err);

/* Slice z (0..nz-1) to dst. Thread-safe. Slices that nobody has reached are unpacked in turn by one thread at a
 * time, others on as many as ask; reading in ascending order is fast. */
int restart_slice(struct restart *r, int z, int16_t *dst, struct gppi_error *err);

/* Goes on to the end of the stream and checks its sum. Cheap when called again. */
int restart_finish(struct restart *r, struct gppi_error *err);

/* NULL allowed. */
void restart_free(struct restart *r);

#endif
