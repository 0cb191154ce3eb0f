#include "serve/receive/pdu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 6 /* type, a reserved byte, length; of a part: length, context, flags */

enum type { ASSOCIATE_RQ = 1, ASSOCIATE_AC, ASSOCIATE_RJ, DATA, RELEASE_RQ, RELEASE_RP, ABORT };
enum reason { UNRECOGNIZED = 1, UNEXPECTED = 2, INVALID = 6 };

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void refuse(struct pdu *p, enum reason reason, const char *problem)
{
	p->state = PDU_REFUSED;
	p->problem = problem;
	p->reason = (uint8_t)reason;
}

static void gather(struct pdu *p, enum pdu_state state, size_t want)
{
	p->state = state;
	p->have = 0;
	p->want = want;
}

/* Room for n gathered bytes; false: none, and the peer is refused. */
static bool make_room(struct pdu *p, size_t n)
{
	if (p->room >= n)
		return true;
	free(p->body);
	p->body = malloc(n);
	p->room = p->body ? n : 0;
	if (!p->body)
		refuse(p, INVALID, "out of memory");
	return p->body != NULL;
}

void pdu_init(struct pdu *p, enum pdu_side side, pdu_source read, void *user)
{
	*p = (struct pdu){ .side = side, .read = read, .user = user };
	gather(p, PDU_HEAD, HEAD);
}

void pdu_free(struct pdu *p)
{
	free(p->body);
	p->body = NULL;
	p->room = 0;
}

/* ---- whole PDUs other than data ---- */

static const char *check_order(const struct pdu *p, uint8_t type)
{
	if (type > ASSOCIATE_RJ)
		return p->opened || type == ABORT ? NULL : "no association comes first";
	if ((type == ASSOCIATE_RQ) != (p->side == PDU_ACCEPTOR))
		return "an association in the wrong direction";
	return p->opened ? "a second association" : NULL;
}

static void begin_pdu(struct pdu *p)
{
	uint8_t type = p->head[0];
	uint32_t length = u32(p->head + 2);
	bool association = type == ASSOCIATE_RQ || type == ASSOCIATE_AC;

	if (type < ASSOCIATE_RQ || type > ABORT) {
		refuse(p, UNRECOGNIZED, "a PDU of an unknown type");
		return;
	}
	const char *problem = check_order(p, type);
	if (problem) {
		refuse(p, UNEXPECTED, problem);
	} else if (type == DATA && p->closed) {
		refuse(p, UNEXPECTED, "data after the end of the association");
	} else if (type == DATA && (length < HEAD || length > PDU_MOST)) {
		refuse(p, INVALID, "a data PDU of a wrong length");
	} else if (type == DATA) {
		p->pdu_left = length;
		gather(p, PDU_PART, HEAD);
	} else if (association ? length > PDU_ASSOCIATE_MOST : length != 4) {
		refuse(p, INVALID, "a PDU of a wrong length");
	} else if (make_room(p, HEAD + (size_t)length)) {
		memcpy(p->body, p->head, HEAD);
		gather(p, PDU_BODY, HEAD + (size_t)length);
		p->have = HEAD;
		p->opened = p->opened || type != ABORT;
		p->closed = p->closed || type == RELEASE_RQ || type == RELEASE_RP || type == ABORT;
	}
}

static void end_pdu(struct pdu *p)
{
	uint8_t type = p->head[0];
	bool association = type == ASSOCIATE_RQ || type == ASSOCIATE_AC;
	const char *problem = association ?
		pdu_check_association(p->body + HEAD, p->want - HEAD, type == ASSOCIATE_RQ) : NULL;

	if (problem) {
		refuse(p, INVALID, problem);
		return;
	}
	if (association) {
		p->want = HEAD + pdu_shorten_association(p->body + HEAD, p->want - HEAD);
		put_u32(p->body + 2, (uint32_t)(p->want - HEAD));
	}
	p->out = p->body;
	p->ready = p->want;
	gather(p, PDU_HEAD, HEAD);
}

/* ---- parts of data PDUs ---- */

static void next_part(struct pdu *p)
{
	if (p->pdu_left)
		gather(p, PDU_PART, HEAD);
	else
		gather(p, PDU_HEAD, HEAD);
}

/* The head of one PDU with one part, for dcmtk. */
static void put_head(uint8_t head[12], uint32_t bytes, uint8_t context, uint8_t flags)
{
	head[0] = DATA;
	head[1] = 0;
	put_u32(head + 2, bytes + HEAD);
	put_u32(head + 6, bytes + 2);
	head[10] = context;
	head[11] = flags;
}

/* A command set that has come whole. */
static void end_command(struct pdu *p)
{
	bool store = false;
	const char *problem = pdu_check_command(p->body + 12, p->command_bytes, &store);

	if (!problem && p->command_bytes % 2)
		problem = "a command set of an odd length";
	if (problem) {
		refuse(p, INVALID, problem);
		return;
	}
	p->in_command = false;
	p->data_allowed = p->side == PDU_ACCEPTOR && store;
	put_head(p->body, (uint32_t)p->command_bytes, p->context, 3);
	p->out = p->body;
	p->ready = 12 + p->command_bytes;
	p->command_bytes = 0;
	next_part(p);
}

/* The flags are still in the head: a command set is gathered elsewhere. */
static void end_fragment(struct pdu *p)
{
	if (p->head[5] & 2)
		end_command(p);
	else
		next_part(p);
}

static void begin_command(struct pdu *p, uint8_t context, uint32_t bytes)
{
	if (p->data_allowed) {
		refuse(p, UNEXPECTED, "a command where data should come");
	} else if (p->in_command && context != p->context) {
		refuse(p, INVALID, "a command set in two presentation contexts");
	} else if (p->command_bytes + bytes > PDU_COMMAND_MOST) {
		refuse(p, INVALID, "a command set of more than 64 kB");
	} else if (make_room(p, 12 + PDU_COMMAND_MOST)) {
		p->in_command = true;
		p->context = context;
		p->state = PDU_COMMAND;
		if (!bytes)
			end_fragment(p);
	}
}

static void begin_data(struct pdu *p, uint8_t context, uint32_t bytes, uint8_t flags)
{
	if (!p->data_allowed) {
		refuse(p, UNEXPECTED, "data that no command announced");
	} else if (p->in_data && context != p->context) {
		refuse(p, INVALID, "a data set in two presentation contexts");
	} else if (bytes % 2) {
		refuse(p, INVALID, "data of an odd length");
	} else {
		p->context = context;
		p->in_data = p->data_allowed = !(flags & 2);
		put_head(p->head, bytes, context, flags & 3);
		p->out = p->head;
		p->ready = 12;
		p->state = PDU_DATA;
		if (!bytes)
			next_part(p);
	}
}

static void begin_part(struct pdu *p)
{
	uint32_t length = u32(p->head);
	uint8_t context = p->head[4], flags = p->head[5];

	if (length < 2 || length > p->pdu_left - 4 ||
	    (p->pdu_left - 4 - length > 0 && p->pdu_left - 4 - length < HEAD)) {
		refuse(p, INVALID, "a data PDU that its parts do not fill");
		return;
	}
	p->pdu_left -= 4 + length;
	p->part_left = length - 2;
	if (flags & 1)
		begin_command(p, context, p->part_left);
	else
		begin_data(p, context, p->part_left, flags);
}

/* ---- reading ---- */

/* Bytes that are wanted, and where they go. */
static uint8_t *target(struct pdu *p, size_t *n)
{
	if (p->state == PDU_COMMAND) {
		*n = p->part_left;
		return p->body + 12 + p->command_bytes;
	}
	*n = p->want - p->have;
	return (p->state == PDU_BODY ? p->body : p->head) + p->have;
}

static void advance(struct pdu *p)
{
	switch (p->state) {
	case PDU_HEAD:
		begin_pdu(p);
		break;
	case PDU_BODY:
		end_pdu(p);
		break;
	case PDU_PART:
		begin_part(p);
		break;
	default:
		break;
	}
}

int pdu_fill(struct pdu *p)
{
	size_t n;

	if (pdu_ready(p))
		return 1;
	if (p->state == PDU_DATA)
		return 0;
	uint8_t *at = target(p, &n);
	ssize_t got = p->read(p->user, at, n);
	if (got <= 0)
		return (int)got;
	if (p->state == PDU_COMMAND) {
		p->command_bytes += (size_t)got;
		p->part_left -= (uint32_t)got;
		if (!p->part_left)
			end_fragment(p);
		return 1;
	}
	p->have += (size_t)got;
	if (p->have == p->want)
		advance(p);
	return 1;
}

bool pdu_ready(const struct pdu *p)
{
	return p->ready || p->state == PDU_REFUSED;
}

ssize_t pdu_read(struct pdu *p, void *buf, size_t n)
{
	while (!p->ready && p->state != PDU_DATA) {
		if (p->state == PDU_REFUSED) {
			errno = EPROTO;
			return -1;
		}
		int rc = pdu_fill(p);
		if (rc <= 0)
			return rc;
	}
	if (p->ready) {
		size_t part = p->ready < n ? p->ready : n;
		memcpy(buf, p->out, part);
		p->out += part;
		p->ready -= part;
		return (ssize_t)part;
	}
	ssize_t got = p->read(p->user, buf, p->part_left < n ? p->part_left : n);
	if (got > 0) {
		p->part_left -= (uint32_t)got;
		if (!p->part_left)
			next_part(p);
	}
	return got;
}
