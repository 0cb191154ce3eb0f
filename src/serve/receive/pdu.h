/* Looks at everything a peer sends before dcmtk's network library sees it (PS3.8 9.3, PS3.7 6.3), and gives it on in
 * the one form that dcmtk 3.6.7 reads rightly: each data PDU has one part (PDV), and a command set comes whole.
 *
 * dcmtk steps by a wrong length from the third part of a PDU on, trusts lengths within requests, keeps a command set of
 * any size, and takes data that nobody asked for as a command. None of this reaches it. */
#ifndef SERVE_RECEIVE_PDU_H
#define SERVE_RECEIVE_PDU_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PDU_MOST 131072            /* bytes of a data PDU; what is announced to peers */
#define PDU_ASSOCIATE_MOST 262144  /* of an association request or its answer; real ones have a few thousand */
#define PDU_CONTEXTS_MOST 128      /* presentation contexts: their numbers are odd and of one byte */
#define PDU_COMMAND_MOST 65536     /* of a command set; real ones have a few hundred */
#define PDU_COMMAND_ELEMENTS 256

enum pdu_side {
	PDU_ACCEPTOR, /* commands come, data only behind a C-STORE request */
	PDU_REQUESTOR /* answers come, and no data */
};

/* Reads up to n > 0 bytes from the peer, as read() does. */
typedef ssize_t (*pdu_source)(void *user, void *buf, size_t n);

enum pdu_state { PDU_HEAD, PDU_BODY, PDU_PART, PDU_COMMAND, PDU_DATA, PDU_REFUSED };

struct pdu {
	enum pdu_side side;
	pdu_source read;
	void *user;

	enum pdu_state state;
	uint8_t head[12];     /* of the PDU, then of the part */
	uint8_t *body;        /* what is gathered: a short PDU, an association, a command set */
	size_t room, have, want;
	const uint8_t *out;   /* what is ready for dcmtk */
	size_t ready;
	uint32_t pdu_left;    /* bytes of this PDU behind the present part */
	uint32_t part_left;   /* bytes of this part that have not come */
	size_t command_bytes; /* of the command set so far */
	uint8_t context;      /* of the message under way */
	bool opened, closed;  /* the association; no data may come any more */
	bool in_command, in_data, data_allowed;

	const char *problem;  /* why the peer was refused; NULL: it was not */
	uint8_t reason;       /* the same as a number for A-ABORT (PS3.8 9.3.8) */
};

void pdu_init(struct pdu *p, enum pdu_side side, pdu_source read, void *user);
void pdu_free(struct pdu *p);

/* Up to n bytes for dcmtk. As read(): 0 at the end of the connection, -1 with errno (EPROTO once the peer is
 * refused). */
ssize_t pdu_read(struct pdu *p, void *buf, size_t n);
/* Can pdu_read() answer without the peer? */
bool pdu_ready(const struct pdu *p);
/* Reads from the peer once, where what comes is looked at first. 1: done; 0: pdu_read() reads what comes; -1: errno. */
int pdu_fill(struct pdu *p);

/* The body of an association request or its answer. NULL, or what is wrong with it. */
const char *pdu_check_association(const uint8_t *body, size_t n, bool request);
/* Takes out of a checked one what says nothing here: roles, extended negotiation, identities of users, operations at a
 * time. dcmtk keeps some of it for ever, and refuses associations for other. Returns how much is left. */
size_t pdu_shorten_association(uint8_t *body, size_t n);
/* A whole command set. NULL, or what is wrong with it; *store: it is a request to store, data follow. */
const char *pdu_check_command(const uint8_t *command, size_t n, bool *store);

#ifdef __cplusplus
}
#endif

#endif
