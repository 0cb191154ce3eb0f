/* The end of every public function. */
#ifndef API_FAIL_H
#define API_FAIL_H

#include "base/err.h"
#include "gppi/gppi.h"
#include "scan/scan.h"
#include "scan/stream.h"

/* Returns GPPI_OK, or the failure rc with `error` (may be NULL) complete: what came through a descriptor has
 * its public name in the sentence. */
static inline int api_fail(int rc, struct gppi_error *error)
{
	if (rc >= 0)
		return GPPI_OK;
	if (error) {
		error->code = rc;
		stream_name_in(error->text, sizeof error->text, SCAN_STREAM);
	}
	return rc;
}

#endif
