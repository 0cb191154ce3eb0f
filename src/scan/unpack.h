/* A compressed volume on its way into memory: one thread unpacks, others use what is there. */
#ifndef SCAN_UNPACK_H
#define SCAN_UNPACK_H

#include "scan/flat.h"

struct unpack;

/* Starts unpacking the voxels of a packed layout (copied), whose size is checked and whose map is
 * chosen. Without a second thread everything is unpacked here. Owned by the caller. */
int unpack_start(const struct flat_layout *layout, struct unpack **out, struct gppi_error *err);

/* The same for voxels that are unpacked and checked already: `raw` (malloc) is taken over, also on failure,
 * and becomes int16 where it lies. */
int unpack_kept(const struct flat_layout *layout, uint8_t *raw, struct unpack **out, struct gppi_error *err);

/* Waits until voxels 0..n-1 are there; *all points at voxel 0. Asking for all of them waits for
 * the checksum as well. Fails with what the unpacking failed with. Thread-safe. */
int unpack_wait(struct unpack *u, size_t n, const int16_t **all, struct gppi_error *err);

/* Stops the unpacking where it is. NULL allowed. */
void unpack_free(struct unpack *u);

#endif
