/* SHA-256: plain C and the processor's own instructions, and the hashes made by the build. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/sha256.h"
#include "net/builtin.h"

static void hash(const void *data, size_t n, char text[65])
{
	struct sha256 s;
	uint8_t digest[32];

	sha256_init(&s);
	sha256_update(&s, data, n);
	sha256_final(&s, digest);
	sha256_hex(digest, text);
}

static void test_vectors(void **state)
{
	(void)state;
	static const char *const level[] = { "scalar", "" };
	char text[65];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(cpu_limit(level[i], NULL), 0);
		hash("", 0, text);
		assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		hash("abc", 3, text);
		assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, text);
		assert_string_equal(text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	}
}

/* A million times "a", in uneven pieces. */
static void test_pieces(void **state)
{
	(void)state;
	uint8_t digest[32];
	char block[1000], hex[65];
	struct sha256 s;

	memset(block, 'a', sizeof block);
	sha256_init(&s);
	for (size_t done = 0, n = 1; done < 1000000; done += n, n = n * 7 % 997 + 1) {
		if (n > 1000000 - done)
			n = 1000000 - done;
		sha256_update(&s, block, n);
	}
	sha256_final(&s, digest);
	sha256_hex(digest, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

#if defined(__x86_64__)
static void test_instructions(void **state)
{
	(void)state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!(cpu_features() & CPU_SHA)) {
		print_message("this processor has no SHA instructions: nothing to compare\n");
		skip();
	}
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	srand(11);
	for (size_t i = 0; i < page; i++)
		map[i] = (uint8_t)(rand() >> 7);
	for (size_t blocks = 0; blocks <= page / 64; blocks++) {
		uint32_t a[8], b[8];
		for (int i = 0; i < 8; i++)
			a[i] = b[i] = (uint32_t)rand() * 2654435761u;
		sha256_blocks_c(a, map + page - 64 * blocks, blocks);
		sha256_blocks_sha(b, map + page - 64 * blocks, blocks);
		assert_memory_equal(a, b, sizeof a);
	}
	munmap(map, 2 * page);
}
#endif

static void test_builtin(void **state)
{
	(void)state;
	char text[65];

	for (int i = 0; i < net_builtin_count(); i++) {
		size_t size;
		const void *data = net_builtin_data(i, &size);
		if (!net_builtin_hash(i))
			skip();
		hash(data, size, text);
		assert_string_equal(net_builtin_hash(i), text);
	}
	assert_null(net_builtin_hash(-1));
	assert_null(net_builtin_hash(net_builtin_count()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
#if defined(__x86_64__)
		cmocka_unit_test(test_instructions),
#endif
		cmocka_unit_test(test_builtin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
