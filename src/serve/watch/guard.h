/* Files over which the service dies. Before a thread reads a file that came from outside, it notes the path in
 * SPOOL/reading/N; where the thread crashes, the signal's handler marks the note. The next start puts what is
 * marked into quarantine, so that one file cannot bring the service down twice. A kill or a power cut marks
 * nothing: jobs that were under way then are counted (state.h).
 *
 * Threads of the library itself, which unpack and convert voxels, are not seen here; their jobs are counted. */
#ifndef SERVE_WATCH_GUARD_H
#define SERVE_WATCH_GUARD_H

#include "base/err.h"

#define CRASHED_OVER "the service crashed over this; it is damaged in a way that the reader does not stand, or made " \
		     "to do harm"

struct service;

/* Once, before other threads are started. Without the folder nothing is guarded. */
int guard_init(const char *spool, struct gppi_error *err);
/* This thread begins and ends to read what lies at `path`. Not nested. */
void guard_begin(const char *path);
void guard_end(void);

/* Into quarantine: a file or folder that is no job yet, a drop or an object that was being received. word: the reason
 * in the log. Under s->rooms. */
int guard_quarantine(struct service *s, const char *path, const char *word, const char *reason,
		     struct gppi_error *err);

/* At the start: into quarantine, or to its job's state, what the notes name. */
int guard_recover(struct service *s, struct gppi_error *err);

#endif
