/* From the internal error to the public one. */
#ifndef API_FAIL_H
#define API_FAIL_H

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "gppi/gppi.h"
#include "scan/scan.h"
#include "scan/stream.h"

static_assert(sizeof ((struct err *)0)->text == sizeof ((struct gppi_error *)0)->text,
	      "sentences are copied whole");

/* Copies a failure to `out` (may be NULL) and returns its code; returns rc as it is where it
 * is no failure. */
static inline int api_fail(int rc, const struct err *err, struct gppi_error *out)
{
	if (rc >= 0)
		return GPPI_OK;
	if (out) {
		out->code = rc;
		memcpy(out->text, err->text, sizeof out->text);
		stream_name_in(out->text, sizeof out->text, SCAN_STREAM);
	}
	return rc;
}

#endif
