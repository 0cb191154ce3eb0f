/* What peers send, as dcmtk is given it: one part to a PDU, command sets whole, and nothing that is not in order. */
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
static ssize_t from_peer(void *user, void *buf, size_t n)
{
	(void)user;
	n = n < piece ? n : piece;
	n = n < nsent - taken ? n : nsent - taken;
	memcpy(buf, sent + taken, n);
	taken += n;
	return (ssize_t)n;
}

static void put(const void *p, size_t n)
{
	assert_true(nsent + n <= sizeof sent);
	memcpy(sent + nsent, p, n);
	nsent += n;
}

static void put_u32(uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	put(b, 4);
}

static void put_head(uint8_t type, uint32_t length)
{
	uint8_t b[2] = { type, 0 };
	put(b, 2);
	put_u32(length);
}

static void put_part(uint8_t flags, const void *p, size_t n)
{
	uint8_t b[2] = { 1, flags };
	put_u32((uint32_t)n + 2);
	put(b, 2);
	put(p, n);
}

static void put_data(uint8_t flags, const void *p, size_t n)
{
	put_head(4, (uint32_t)n + 6);
	put_part(flags, p, n);
}

static size_t put_item(uint8_t *at, uint8_t type, const void *value, size_t n)
{
	at[0] = type;
	at[1] = 0;
	at[2] = (uint8_t)(n >> 8);
	at[3] = (uint8_t)n;
	memcpy(at + 4, value, n);
	return n + 4;
}

/* A request with one context and what a program says of itself; `more` items of user information. */
static size_t association(uint8_t *body, bool request, const void *more, size_t n)
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

static void put_association(bool request)
{
	uint8_t body[1000];
	size_t n = association(body, request, "", 0);
	put_head(request ? 1 : 2, (uint32_t)n);
	put(body, n);
}

static size_t element(uint8_t *at, unsigned number, const void *value, size_t n)
{
	uint8_t head[8] = { 0, 0, (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)n, (uint8_t)(n >> 8), 0, 0 };
	memcpy(at, head, 8);
	memcpy(at + 8, value, n);
	return n + 8;
}

static size_t command(uint8_t *at, unsigned field)
{
	uint8_t name[2] = { (uint8_t)field, (uint8_t)(field >> 8) };
	size_t n = element(at, 0x0002, "1.2.840.10008.5.1.4.1.1.2\0", 26);
	n += element(at + n, 0x0100, name, 2);
	return n + element(at + n, 0x0800, "\0\0", 2);
}

/* Everything that dcmtk is given; NULL, or why the peer was refused. */
static const char *run(enum pdu_side side, uint8_t *reason)
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

static void assert_refused_as(enum pdu_side side, uint8_t reason, const char *word)
{
	uint8_t said = 0;
	const char *problem = run(side, &said);
	if (!problem || !strstr(problem, word))
		fail_msg("\"%s\" instead of \"%s\"", problem ? problem : "passed", word);
	assert_int_equal(said, reason);
}

static void start(void)
{
	nsent = 0;
	piece = SIZE_MAX;
	put_association(true);
}

/* Four unequal parts in one PDU, in pieces of every size: the same parts, one to a PDU. */
static void parts(void **state)
{
	(void)state;
	static const size_t pieces[] = { 1, 2, 3, 5, 7, 11, 64, 1000, SIZE_MAX };
	uint8_t cmd[200], data[3000];
	size_t n = command(cmd, 1);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 31);
	for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
		start();
		size_t first = nsent;
		piece = pieces[k];
		/* the command in two parts, behind it data, all in one PDU */
		put_head(4, (uint32_t)(30 + n + 10 + 2600));
		put_part(1, cmd, 20);
		put_part(3, cmd + 20, n - 20);
		put_part(0, data, 10);
		put_part(0, data, 0);
		put_part(0, data + 10, 2600);
		put_data(2, data + 2610, 390);
		put_head(5, 4);
		put_u32(0);
		assert_null(run(PDU_ACCEPTOR, NULL));
		assert_memory_equal(given, sent, first);
		/* what should have come */
		taken = nsent = first;
		put_data(3, cmd, n);
		put_data(0, data, 10);
		put_data(0, data, 0);
		put_data(0, data + 10, 2600);
		put_data(2, data + 2610, 390);
		put_head(5, 4);
		put_u32(0);
		assert_int_equal(ngiven, nsent);
		assert_memory_equal(given, sent, nsent);
	}
}

static void part_lengths(void **state)
{
	(void)state;
	uint8_t cmd[200] = { 0 };
	size_t n = command(cmd, 1);
	static const struct { uint32_t pdu, part; } wrong[] = {
		{ 6, 0 }, { 6, 1 }, { 6, 3 }, { 20, 10 }, { 20, 17 }, { 20, 0xfffffffe }, { 20, 12 },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		start();
		put_head(4, wrong[i].pdu);
		put_u32(wrong[i].part);
		put("\1\1", 2);
		put(cmd, n);
		assert_refused_as(PDU_ACCEPTOR, 6, "its parts do not fill");
	}
	start();
	put_head(4, 5);
	assert_refused_as(PDU_ACCEPTOR, 6, "a data PDU of a wrong length");
	start();
	put_head(4, PDU_MOST + 1);
	assert_refused_as(PDU_ACCEPTOR, 6, "a data PDU of a wrong length");
	start();
	put_data(3, cmd, n);
	put_data(2, cmd, 3);
	assert_refused_as(PDU_ACCEPTOR, 6, "odd length");
}

static void commands(void **state)
{
	(void)state;
	static uint8_t block[60000];
	uint8_t cmd[400], *big = block;
	memset(block, 0, sizeof block);
	/* never the last fragment: 64 kB are all that is kept */
	start();
	for (int i = 0; i < 5; i++)
		put_data(1, block, 16000);
	assert_refused_as(PDU_ACCEPTOR, 6, "a command set of more than 64 kB");
	assert_true(ngiven < 1000);
	start();
	size_t n = element(cmd, 0x0100, "\1\0", 2);
	n += element(cmd + n, 0x1000, "1.2.3.", 6);
	memcpy(cmd + 14, "\xf0\xff\xff\xff", 4); /* longer than the set */
	put_data(3, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 6, "elements that do not belong there");
	start();
	n = element(cmd, 0x0100, "\1\0", 2);
	cmd[n] = 8; /* (0008,1140), a sequence to dcmtk */
	memcpy(cmd + n + 1, "\0\x40\x11\xff\xff\xff\xff", 7);
	put_data(3, cmd, n + 8);
	assert_refused_as(PDU_ACCEPTOR, 6, "elements that do not belong there");
	start();
	n = 0;
	for (unsigned i = 0; i <= PDU_COMMAND_ELEMENTS; i++)
		n += element(big + n, 0x0100 + i, "\1\0", 2);
	put_data(3, big, n);
	assert_refused_as(PDU_ACCEPTOR, 6, "too many elements");
	start();
	put_data(3, "", 0);
	assert_refused_as(PDU_ACCEPTOR, 6, "without a command");
	/* C-ECHO or C-STORE: a reader may take either */
	start();
	n = element(cmd, 0x0100, "\x30\0", 2);
	n += element(cmd + n, 0x0100, "\1\0", 2);
	put_data(3, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 6, "names its command twice");
	start();
	n = element(cmd, 0x0100, "\1\0\0\0", 4);
	put_data(3, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 6, "or wrongly");
	start();
	(void)command(cmd, 1);
	put_data(1, cmd, 20);
	put_head(4, 12);
	put_u32(8);
	put("\3\3", 2); /* another context */
	put(cmd + 20, 6);
	assert_refused_as(PDU_ACCEPTOR, 6, "two presentation contexts");
}

/* Data come behind a request to store and nowhere else: dcmtk would read them as a command. */
static void order(void **state)
{
	(void)state;
	uint8_t cmd[200];
	size_t n = command(cmd, 1);
	start();
	put_data(2, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 2, "data that no command announced");
	start();
	put_data(1, cmd, 10);
	put_data(0, cmd, 10);
	assert_refused_as(PDU_ACCEPTOR, 2, "data that no command announced");
	start();
	put_data(3, cmd, n);
	put_data(2, cmd, 10);
	put_data(2, cmd, 10);
	assert_refused_as(PDU_ACCEPTOR, 2, "data that no command announced");
	start();
	put_data(3, cmd, n);
	put_data(0, cmd, 10);
	put_data(3, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 2, "a command where data should come");
	start();
	n = command(cmd, 0x30); /* C-ECHO */
	put_data(3, cmd, n);
	put_data(2, cmd, 10);
	assert_refused_as(PDU_ACCEPTOR, 2, "data that no command announced");
	/* a PACS answers, and sends no data */
	nsent = 0;
	put_association(false);
	n = command(cmd, 0x8001);
	put_data(3, cmd, n);
	put_data(2, cmd, 10);
	assert_refused_as(PDU_REQUESTOR, 2, "data that no command announced");
	nsent = 0;
	put_association(false);
	n = command(cmd, 1);
	put_data(3, cmd, n);
	put_data(2, cmd, 10);
	assert_refused_as(PDU_REQUESTOR, 2, "data that no command announced");

	start();
	put_association(true);
	assert_refused_as(PDU_ACCEPTOR, 2, "a second association");
	start();
	assert_refused_as(PDU_REQUESTOR, 2, "an association in the wrong direction");
	nsent = 0;
	put_association(false);
	assert_refused_as(PDU_ACCEPTOR, 2, "an association in the wrong direction");
	nsent = 0;
	put_data(3, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 2, "no association comes first");
	start();
	put_head(5, 4);
	put_u32(0);
	put_data(3, cmd, n);
	assert_refused_as(PDU_ACCEPTOR, 2, "data after the end of the association");
	start();
	put_head(9, 4);
	assert_refused_as(PDU_ACCEPTOR, 1, "an unknown type");
	start();
	put_head(7, 400000000);
	assert_refused_as(PDU_ACCEPTOR, 6, "a PDU of a wrong length");
	nsent = 0;
	put_head(1, 0xfffffff0);
	assert_refused_as(PDU_ACCEPTOR, 6, "a PDU of a wrong length");
}

static const char *with_user(bool request, const void *more, size_t n)
{
	uint8_t body[1000];
	size_t size = association(body, request, more, n);
	return pdu_check_association(body, size, request);
}

/* In memory that ends where the association does. */
static const char *check_exactly(const uint8_t *body, size_t n, bool request)
{
	uint8_t *exact = malloc(n + 1);
	assert_non_null(exact);
	memcpy(exact + 1, body, n);
	const char *problem = pdu_check_association(exact + 1, n, request);
	free(exact);
	return problem;
}

static void associations(void **state)
{
	(void)state;
	uint8_t body[1000], copy[1000];
	for (int request = 0; request < 2; request++) {
		size_t n = association(body, request, "", 0);
		assert_null(pdu_check_association(body, n, request));
		assert_non_null(pdu_check_association(body, n, !request));
		/* cut anywhere: nothing behind the end is read (sanitizers) */
		for (size_t cut = 0; cut < n; cut++)
			assert_true(check_exactly(body, cut, request) || cut >= 68);
	}
	/* every byte changed to what lengths are changed to */
	size_t n = association(body, true, "\x54\0\0\x07\0\x03" "1.2\1\0\x58\0\0\x0a\1\0\0\2ab\0\2cd", 25);
	assert_null(pdu_check_association(body, n, true));
	for (size_t i = 0; i < n; i++)
		for (int v = 0; v < 3; v++) {
			memcpy(copy, body, n);
			copy[i] = v == 0 ? 0xff : v == 1 ? 0 : (uint8_t)(copy[i] + 1);
			(void)check_exactly(copy, n, true);
		}
	assert_null(with_user(true, "\x56\0\0\x06\0\3" "1.2\0", 10));
	assert_non_null(with_user(true, "\x56\0\0\x06\0\6" "1.2\0", 10));
	assert_non_null(with_user(true, "\x51\0\0\x02\0\1", 6));
	assert_non_null(with_user(true, "\x54\0\0\x06\0\3" "1.2\1", 10));
	assert_non_null(with_user(true, "\x58\0\0\x09\1\0\0\2ab\0\2c", 13));
	assert_non_null(with_user(true, "\x58\0\0\x06\1\0\0\0\0\0\x58\0\0\x06\1\0\0\0\0\0", 20));
	assert_null(with_user(false, "\x59\0\0\x04\0\2ab", 8));
	assert_non_null(with_user(false, "\x59\0\0\x04\0\3ab", 8));
	assert_non_null(with_user(true, "\x52\0\0\x50" "12345678901234567890123456789012345678901234567890"
				  "123456789012345678901234567890", 84));
}

/* Roles, identities and the like do not reach dcmtk. */
static void shortened(void **state)
{
	(void)state;
	uint8_t body[1000], plain[1000];
	static const char more[] = "\x54\0\0\x07\0\x03" "1.2\1\0\x58\0\0\x0a\1\0\0\2ab\0\2cd\x55\0\0\4NAME\x53\0\0\4\0\1\0\1";
	size_t n = association(body, true, more, sizeof more - 1);
	size_t left = association(plain, true, "\x55\0\0\4NAME", 8);
	assert_null(pdu_check_association(body, n, true));
	nsent = 0;
	piece = 7;
	put_head(1, (uint32_t)n);
	put(body, n);
	assert_null(run(PDU_ACCEPTOR, NULL));
	assert_int_equal(ngiven, left + 6);
	assert_memory_equal(given + 6, plain, left);
	assert_int_equal(given[4] << 8 | given[5], left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts), cmocka_unit_test(part_lengths), cmocka_unit_test(commands),
		cmocka_unit_test(order), cmocka_unit_test(associations), cmocka_unit_test(shortened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
