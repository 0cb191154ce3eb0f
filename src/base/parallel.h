/* A loop over independent items on a few threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/err.h"

/* Work on item `item` (0..n-1) as worker `worker` (0..threads-1); negative, with *err set, stops the loop. */
typedef int (*parallel_fn)(void *arg, int item, int worker, struct gppi_error *err);

/* Runs fn for every item on up to `threads` threads (the caller is one of them; items are
 * handed out in ascending order; where threads cannot be started, fewer are used). Returns 0, or what
 * the lowest failing item returned, with its error: whichever thread fails first, the answer is the same.
 * Asks before every item whether to go on (base/stop.h). */
int parallel_for(int threads, int n, parallel_fn fn, void *arg, struct gppi_error *err);

/* Runs fn for items 0..n-1 all at the same time, where threads >= n; else as parallel_for(threads, ...). Loops inside
 * may ask for all `threads`: together no more than that run at any time, and what one item leaves idle serves the
 * others. Returns as parallel_for() does; when one fails, the others go on to their ends. */
int parallel_together(int threads, int n, parallel_fn fn, void *arg, struct gppi_error *err);

/* Number of processors this process may use (>= 1). */
int parallel_cpus(void);

#endif
