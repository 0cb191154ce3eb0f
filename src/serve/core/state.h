/* KEY/state: what the service notes of one job, in its folder. */
#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include <stdint.h>

#include "serve/core/store.h"

struct job_state {
	int attempts;            /* begun and not ended: the service died meanwhile, or was killed */
	bool crashed;            /* it died over this very job */
	uint64_t look;           /* in quarantine: what data/ looked like, see look.h; 0: not looked at again */
	char source[STORE_PATH]; /* left in place: the file or folder that is read instead of data/; "" */
};

/* `folder` is that of the job. No state yet, or nothing that the service can have written: all zero. In a watch folder
 * others may have written it: the numbers are within their ranges, `source` is any text, see place_of(). */
void state_read(const char *folder, struct job_state *out);
/* Replaced as a whole; whatever lies there is never opened. Its folder is not synced: a count that gets lost with a
 * power cut does no harm. */
int state_write(const char *folder, const struct job_state *state, struct gppi_error *err);
/* With its folder to disk, for what must not get lost. */
int state_sync(const char *folder, struct gppi_error *err);

#endif
