/* A peer that sends bytes of a test's choosing, in pieces, and what dcmtk is given of them. */
#ifndef TESTS_PDU_PEER_H
#define TESTS_PDU_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serve/receive/pdu.h"

static uint8_t sent[1 << 20], given[1 << 20];
static size_t nsent, taken, ngiven, piece;

/* The peer's bytes in pieces of at most `piece`. */
static inline ssize_t from_peer(void *user, void *buf, size_t n)
{
	(void)user;
	n = n < piece ? n : piece;
	n = n < nsent - taken ? n : nsent - taken;
	memcpy(buf, sent + taken, n);
	taken += n;
	return (ssize_t)n;
}

static inline void put(const void *p, size_t n)
{
	assert_true(nsent + n <= sizeof sent);
	memcpy(sent + nsent, p, n);
	nsent += n;
}

static inline void put_u32(uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	put(b, 4);
}

static inline void put_head(uint8_t type, uint32_t length)
{
	uint8_t b[2] = { type, 0 };
	put(b, 2);
	put_u32(length);
}

static inline void put_part(uint8_t flags, const void *p, size_t n)
{
	uint8_t b[2] = { 1, flags };
	put_u32((uint32_t)n + 2);
	put(b, 2);
	put(p, n);
}

static inline void put_data(uint8_t flags, const void *p, size_t n)
{
	put_head(4, (uint32_t)n + 6);
	put_part(flags, p, n);
}

static inline size_t put_item(uint8_t *at, uint8_t type, const void *value, size_t n)
{
	at[0] = type;
	at[1] = 0;
	at[2] = (uint8_t)(n >> 8);
	at[3] = (uint8_t)n;
	memcpy(at + 4, value, n);
	return n + 4;
}

/* A request with one context and what a program says of itself; `more` items of user information. */
static inline size_t association(uint8_t *body, bool request, const void *more, size_t n)
{
	uint8_t context[200] = { 1, 0, 0, 0 }, user[400];
	size_t k = 4, u = 0, at = 68;
	memset(body, 0, 68);
	body[1] = 1;
	memset(body + 4, ' ', 32);
	at += put_item(body + at, 0x10, "1.2.840.10008.3.1.1.1", 21);
	k += request ? put_item(context + k, 0x30, "1.2.840.10008.1.1", 17) : 0;
	k += put_item(context + k, 0x40, "1.2.840.10008.1.2", 17);
	at += put_item(body + at, request ? 0x20 : 0x21, context, k);
	u += put_item(user, 0x51, "\0\0\x40\0", 4);
	u += put_item(user + u, 0x52, "1.2.3", 5);
	memcpy(user + u, more, n);
	return at + put_item(body + at, 0x50, user, u + n);
}

static inline void put_association(bool request)
{
	uint8_t body[1000];
	size_t n = association(body, request, "", 0);
	put_head(request ? 1 : 2, (uint32_t)n);
	put(body, n);
}

static inline size_t element(uint8_t *at, unsigned number, const void *value, size_t n)
{
	uint8_t head[8] = { 0, 0, (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)n, (uint8_t)(n >> 8), 0, 0 };
	memcpy(at, head, 8);
	memcpy(at + 8, value, n);
	return n + 8;
}

static inline size_t command(uint8_t *at, unsigned field)
{
	uint8_t name[2] = { (uint8_t)field, (uint8_t)(field >> 8) };
	size_t n = element(at, 0x0002, "1.2.840.10008.5.1.4.1.1.2\0", 26);
	n += element(at + n, 0x0100, name, 2);
	return n + element(at + n, 0x0800, "\0\0", 2);
}

/* Everything that dcmtk is given; NULL, or why the peer was refused. */
static inline const char *run(enum pdu_side side, uint8_t *reason)
{
	static const char *problem;
	struct pdu p;
	ssize_t got;
	pdu_init(&p, side, from_peer, NULL);
	taken = ngiven = 0;
	do {
		size_t want = 1 + (ngiven * 7 + 3) % 5000;
		got = pdu_read(&p, given + ngiven, want < sizeof given - ngiven ? want : sizeof given - ngiven);
		if (got > 0)
			ngiven += (size_t)got;
	} while (got > 0);
	assert_true((got < 0) == (p.problem != NULL));
	problem = p.problem;
	if (reason)
		*reason = p.reason;
	pdu_free(&p);
	return problem;
}

static inline void assert_refused_as(enum pdu_side side, uint8_t reason, const char *word)
{
	uint8_t said = 0;
	const char *problem = run(side, &said);
	if (!problem || !strstr(problem, word))
		fail_msg("\"%s\" instead of \"%s\"", problem ? problem : "passed", word);
	assert_int_equal(said, reason);
}

static inline void start(void)
{
	nsent = 0;
	piece = SIZE_MAX;
	put_association(true);
}

#endif
