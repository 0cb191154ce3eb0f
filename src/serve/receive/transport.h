/* Connections of dcmtk that look at what a peer sends first (pdu.h), for receiver and sender. */
#ifndef SERVE_RECEIVE_TRANSPORT_H
#define SERVE_RECEIVE_TRANSPORT_H

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/dcmtrans.h>

#include "serve/receive/pdu.h"

/* Takes `inner`, which may be NULL; NULL then. A peer that is refused gets an A-ABORT, and the connection ends. */
DcmTransportConnection *transport_checked(DcmTransportConnection *inner, DcmNativeSocketType socket,
					  enum pdu_side side);

/* Why the last connection that this thread made refused its peer; NULL: it did not. */
const char *transport_problem();

#endif
