/* Long work asks whoever started it whether to go on: while reading, decoding and searching alike.
 *
 * The question belongs to a thread, not to an argument of every function: stop_begin() makes it that of the
 * calling thread, parallel_for() hands it on to its threads, other threads take it over with stop_use(). Where
 * there is none, stop_asked() is always 0. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include "base/err.h"

struct stop_question {
	int (*progress)(void *user, double done); /* negative: stop; NULL: never. Asked by one thread at a time */
	void *user;
};

struct stop;

/* NULL: out of memory. */
struct stop *stop_new(void);
void stop_free(struct stop *s); /* NULL allowed; no thread may use it any more */

/* Makes `ask` the question of s, and s the one of this thread, until stop_end() with what this returned. Threads
 * that use s may live on in between; they are not stopped then. */
struct stop_before {
	struct stop *stop;
	struct stop_question ask;
};
struct stop_before stop_begin(struct stop *s, struct stop_question ask);
void stop_end(struct stop *s, struct stop_before before);

/* For threads: what their starter uses (may be NULL), and to use it. */
struct stop *stop_current(void);
void stop_use(struct stop *s);

/* GPPI_E_CANCELLED with a sentence where the work is to stop, else 0. To be called every few MB or ms: the
 * question itself is asked every 20 ms at most. */
int stop_asked(struct gppi_error *err);
/* The same, always asked, with what part of the work is done: 0..1. */
int stop_tell(double done, struct gppi_error *err);

#endif
