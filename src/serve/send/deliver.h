/* One association in which finished objects are given to a PACS, on dcmtk's network library. Knows nothing of
 * the service. */
#ifndef SERVE_SEND_DELIVER_H
#define SERVE_SEND_DELIVER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>

#include "base/err.h"

/* Where to: strings live as long as the association. */
struct deliver_terms {
	const char *host;
	int port;
	const char *called, *calling; /* AE titles */
	int timeout;                  /* s for each answer */
	bool tls;
	const char *certificate, *key, *ca; /* PEM; certificate and key may be "" */
};

enum deliver_answer {
	DELIVER_SENT,    /* the PACS has it */
	DELIVER_LATER,   /* not now, perhaps later */
	DELIVER_REFUSED, /* it will never take this object */
	DELIVER_BROKEN   /* the association is over; the object was perhaps stored, perhaps not */
};

struct delivery;

struct delivery *delivery_new(void); /* NULL: out of memory */
void delivery_free(struct delivery *d);

/* GPPI_E_IO where nobody takes the association, GPPI_E_USAGE for files of TLS. */
int delivery_open(struct delivery *d, const struct deliver_terms *terms, struct gppi_error *err);
/* why: filled for all but DELIVER_SENT. */
enum deliver_answer delivery_send(struct delivery *d, const char *path, struct gppi_error *why);
void delivery_close(struct delivery *d);

/* From any thread: whatever is under way ends now. */
void delivery_cut(struct delivery *d);

#ifdef __cplusplus
}
#endif

#endif
