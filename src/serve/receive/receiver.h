/* The receiver: C-STORE and C-ECHO. The listener (receiver.c) accepts connections, checks addresses and
 * numbers, and watches over time; one thread per connection speaks DICOM (association.cc). */
#ifndef SERVE_RECEIVE_RECEIVER_H
#define SERVE_RECEIVE_RECEIVER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct service;
struct receiver;
struct dicom_ids;

/* Listens. Where the configuration has port 0, *out is NULL. */
int receiver_start(struct service *s, struct receiver **out, struct gppi_error *err);
/* No new connections; those that are open end after their present object. Waits for them. */
void receiver_stop(struct receiver *r);

/* ---- between receiver.c and association.cc, which knows nothing else of the service ---- */

/* Everything that association.cc needs to know of the configuration, as it is now. */
struct receiver_terms {
	char ae_title[17];
	bool any_called;
	uint64_t max_object;
	int idle_timeout;
	char spool_incoming[1536]; /* for temporary files */
};

struct peer; /* one connection */

void peer_terms(const struct peer *p, struct receiver_terms *out);
int peer_socket(const struct peer *p);
const char *peer_address(const struct peer *p);
bool peer_allowed(const struct peer *p, const char *calling);
bool peer_stopping(const struct peer *p);
/* The queue is full, or the disk: nothing can be taken now. */
bool peer_congested(const struct peer *p);
bool peer_space(const struct peer *p, uint64_t more);
/* Something has come: an object is under way (or not), its time runs. */
void peer_alive(struct peer *p, bool in_object);
void peer_accepted(struct peer *p, const char *calling);
void peer_refused(struct peer *p, const char *why, const char *calling);
void peer_object_refused(struct peer *p, const char *why);
/* The synced file `temp` is an object of a series. 0: it is safe. */
int peer_store(struct peer *p, const char *temp, const struct dicom_ids *ids, uint64_t bytes, struct gppi_error *err);
/* A file name for the next object. */
void peer_temp(struct peer *p, char path[1600]);
/* The association is over. */
void peer_over(struct peer *p, bool released, const char *how);

/* association.cc: speaks with one peer until it is over; closes its socket. tls: a context of
 * association_tls(), or NULL. */
void association_run(struct peer *p, void *tls);
int association_tls(const char *certificate, const char *key, const char *ca, void **out, struct gppi_error *err);
void association_tls_free(void *tls);

#ifdef __cplusplus
}
#endif

#endif
