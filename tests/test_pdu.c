/* What peers send, as dcmtk is given it: one part to a PDU, command sets whole, and nothing that is not in order. */
#include "pdu_peer.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(part_lengths),
		cmocka_unit_test(commands),
		cmocka_unit_test(order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
