/* A few slices of a scan kept in memory while several bones are cut from them. */
#ifndef SCAN_WINDOW_H
#define SCAN_WINDOW_H

#include "scan/scan.h"

/* A scan that looks like `whole` (borrowed) and keeps up to `slices` of its slices (1..64). For one thread
 * at a time. Owned by the caller: scan_close(). */
int window_open(struct scan *whole, int slices, struct scan **out, struct gppi_error *err);

#define WINDOW_BANDS_MAX 12

struct window_band {
	int y0, ny; /* rows y0 .. y0+ny-1 */
};

/* Reads these bands (n of them, 1..WINDOW_BANDS_MAX; more than one only where scan_rows_apart()) of slices
 * z0 .. z0+nz-1 into it, of which it keeps as many as it has room for, in place of those before. Whatever is not
 * kept is read when asked for. */
int window_load(struct scan *window, int z0, int nz, const struct window_band *band, int n, struct gppi_error *err);

#endif
