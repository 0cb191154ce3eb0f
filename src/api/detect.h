/* Detection on a scan that is already open: what gppi_detect() does behind its input. */
#ifndef API_DETECT_H
#define API_DETECT_H

#include "api/input.h"
#include "gppi/gppi.h"
#include "scan/scan.h"
#include "slices/cache.h"

/* Like gppi_detect(); opt must not be NULL. The result is owned by the caller. */
int detect_scan(const struct gppi_models *models, struct scan *scan, const struct gppi_options *opt,
		struct gppi_result **out, struct err *err);

/* The same where frame and slices are there already (NULL or u7 NULL: they are not); takes the slices over.
 * kept (may be NULL): receives what pictures of the bone need. */
int detect_ready(const struct gppi_models *models, struct scan *scan, struct slices_cache *ready, struct input_kept *kept,
		 const struct gppi_options *opt, struct gppi_result **out, struct err *err);

#endif
