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

/* `folder` is that of the job. No state yet: all zero. */
void state_read(const char *folder, struct job_state *out);
/* Replaced as a whole. Not synced: a count that gets lost with a power cut does no harm. */
int state_write(const char *folder, const struct job_state *state, struct gppi_error *err);
/* To disk, for what must not get lost. */
int state_sync(const char *folder, struct gppi_error *err);

#endif
