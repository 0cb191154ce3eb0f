/* What a worker process forbids itself before it opens what came from outside. */
#ifndef SERVE_JOBS_SANDBOX_H
#define SERVE_JOBS_SANDBOX_H

#include <stdint.h>

#include "base/err.h"

#define SANDBOX_FILE (2ull << 30) /* most bytes of a file that is written */

struct sandbox {
	uint64_t memory;        /* bytes of its own, not counting files it maps; 0: no limit */
	long cpu_seconds;       /* of all its threads together; 0: no limit */
	const char *folders[2]; /* that it may write to; NULL: none */
};

/* For good, and for all threads to come; only the calling thread may be there. No network, no other programs or
 * processes, no writing elsewhere. Negative where the system does not offer some of it: the rest holds. */
int sandbox_enter(const struct sandbox *limits, struct gppi_error *err);

#endif
