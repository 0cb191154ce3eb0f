/* Whatever a peer sends, dcmtk is given PDUs that are in order: told by other code than that of pdu.c. The first byte
 * of the input chooses the side and how many bytes come at a time. */
#include <stdlib.h>
#include <string.h>

#include "serve/receive/pdu.h"

void fuzz_pdu(const uint8_t *data, size_t n);

struct peer {
	const uint8_t *at;
	size_t left, piece;
};

static ssize_t from_peer(void *user, void *buf, size_t n)
{
	struct peer *p = user;
	n = n < p->piece ? n : p->piece;
	n = n < p->left ? n : p->left;
	memcpy(buf, p->at, n);
	p->at += n;
	p->left -= n;
	return (ssize_t)n;
}

static size_t big(const uint8_t *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_command(const uint8_t *p, size_t n, bool *store)
{
	size_t elements = 0;
	check(n <= PDU_COMMAND_MOST && n % 2 == 0);
	for (; n; elements++) {
		check(n >= 8 && !p[0] && !p[1]);
		size_t length = (size_t)p[4] | (size_t)p[5] << 8 | (size_t)p[6] << 16 | (size_t)p[7] << 24;
		check(length <= n - 8);
		if (p[2] == 0 && p[3] == 1 && length == 2)
			*store = p[8] == 1 && p[9] == 0;
		p += 8 + length;
		n -= 8 + length;
	}
	check(elements <= PDU_COMMAND_ELEMENTS);
}

/* All of one association as dcmtk gets it; the last PDU may be cut. */
static void check_all(const uint8_t *p, size_t n, enum pdu_side side)
{
	bool opened = false, data = false, store = false;
	uint8_t context = 0;
	while (n >= 6) {
		size_t length = big(p + 2);
		if (length > n - 6)
			return;
		const uint8_t *body = p + 6;
		check(p[0] >= 1 && p[0] <= 7);
		check(p[0] > 3 || (!opened && (p[0] == 1) == (side == PDU_ACCEPTOR)));
		check(p[0] <= 3 || opened || p[0] == 7);
		check(p[0] <= 2 ? length <= PDU_ASSOCIATE_MOST : p[0] == 4 ? length <= PDU_MOST : length == 4);
		opened = opened || p[0] != 7;
		if (p[0] == 4) {
			check(length >= 6 && big(body) == length - 4);
			bool command = body[5] & 1, last = body[5] & 2;
			if (command) {
				check(last && !data && !(store && side == PDU_ACCEPTOR));
				store = false;
				check_command(body + 6, length - 6, &store);
			} else {
				check(side == PDU_ACCEPTOR && store && (!data || context == body[4]) &&
				      length % 2 == 0);
				data = !last;
				store = !last;
			}
			context = body[4];
		}
		p += 6 + length;
		n -= 6 + length;
	}
}

void fuzz_pdu(const uint8_t *data, size_t n)
{
	static uint8_t given[1 << 18];
	size_t ngiven = 0;
	ssize_t got;
	struct pdu pdu;
	if (n == 0)
		return;
	enum pdu_side side = data[0] & 1 ? PDU_ACCEPTOR : PDU_REQUESTOR;
	struct peer peer = { data + 1, n - 1, data[0] < 64 ? 1 + (data[0] >> 1) : SIZE_MAX };
	pdu_init(&pdu, side, from_peer, &peer);
	do {
		got = pdu_read(&pdu, given + ngiven, sizeof given - ngiven < 97 ? sizeof given - ngiven : 97);
		ngiven += got > 0 ? (size_t)got : 0;
	} while (got > 0 && ngiven < sizeof given);
	check_all(given, ngiven, side);
	pdu_free(&pdu);
}
