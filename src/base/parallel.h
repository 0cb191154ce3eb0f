/* A loop over independent items on a few threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

/* Work on item `item` (0..n-1) as worker `worker` (0..threads-1); negative stops the loop. */
typedef int (*parallel_fn)(void *arg, int item, int worker);

/* Runs fn for every item on up to `threads` threads (the caller is one of them; items are
 * handed out in ascending order). Returns 0, or the first negative value fn returned; where
 * threads cannot be started, fewer are used. */
int parallel_for(int threads, int n, parallel_fn fn, void *arg);

/* Number of processors this process may use (>= 1). */
int parallel_cpus(void);

#endif
