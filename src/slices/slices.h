/* What the networks see: 96x96 axial slices of the bone, area-resampled within the square of its frame, u7 (0..127).
 * Used unchanged by training and by detection.
 */
#ifndef SLICES_SLICES_H
#define SLICES_SLICES_H

#include <stdint.h>

#include "find/frame.h"

#define SLICE_PX 96                          /* pixels per side */
#define SLICE_BYTES (SLICE_PX * SLICE_PX)    /* one slice, row-major, u7 */

/* Canonical slices k0 .. k0+n-1 into out (n * SLICE_BYTES, u7, row y major). Thread-safe for
 * distinct out and scratch. scratch: slices_scratch() bytes, made ready once by slices_begin() for a scan and a frame.
 * Slices outside 0..nslices-1 repeat the nearest end slice. */
int slices_extract(void *scratch, int k0, int n, uint8_t *out, struct gppi_error *err);
void slices_begin(struct scan *scan, const struct frame *frame, void *scratch);
size_t slices_scratch(const struct scan *scan, const struct frame *frame);

/* The same on up to `threads` workers, with scratch of their own. */
int slices_extract_all(struct scan *scan, const struct frame *frame, int k0, int n, int threads,
		       uint8_t *out, struct gppi_error *err);

/* Slices of one bone in memory. */
struct slices {
	int first, n; /* canonical slices first .. first+n-1 */
	uint8_t *u7;  /* n * SLICE_BYTES; NULL: none */
};
#define SLICES_MAX 8192 /* 80 mm: no bone that is looked for, with what is beside it, is longer */

/* Makes room for the n slices; GPPI_E_UNSUPPORTED with a sentence where they are too many. `path` is for sentences. */
int slices_open(struct slices *s, const char *path, struct gppi_error *err);
void slices_free(struct slices *s); /* harmless on empty ones */

#endif
