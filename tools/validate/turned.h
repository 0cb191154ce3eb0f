/* The same scan, turned, mirrored or read from the other end. */
#ifndef VALIDATE_TURNED_H
#define VALIDATE_TURNED_H

#include "scan/scan.h"

#define TURNED_VIEWS 16 /* bit 0 mirrors x, 1 mirrors y, 2 swaps x and y, 3 reverses z */

/* Wraps `inner`, which must outlive the new scan. */
int turned_scan(struct scan *inner, int view, struct scan **out, struct gppi_error *err);

#endif
