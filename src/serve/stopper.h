/* The stop of the service: SIGTERM or SIGINT is obeyed within STOP_SECONDS, whatever its threads wait for. */
#ifndef SERVE_STOPPER_H
#define SERVE_STOPPER_H

#include "gppi/gppi.h"

#define STOP_SECONDS 4   /* from the signal to the end of the process */
#define FINISH_SECONDS 2 /* of these, for detections that are running */

struct service;
struct stopper;

/* A thread that waits for the signals, which all threads have to block. At one it calls stopper_tell(). Where the
 * process is still there after STOP_SECONDS it ends it, with status 0: some thread hangs in a library, a network share
 * or a disk. What lies on disk stands that as it stands a crash. GPPI_E_NOMEM. */
int stopper_start(struct service *s, struct stopper **out, struct gppi_error *err);
/* Nobody waits for signals any more. NULL is allowed. */
void stopper_end(struct stopper *stopper);

/* s->stopping and s->cancel_after, once: threads that look at them give up. */
void stopper_tell(struct service *s);

#endif
