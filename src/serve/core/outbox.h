/* DICOM results on their way to a PACS, on disk:
 *
 *     SPOOL/send/staged/KEY/   of a job whose result is not recorded yet
 *     SPOOL/send/waiting/      to be sent: KEY-bone-1-report@UID.dcm ...
 *     SPOOL/send/refused/      the PACS will not take them: NAME.dcm, and NAME.dcm.txt with the reason
 *
 * From staged/ to waiting/ they go once the record is written, so that a crash sends nothing twice. The name has
 * the instance UID in it: the same answer is the same file, and the same object for the PACS. */
#ifndef SERVE_OUTBOX_H
#define SERVE_OUTBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "gppi/gppi.h"
#include "serve/core/store.h"

struct service;

#define SEND_NAME 256 /* of a file in waiting/, with its NUL */

/* Makes the folders. */
int outbox_open(const char *spool, struct gppi_error *err);
/* At the start, after recover_work(): what was being written goes, and, with `staged`, what no record
 * stands behind. */
void outbox_tidy(const char *spool, bool staged);

/* staged/KEY, empty. */
int outbox_begin(const char *spool, const char *key, struct gppi_error *err);
/* Path of a file in it, without its end: for gppi_write_dicom(). */
void outbox_stem(const char *spool, const char *key, int index, char out[STORE_PATH]);
void outbox_drop(const char *spool, const char *key);
/* To waiting/. Returns how many; may be called again after a crash in between. */
int outbox_release(const char *spool, const char *key, struct gppi_error *err);

/* Names in waiting/, the longest waiting first; freed with store_free_names(). */
int outbox_waiting(const char *spool, char ***names, struct gppi_error *err);
const char *outbox_path(const char *spool, const char *name, char out[STORE_PATH]);
/* It was sent; is refused for ever; goes to the end of the line. */
void outbox_sent(const char *spool, const char *name);
int outbox_refuse(const char *spool, const char *name, const char *reason, struct gppi_error *err);
void outbox_last(const char *spool, const char *name);
/* After a round: what was sent stays sent over a power cut, too. */
void outbox_sync(const char *spool);

/* How often in a row sending failed, and when it may be tried again (time()); kept over a restart. */
void outbox_retry_write(const char *spool, int failures, long long next);
int outbox_retry_read(const char *spool, long long *next);

/* ---- send.c ---- */

int send_init(struct service *s, struct gppi_error *err);
void send_free(struct service *s);
/* A thread that sends what waits. `user` is the service. */
void *send_thread(void *user);
/* New objects may be there. From any thread. */
void send_wake(struct service *s);
/* What is under way is broken off; the thread ends. */
void send_stop(struct service *s);

#endif
