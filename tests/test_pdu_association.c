/* Association requests and their answers: what is refused, and what dcmtk gets to see of them. */
#include "pdu_peer.h"

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
	static const char more[] = "\x54\0\0\x07\0\x03"
				   "1.2\1\0\x58\0\0\x0a\1\0\0\2ab\0\2cd\x55\0\0\4NAME\x53\0\0\4\0\1\0\1";
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
		cmocka_unit_test(associations),
		cmocka_unit_test(shortened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
